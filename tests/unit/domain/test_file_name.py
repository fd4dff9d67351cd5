"""Names to save files under."""

import unicodedata

import pytest

from sora_studio.domain.media import file_name

HINDI = "\u0939\u093f\u0928\u094d\u0926\u0940 \u092c\u093f\u0932\u094d\u0932\u0940"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("A paper boat", "A paper boat.mp4"),
        (HINDI, f"{HINDI}.mp4"),
        (unicodedata.normalize("NFD", "Z\u00fcrich"), "Z\u00fcrich.mp4"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.mp4",
        ),
        ('a/b\\c:d*e?f"g<h>i|j\0k\nl', "a b c d e f g h i j k l.mp4"),
        ("../../etc/passwd", "etc passwd.mp4"),
        ("\U0001f3ac", "video.mp4"),
        ("\u202etxt.exe", "txt.exe.mp4"),
        (" . ", "video.mp4"),
    ],
)
def test_letters_keep_their_marks(title: str, name: str):
    assert file_name(title, "video/mp4") == name


@pytest.mark.parametrize(
    "title",
    [
        "\U00020000" * 120,
        "x" * 300,
        HINDI * 30,
        "e" + "\u0315" * 300,
        "\u0915\u094d" * 200,
        "a" + "\u200d" * 300,
        *("x" * number + "\u0928\u094d\u0926" * 90 for number in range(8)),
    ],
)
def test_a_long_one_is_cut_between_characters(title: str):
    name = file_name(title, "video/mp4")
    stem = name.removesuffix(".mp4")
    assert len(name.encode()) <= 255
    assert stem == "video" or title.startswith(stem)
    rest = title[len(stem) :]
    assert not rest or unicodedata.category(rest[0])[0] != "M" or stem == "video"


def test_eighty_characters_are_kept_however_many_marks_they_have():
    assert file_name("e\u0315" * 100, "image/webp") == "e\u0315" * 80 + ".webp"
