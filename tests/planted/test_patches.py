"""The planted bugs fit the code as it is: a change to the lines around one mends its patch, too."""

import shutil
from pathlib import Path

import pytest

from tests.planted.bug import Bug, Misfit, bugs
from tests.support.source import ROOT

BUGS = bugs()


def tree_of(bug: Bug, folder: Path) -> Path:
    """Copy the files that a bug is about."""
    for file in bug.files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, folder / file)
    return folder


def test_there_are_thirty_five():
    assert [bug.name[:2] for bug in BUGS] == [f"{number:02}" for number in range(1, 36)]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_it_can_be_planted(bug: Bug, tmp_path: Path):
    assert bug.files
    assert all(file.startswith(("sora_studio/", "alembic/")) for file in bug.files)
    bug.plant(tree_of(bug, tmp_path))


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_it_says_what_it_harms_and_who_is_to_catch_it(bug: Bug):
    assert bug.harm.endswith(".")
    for argument in bug.caught_by:
        path, *names = argument.split("::")
        test = (ROOT / path).read_text()
        assert all(f"def {name.partition('[')[0]}(" in test for name in names), argument


def test_a_bug_that_does_not_fit_is_noticed(tmp_path: Path):
    bug = BUGS[0]
    tree = tree_of(bug, tmp_path)
    bug.plant(tree)
    with pytest.raises(Misfit, match="does not apply"):
        bug.plant(tree)
