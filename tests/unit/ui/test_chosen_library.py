"""In which library somebody makes videos, as their browser keeps it."""

from uuid import uuid4

import pytest

from sora_studio.ui.libraries import MINE
from sora_studio.ui.pages.create.chosen_library import read, write


def test_each_account_of_a_browser_has_its_own():
    ada, eve, project = uuid4(), uuid4(), uuid4()
    kept = write(write("", ada, project), eve, None)
    assert (read(kept, ada), read(kept, eve)) == (project.hex, MINE)
    assert read(write(kept, ada, None), ada) == MINE


def test_only_the_last_accounts_are_kept():
    ada, kept = uuid4(), ""
    for owner in (ada, *(uuid4() for _ in range(12))):
        kept = write(kept, owner, None)
    assert read(kept, ada) == ""


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '{"%s": 7}', '{"%s": "x"}', '{"%s": null}'])
def test_nonsense_is_no_choice(text: str):
    ada = uuid4()
    assert read(text.replace("%s", ada.hex), ada) == ""
