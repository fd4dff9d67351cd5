"""The caption: what is set, and what is left out."""

import pytest
from PIL import ImageFont

from sora_sandbox.film.caption import printable, wrapped

FONT = ImageFont.load_default(20)


def test_a_short_text_is_one_line():
    assert wrapped("A red fox", FONT, 400) == ["A red fox"]


def test_a_long_text_is_two_lines_and_an_ellipsis():
    lines = wrapped("word " * 300, FONT, 400)

    assert len(lines) == 2
    assert lines[-1].endswith("word…")
    assert all(FONT.getlength(line) <= 400 for line in lines)


def test_a_word_wider_than_the_frame_is_cut():
    (line, *_) = wrapped("x" * 500, FONT, 300)

    assert line.endswith("x…")
    assert FONT.getlength(line) <= 300


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("  A   fox\nruns ", "A fox runs"),
        ("A fox runs through the fresh snow 🦊", "A fox runs through the fresh snow"),
        ("夕焼けの海を泳ぐ", ""),
        ("", ""),
    ],
)
def test_only_what_the_font_can_draw_is_shown(text: str, shown: str):
    """Empty boxes in a picture help nobody."""
    assert printable(text, FONT) == shown
