"""Start-time fair queueing: where a wish starts, and in which words its place is told."""

from uuid import uuid4

import pytest

from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.fair_queue import (
    Move,
    QueuePlace,
    Standing,
    check_weight,
    expected_seconds,
    join,
    lay_out,
    moved,
)
from sora_studio.ui.formatting import place

A, B, C = uuid4(), uuid4(), uuid4()


def test_a_wish_starts_where_the_last_one_ends_and_never_before_the_provider():
    assert join(Standing(virtual_time=5, finish=12, weight=1), 8) == (12, 20)
    assert join(Standing(virtual_time=30, finish=12, weight=1), 8) == (30, 38)
    assert join(Standing(virtual_time=0, finish=0, weight=4), 8) == (0, 2)


def test_what_is_laid_out_anew_has_no_gaps():
    assert lay_out(3, [4, 8]) == ([3, 7], 15)
    assert lay_out(3, []) == ([], 3)


@pytest.mark.parametrize(
    ("move", "order"),
    [
        (Move.FIRST, [B, A, C]),
        (Move.EARLIER, [B, A, C]),
        (Move.LATER, [A, C, B]),
        (Move.LAST, [A, C, B]),
    ],
)
def test_a_wish_is_moved_among_its_persons_own(move: Move, order: list[object]):
    assert moved([A, B, C], B, move) == order


def test_nothing_moves_beyond_the_ends():
    assert moved([A, B], A, Move.EARLIER) == [A, B]
    assert moved([A, B], B, Move.LATER) == [A, B]


def test_how_long_it_takes_is_told_only_where_something_was_made():
    assert expected_seconds(20, 4, 8, None, 1) is None
    assert expected_seconds(20, 4, 8, 5.0, 2) == (5 * 20 + 5 * 4 - 8) / 2
    assert expected_seconds(0, 4, 100, 5.0, 1) == 0, "what takes longer than usual is over any moment"


@pytest.mark.parametrize("weight", [0.0, -1.0, 101.0, float("nan"), float("inf")])
def test_a_weight_that_will_not_do_is_refused(weight: float):
    with pytest.raises(InvalidInput):
        check_weight(weight)


@pytest.mark.parametrize(
    ("queue", "words"),
    [
        (QueuePlace(2, 5, 240.0), "2 of yours, 5 of others before it · about 4 min"),
        (QueuePlace(0, 1), "1 of others before it"),
        (QueuePlace(0, 0, 3.0), "Next in line · a few seconds"),
        (QueuePlace(0, 1200, 20_000.0), "1,200 of others before it · about 6 h"),
    ],
)
def test_a_place_is_told_in_words(queue: QueuePlace, words: str):
    assert place(queue) == words
