"""What somebody typed into the search: words, and conditions such as `stars:>=4`, `#client` and `-#draft`."""

import re
from dataclasses import dataclass
from typing import Self

from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.marks import STARS, STARS_MAX, tag_mark

_STARS = re.compile(r"stars:(>=|<=|=)?([0-5])", re.IGNORECASE)
_TAGGED = re.compile(r"(-?)(?:#|tag:)(\S+)", re.IGNORECASE)


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
        wanted: list[tuple[str, ...]] = []
        unwanted: list[str] = []
        for word in text.split():
            if (stars := _stars(word)) is not None:
                marks, without = stars
                wanted += [marks] if marks else []
                unwanted += without
            elif (tag := _tag(word)) is not None:
                is_unwanted, mark = tag
                if is_unwanted:
                    unwanted.append(mark)
                else:
                    wanted.append((mark,))
            else:
                words.append(word)
        return cls(" ".join(words), tuple(wanted), tuple(unwanted))


def _stars(word: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
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


def _tag(word: str) -> tuple[bool, str] | None:
    match = _TAGGED.fullmatch(word)
    if match is None:
        return None
    try:
        return bool(match[1]), tag_mark(match[2])
    except InvalidInput:
        return None
