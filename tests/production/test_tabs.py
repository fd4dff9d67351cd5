"""When the tab of somebody in `make load` counts as right."""

from typing import cast

import pytest

from bench.load.people import Crowd, Visitor

WISHED = {"a boat": "video_a", "a kite": "video_b"}
READY = [{"id": each, "look": "ready"} for each in WISHED.values()]


@pytest.mark.parametrize(
    ("cards", "right"),
    [(READY, True), ([], False), (READY[1:], False), ([READY[0], {**READY[1], "look": "coming"}], False)],
    ids=["all", "empty", "one is missing", "one is not finished"],
)
def test_a_tab_is_right_when_it_shows_all_that_was_wished_and_all_of_it_is_finished(
    cards: list[dict[str, str]], right: bool
):
    visitor = Visitor(cast("Crowd", None), 1, wished=WISHED, cards=[*cards])
    assert visitor.is_right() == right
