"""The trail in words."""

from sora_studio.domain.audit import STORED
from sora_studio.ui.pages.audit.lines import ACTS


def test_every_act_that_is_stored_has_words_of_its_own():
    """A line that has none would keep the whole page from being shown."""
    assert ACTS.keys() == {*STORED}
    assert len({*ACTS.values()}) == len(ACTS)
