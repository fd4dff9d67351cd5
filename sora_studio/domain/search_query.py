"""What somebody typed into the search: words, and conditions such as `stars:>=4`, `#client` and `-#draft`."""

import re
from dataclasses import dataclass
from typing import Self

from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.marks import STARS, STARS_MAX, tag_mark
from sora_studio.domain.words import is_read_whole

SPOKEN = "Words that begin words of the title or prompt; `stars:>=4`, `#tag`, `-#tag`."
"""What can be asked for, as it is said to those who ask."""

_MOST = 16
"""Conditions; what is beyond them is a word."""

_STARS = re.compile(r"stars:(>=|<=|=)?([0-5])", re.IGNORECASE)
_LIKE_A_CONDITION = re.compile(r"-|#|tag:|stars:", re.IGNORECASE)
_TAGGED = re.compile(r"(-?)(?:#|tag:)(\S+)", re.IGNORECASE)

_Condition = tuple[tuple[str, ...], tuple[str, ...]]  # marks of which one is wanted, and those that are not


@dataclass(frozen=True)
class SearchQuery:
    """What a video has to have; what is no condition is a word."""

    words: str = ""
    any_of: tuple[tuple[str, ...], ...] = ()  # one mark of each of these
    none_of: tuple[str, ...] = ()  # and none of these marks

    @classmethod
    def read(cls, text: str) -> Self:
        """Take a text apart; it has no mistakes, only words."""
        words: list[str] = []
        conditions: dict[_Condition, None] = {}  # each once, in order
        for word in text.split():
            condition = _stars(word) or _tag(word)
            if condition is None or (len(conditions) == _MOST and condition not in conditions):
                words.append(word)
            else:
                conditions[condition] = None
        wanted = tuple(marks for marks, _ in conditions if marks)
        unwanted = dict.fromkeys(mark for _, without in conditions for mark in without)
        return cls(" ".join(words), wanted, tuple(unwanted))


def check_exact(text: str) -> None:
    """Refuse what finds more than it says, for somebody who changes all that is found.

    Raises:
        InvalidInput: A word looks like a condition and is none, or is not looked for.
    """
    words = SearchQuery.read(text).words
    if unclear := next(filter(_LIKE_A_CONDITION.match, words.split()), None):
        message = f"“{unclear}” is no condition: write {SPOKEN[SPOKEN.index('`') :]}"
        raise InvalidInput(message, "query")
    if not is_read_whole(words):
        message = "The search has words that are not looked for: write fewer, of letters and figures."
        raise InvalidInput(message, "query")


def _stars(word: str) -> _Condition | None:
    """Return the marks of which one is wanted, or else those that are not: no stars are no mark."""
    match = _STARS.fullmatch(word)
    if match is None:
        return None
    sign, number = match[1], int(match[2])
    low = 0 if sign == "<=" else number
    high = STARS_MAX if sign == ">=" else number
    if low == 0:
        return (), STARS[high:]
    return STARS[low - 1 : high], ()


def _tag(word: str) -> _Condition | None:
    match = _TAGGED.fullmatch(word)
    if match is None:
        return None
    try:
        marks = (tag_mark(match[2]),)
    except InvalidInput:
        return None
    return ((), marks) if match[1] else (marks, ())
