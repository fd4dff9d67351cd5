"""Which bugs a command line asks for."""

import pytest

from tests.planted.__main__ import choose
from tests.planted.bug import bugs

BUGS = bugs()


def numbers(*arguments: str) -> list[str]:
    return [bug.name[:2] for bug in choose(BUGS, arguments)]


def test_without_arguments_it_is_all_of_them():
    assert choose(BUGS, []) == BUGS


def test_bugs_go_by_number_or_name():
    assert numbers("19", BUGS[11].name) == ["12", "19"]


def test_a_seed_decides_which_ones_are_drawn():
    drawn = [numbers("--some", "5", "--seed", str(seed)) for seed in (1, 2, 1)]

    assert [len({*each}) for each in drawn] == [5, 5, 5]
    assert drawn[0] == drawn[2] == sorted(drawn[0])
    assert drawn[0] != drawn[1]


def test_some_are_drawn_from_those_that_are_named():
    drawn = numbers("--some", "2", "03", "04", "05")

    assert len(drawn) == 2
    assert {*drawn} < {"03", "04", "05"}


@pytest.mark.parametrize("arguments", [["99"], ["12", "nothing"], ["--some", "0"], ["--some", "99"]])
def test_what_there_is_not_cannot_be_asked_for(arguments: list[str]):
    with pytest.raises(SystemExit):
        choose(BUGS, arguments)
