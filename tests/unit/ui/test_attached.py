"""The files in the composer's form: which role each gets, how it is drawn, and what may be added."""

import json

import pytest

from sora_studio.domain.inputs import Role
from sora_studio.ui.pages.create.attached import Attached, add, assign, fit, move, shown, source, uploaded

FIRST, LAST, PICTURE, FILM, SOUND, EDIT, EXTEND = Role
MANY = {FIRST: 1, LAST: 1, PICTURE: 2, FILM: 1, SOUND: 1}
ONE = {FIRST: 1}
SANDBOX = {FIRST: 1, EDIT: 1, EXTEND: 1}


def picture(name: str, role: Role = FIRST) -> Attached:
    return Attached(name, role, "image/png", 640, 640)


def film(role: Role = FILM) -> Attached:
    return Attached("film", role, "video/mp4", 1280, 720, 4.0)


def roles(files: tuple[Attached, ...]) -> dict[str, str]:
    return {each.id: each.role for each in files}


def test_each_file_gets_the_first_role_that_has_room_and_then_the_last_ones_place():
    files: tuple[Attached, ...] = ()
    for name in "abcde":
        files = add(files, picture(name), MANY)
    assert roles(files) == {"a": FIRST, "b": LAST, "c": PICTURE, "e": PICTURE}
    assert roles(add((picture("a"),), picture("b"), ONE)) == {"b": FIRST}
    assert roles(add((picture("a"),), film(), ONE)) == {"a": FIRST, "film": FILM}, (
        "it is said that it is not taken"
    )


def test_a_role_of_which_there_is_one_is_swapped():
    files = (picture("a"), picture("b", LAST), picture("c", PICTURE))
    assert roles(assign(files, "b", FIRST)) == {"a": LAST, "b": FIRST, "c": PICTURE}
    assert roles(assign(files, "a", PICTURE)) == {"a": PICTURE, "b": LAST, "c": PICTURE}
    assert assign(files, "nobody", FIRST)[0].role == FIRST


def test_references_are_moved_among_themselves():
    files = (picture("a", PICTURE), picture("b"), picture("c", PICTURE))
    assert [each.id for each in move(files, "c")] == ["c", "b", "a"]
    assert move(files, "a") == files


@pytest.mark.parametrize(
    ("before", "takes", "after"),
    [
        (film(EDIT), MANY, FILM),
        (film(FILM), SANDBOX, EDIT),
        (film(EDIT), ONE, EDIT),
        (film(EXTEND), SANDBOX, EXTEND),
    ],
)
def test_another_model_may_take_a_file_for_something_else(before, takes, after):
    assert [each.role for each in fit((before,), takes)] == [after]


def test_what_is_shown_and_sent():
    files = (film(FILM), picture("c", PICTURE), picture("a"), picture("d", PICTURE), picture("e", PICTURE))
    form = shown(files, MANY, "H3", "1280x720")
    assert json.loads(form.sent)[:2] == [["first_frame", "a"], ["picture", "c"]]
    assert [tile.name for tile in form.tiles] == [
        "First frame", "Reference image 1", "Reference image 2", "Reference image 3", "Reference video",
    ]  # fmt: skip
    assert [tile.about for tile in form.tiles][2:] == [
        "640\u00d7640",
        "H3 takes 2 of these: remove this one.",
        "1280\u00d7720, 4.0 s",
    ]
    assert "44% of its height" in form.tiles[0].about
    assert (form.most, form.words) == (6, "Add images or videos or sounds")
    assert shown((), ONE, "x", "1280x720").words == "Add an image"
    assert shown((), {}, "x", "1280x720").words == ""
    assert "takes no reference video" in shown((film(),), ONE, "x", "1280x720").tiles[0].about


def test_a_film_that_is_worked_on_is_found_where_that_is_taken():
    assert source((film(EDIT),), SANDBOX) == film(EDIT)
    assert source((film(EDIT),), MANY) is None


@pytest.mark.parametrize("value", [None, "x", float("nan"), float("inf"), -1, True, 10**400, [1]])
def test_a_browsers_nonsense_is_no_number(value):
    file = uploaded({"id": "x" * 1000, "width": value, "seconds": value})
    assert (len(file.id), file.width in (0, 1), file.seconds in (0.0, 1.0)) == (64, True, True)
