"""Words by which videos are found: split and folded by us, alike for what is stored and for what is asked.

No locale of a server has a say in it. Words are runs of letters, digits and their marks, whatever signs stand
between them; case, accents, width and ligatures do not count. Scripts that set no spaces between words, and
Korean, which adds endings to them, are found by any part: every three characters in a row are stored.
"""

import re
import unicodedata

from sora_studio.domain.text import is_ignorable, stream_safe

LONGEST = 64
"""So many characters of a word count."""

_LONGEST_ASKED = 1_000  # characters
_LONGEST_FOLDED = 100_000  # characters: one letter may become eighteen
_PARTS = 3  # characters in a row, of scripts without spaces
_MOST_ASKED = 16
_APOSTROPHES = dict.fromkeys(map(ord, "\u2018\u2019\u201b\u2032\u02bb\u02bc\u0060\u00b4\uff07"), "'")
_HYPHENS = dict.fromkeys(map(ord, "\u2010\u2011\ufe63\uff0d"), "-")
_BEFORE = _APOSTROPHES | _HYPHENS | {0x200B: " ", 0x0640: None}  # a space of no width; an Arabic stretch
_WHOLE_LETTERS = {"ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ł": "l", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"}
_FOLDED = str.maketrans({**_WHOLE_LETTERS, "\u0131": "i"})  # what no accent can be taken from
_LATIN_WORDS = re.compile(r"[a-z0-9]+(?:['-][a-z0-9]+)*")
_JOINED = re.compile(r"['-]+")
_UNSPACED = re.compile(
    "([\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u2e80-\u9fff\ua9e0-\ua9ff"
    "\uaa60-\uaadf\uac00-\ud7ff\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff]+)"
)


def words_of(text: str) -> list[str]:
    """Return what a text is found by, each once."""
    found: set[str] = set()
    for word in _split(text):
        pieces = _JOINED.split(word)
        whole = ["".join(pieces)] if len(pieces) > 1 else []
        for piece in (*pieces, *whole):
            for run in _runs(piece):
                is_unspaced = _UNSPACED.match(run)
                parts = (run[start : start + _PARTS] for start in range(len(run)))
                found.update(parts if is_unspaced else (run[:LONGEST],))
    return sorted(found)


def beginnings_of(asked: str) -> list[str]:
    """Return what words have to begin with, all of them, to be found by what somebody typed."""
    beginnings: dict[str, None] = {}
    for word in _split(asked[:_LONGEST_ASKED])[:_MOST_ASKED]:
        for run in (run for piece in _JOINED.split(word) for run in _runs(piece)):
            if _UNSPACED.match(run) and len(run) > _PARTS:
                last = len(run) - _PARTS
                beginnings |= {run[start : start + _PARTS]: None for start in range(min(last, LONGEST) + 1)}
            else:
                beginnings[run[:LONGEST]] = None
    return [*beginnings]


def is_read_whole(asked: str) -> bool:
    """Tell whether everything that somebody typed is looked for, and nothing passed over."""
    words = _split(asked)
    is_short = len(asked) <= _LONGEST_ASKED and len(words) <= _MOST_ASKED
    return is_short and all(len(word) <= LONGEST for word in words) and all(map(_split, asked.split()))


def _split(text: str) -> list[str]:
    """Fold a text and return its words, with the apostrophes and hyphens in them, and its pictographs."""
    if text.isascii():
        return _LATIN_WORDS.findall(text.lower())
    shown = unicodedata.normalize("NFKC", stream_safe(text.translate(_BEFORE)))[:_LONGEST_FOLDED]
    shown = shown.casefold().translate(_FOLDED)
    bare = "".join(char for char in unicodedata.normalize("NFKD", shown) if not _is_ornament(char))
    return [
        word
        for chunk in "".join(map(_in_its_place, unicodedata.normalize("NFC", bare))).split()
        if (word := chunk.strip("'-"))
    ]


def _runs(piece: str) -> list[str]:
    """Part scripts that set spaces from those that do not."""
    return [run for run in _UNSPACED.split(piece) if run]


def _is_ornament(char: str) -> bool:
    """Tell whether a sign only adorns others: an accent or a point, a joiner, a variant of an emoji."""
    place = unicodedata.combining(char)
    accent = place >= 200 or 10 <= place <= 36  # noqa: PLR2004 -- Unicode's classes of accents, and of points
    return accent or is_ignorable(char)


def _in_its_place(char: str) -> str:
    """Return a character of a word as it is, a pictograph as a word of its own, anything else as a space."""
    kind = unicodedata.category(char)
    if kind[0] in "LNM" or char in "'-":
        return char
    return f" {char} " if kind == "So" else " "
