"""Stars and tags: what people put on videos, to find the good ones and those that belong together."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.text import is_ignorable

STARS_MAX = 5
TAG_MAX = 40
"""Characters of a tag."""

TAGS_MAX = 20
"""Tags of one video."""

_LONGEST_GIVEN = 4 * TAG_MAX  # characters, before they are folded
_STAR, _TAG = "*", "#"
STARS = tuple(f"{_STAR}{stars}" for stars in range(1, STARS_MAX + 1))
"""The marks of which a video has one at most."""


@dataclass(frozen=True)
class Marks:
    """What is on one video."""

    stars: int = 0  # 0: none
    tags: tuple[str, ...] = ()  # in order

    @classmethod
    def of(cls, stored: Iterable[str]) -> Self:
        """Read how they are stored."""
        marks = sorted(stored)
        stars = max((int(mark[1:]) for mark in marks if mark.startswith(_STAR)), default=0)
        return cls(stars, tuple(mark[1:] for mark in marks if mark.startswith(_TAG)))

    @property
    def stored_tags(self) -> frozenset[str]:
        """Return how its tags are stored, however many they are."""
        return frozenset(f"{_TAG}{tag}" for tag in self.tags)


NO_MARKS = Marks()


def star_mark(stars: int) -> str | None:
    """Return how so many stars are stored; None: not at all.

    Raises:
        InvalidInput: There are 0 to 5.
    """
    if not 0 <= stars <= STARS_MAX:
        message = f"A video has 0 to {STARS_MAX} stars."
        raise InvalidInput(message, "stars")
    return STARS[stars - 1] if stars else None


def tag_mark(text: str, param: str = "tag") -> str:
    """Return how a tag is stored: `#`, and its letters and figures in small, words joined by hyphens.

    What cannot be seen is left out, so that two tags that look alike are one.

    Raises:
        InvalidInput: No letter or figure is left of it, or it is too long; `param` names its field.
    """
    is_short = len(text) <= _LONGEST_GIVEN
    folded = unicodedata.normalize("NFKC", text).casefold() if is_short else ""
    seen = (char for char in folded if not is_ignorable(char))
    tag = "-".join("".join(char if _is_of_word(char) else " " for char in seen).split())
    if len(tag) > TAG_MAX or not any(unicodedata.category(char)[0] in "LN" for char in tag):
        message = f"A tag has 1 to {TAG_MAX} letters and figures."
        raise InvalidInput(message, param)
    return f"{_TAG}{tag}"


def tag_marks(tags: Iterable[str]) -> frozenset[str]:
    """Return how the tags of one video are stored, each once.

    Raises:
        InvalidInput: One is none, or there are too many.
    """
    marks = frozenset(tag_mark(tag, "tags") for tag in tags)
    if len(marks) > TAGS_MAX:
        message = f"A video has at most {TAGS_MAX} tags."
        raise InvalidInput(message, "tags")
    return marks


def _is_of_word(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM" or char == "_"
