"""Text that can be stored, and numbers that are written as text."""

import re
import unicodedata

from sora_studio.domain.errors import InvalidInput

_THOUSAND, _TEN = 1000, 10
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def check_storable(text: str, param: str) -> None:
    """Refuse a NUL and half of a character (an unpaired surrogate), as PostgreSQL stores neither.

    Raises:
        InvalidInput: The text contains one; the message names the first.
    """
    if refused := _UNSTORABLE.search(text):
        message = f"The {param} contains U+{ord(refused[0]):04X}, which cannot be stored."
        raise InvalidInput(message, param)


_MARKS = 30
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Me", "Mn", "Zl", "Zp", "Zs"})
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs that leave nothing on the paper: Hangul fillers, the empty Braille pattern."""


_IGNORED = re.compile(
    "[\u034f\u17b4\u17b5\u180b-\u180d\u180f\ufe00-\ufe0f\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
"""Beside format signs, what Unicode ignores by default: joiners, variants of letters and emoji."""


def is_ignorable(char: str) -> bool:
    """Tell whether a sign has no look of its own: a joiner, a variant of what is before it, a filler."""
    return unicodedata.category(char) == "Cf" or char in _BLANKS or bool(_IGNORED.match(char))


def is_blank(text: str) -> bool:
    """Tell whether nothing of a text can be seen: white space, format signs, marks on nothing, fillers."""
    return all(map(_is_unseen, {*text}))  # each sign once, as there are few that leave nothing


def first_line(text: str) -> str:
    """Return a text's first line of which something can be seen; or none."""
    unseen = {char for char in {*text} if _is_unseen(char)}
    start = next((place for place, char in enumerate(text) if char not in unseen), len(text))
    return text[text.rfind("\n", 0, start) + 1 :].partition("\n")[0] if start < len(text) else ""


def _is_unseen(char: str) -> bool:
    return unicodedata.category(char) in _UNSEEN or char in _BLANKS


def stream_safe(text: str) -> str:
    """Return a text with at most 30 marks in a row, as UAX #15 has it for streams.

    No language needs more, and to normalise them takes the square of their number.
    """
    kept: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= _MARKS:
            kept.append(char)
    return "".join(kept)


def shorten(text: str, most: int) -> str:
    """Return a text's beginning, of at most so many characters; what is drawn as one sign stays whole."""
    end = min(most, len(text))
    while end and is_inside(text, end):
        end -= 1
    return text[: end or most]  # a sign that is longer than that is none


def first_sign(text: str) -> str:
    """Return what is drawn first: a letter with its marks, a flag, a family."""
    end = min(1, len(text))
    while is_inside(text, end):
        end += 1
    return text[:end]


_NON_JOINER, _JOINER = "\u200c", "\u200d"
_VIRAMA = 9  # Unicode's class of the signs that tie a letter to the next
_TONES = range(0x1F3FB, 0x1F400)  # of skin
_FLAGS = range(0x1F1E6, 0x1F200)  # letters that make a flag, two and two


def is_inside(text: str, at: int) -> bool:
    """Tell whether a place in a text is within one sign: the usual ones of Unicode's rules for that."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if _JOINER in (before, after) or after == _NON_JOINER or ord(after) in _TONES:
        return True
    if ord(after) in _FLAGS:
        letters = next((n for n in range(at) if ord(text[at - 1 - n]) not in _FLAGS), at)
        return letters % 2 == 1
    return unicodedata.combining(before) == _VIRAMA or unicodedata.category(after)[0] == "M"


def whole_number(text: str, *, most: int) -> int:
    """Read 1, 2, 3 and so on, up to `most`; anything else is 0, such as zeros before a number."""
    number = int(text) if re.fullmatch(r"[1-9][0-9]{0,8}", text) else 0
    return number if number <= most else 0


def file_size(number: int) -> str:
    """Write a number of bytes for people: `0 MB`, `0.4 MB`, `12 MB`, `3.4 GB`, `20 GB`."""
    megabytes = number / 1_000_000
    if megabytes >= _THOUSAND:
        return f"{megabytes / _THOUSAND:.1f}".removesuffix(".0") + " GB"
    return f"{megabytes:.0f} MB" if megabytes >= _TEN or not number else f"{max(megabytes, 0.1):.1f} MB"
