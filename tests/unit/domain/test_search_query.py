"""What is typed into the search: conditions are taken out, and everything else is a word."""

import pytest

from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.marks import Marks, star_mark, tag_mark, tag_marks
from sora_studio.domain.search_query import SearchQuery


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("a  fox", SearchQuery("a fox")),
        ("fox stars:>=4", SearchQuery("fox", (("*4", "*5"),))),
        ("stars:3", SearchQuery("", (("*3",),))),
        ("STARS:<=2", SearchQuery("", none_of=("*3", "*4", "*5"))),
        ("stars:0", SearchQuery("", none_of=("*1", "*2", "*3", "*4", "*5"))),
        ("stars:>=0", SearchQuery("")),
        ("#Client tag:b -#draft -tag:old", SearchQuery("", (("#client",), ("#b",)), ("#draft", "#old"))),
        ("#a #A -#b -#b stars:5 stars:5", SearchQuery("", (("#a",), ("*5",)), ("#b",))),
        (
            " ".join(f"#t{number}" for number in range(17)) + " #t0",
            SearchQuery("#t16", tuple((f"#t{number}",) for number in range(16))),
        ),
        ("stars: stars:9 # tag: -fox", SearchQuery("stars: stars:9 # tag: -fox")),
    ],
)
def test_conditions_are_taken_out_of_the_words(text: str, query: SearchQuery):
    assert SearchQuery.read(text) == query


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("Client", "#client"),
        ("#Night  Shots!", "#night-shots"),
        ("夜の海", "#夜の海"),
        ("v_2", "#v_2"),
        ("cli\u200bent\ufe0f", "#client"),
        ("\u3164client", "#client"),
        ("cafe\u0301", "#caf\u00e9"),
    ],
)
def test_a_tag_is_written_in_one_way(text: str, mark: str):
    assert tag_mark(text) == mark


@pytest.mark.parametrize(
    "text", ["", "#", " - ", "x" * 41, "\0", "\u200b", "\u3164", "\u0301", "_", "!" * 160 + "x"]
)
def test_what_is_no_tag_is_refused(text: str):
    with pytest.raises(InvalidInput):
        tag_mark(text)


def test_there_are_no_more_marks_than_can_be_shown():
    with pytest.raises(InvalidInput):
        tag_marks(f"tag {number}" for number in range(21))
    for stars in (-1, 6):
        with pytest.raises(InvalidInput):
            star_mark(stars)


def test_marks_are_read_as_they_are_stored():
    assert Marks.of(["#b", "*4", "#a"]) == Marks(4, ("a", "b"))
    assert Marks.of([]) == Marks()
