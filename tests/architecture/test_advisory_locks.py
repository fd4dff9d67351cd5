"""Advisory locks: what SQL takes by a number is among those that have a name."""

import re

from sora_studio.db.locks import Lock
from tests.support.source import ROOT

_NUMBER = re.compile(r"advisory\w*lock\((\d[\d_]*)\)")


def test_every_number_has_a_name_of_its_own():
    """Two things under one number would wait for each other."""
    found = {
        int(number)
        for folder in ("alembic/versions", "sora_studio/db")
        for path in (ROOT / folder).glob("*.py")
        for number in _NUMBER.findall(path.read_text())
    }
    assert found == {Lock.FOLDING_USAGE}
