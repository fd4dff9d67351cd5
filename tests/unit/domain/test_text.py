"""Text that nobody can see is no text."""

import pytest

from sora_studio.domain import account, character
from sora_studio.domain.device import device_name
from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.text import first_sign, is_blank, shorten
from sora_studio.domain.video import clean_prompt, title_of

BLANK = [
    "",
    " \n\t",
    "\u200b",
    "\u3164",
    "\ufeff",
    "\u2800",
    "\u00ad\u200d",
    "\u115f\u1160\uffa0",
    "\ufe0f",
    "\u0301",
    "\u2028",
]


@pytest.mark.parametrize("text", BLANK, ids=ascii)
def test_it_is_refused_wherever_something_is_to_be_said(text: str):
    assert is_blank(text)
    for clean in (clean_prompt, account.clean_name, character.clean_name):
        with pytest.raises(InvalidInput):
            clean(text)


@pytest.mark.parametrize(
    "text", ["a", "\u200ba", "क्", "é", "🙂", "\U0001fae8", "\ue000", "가", "٣", "-", "\U000323b0"], ids=ascii
)
def test_whatever_can_be_seen_is_text(text: str):
    assert not is_blank(text)
    assert clean_prompt(text) == text


def test_a_title_comes_from_the_first_line_that_shows():
    assert title_of("\u3164\n \nA kite\nover the sea") == "A kite"
    assert title_of("\u200b") == ""


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36",
            "Chrome on Windows",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/150.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        ("python-httpx/0.28.1", "python-httpx/0.28.1"),
        ("x" * 300, "x" * 40),
        ("", "Unknown device"),
    ],
)
def test_a_device_is_named_in_a_few_words(user_agent: str, name: str):
    assert device_name(user_agent) == name


@pytest.mark.parametrize(
    ("text", "most", "short"),
    [
        ("kite", 10, "kite"),
        ("kites", 4, "kite"),
        ("a 👩‍👩‍👧 b", 4, "a "),
        ("a 👩‍👩‍👧 b", 7, "a 👩‍👩‍👧"),
        ("👍🏽👍🏽", 3, "👍🏽"),
        ("🇪🇪🇫🇮", 3, "🇪🇪"),
        ("हिन्दी", 3, "हि"),
        ("e\u0301" * 3, 5, "e\u0301" * 2),
        ("x" + "\u0301" * 9, 4, "x" + "\u0301" * 3),
        ("", 4, ""),
    ],
)
def test_a_text_is_cut_between_its_signs(text: str, most: int, short: str):
    assert shorten(text, most) == short


@pytest.mark.parametrize("sign", ["A", "👩‍👩‍👧", "🇪🇪", "👍🏽", "e\u0301", ""])
def test_the_first_sign_is_whole(sign: str):
    assert first_sign(f"{sign}bc" if sign else "") == sign


def test_a_first_title_ends_with_a_whole_sign():
    assert title_of("x" * 58 + "👩‍👩‍👧👩‍👩‍👧") == "x" * 58 + "…"
