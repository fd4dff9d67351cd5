"""Derivations: what can be made from a finished video. The limits of extensions are the API's own."""

from dataclasses import dataclass

from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.video import Kind

EXTENSION_SECONDS = (4, 8, 12, 16, 20)
"""Seconds that one extension may add."""

EXTENDED_MAX = 120
"""Seconds of a video with everything that was added to it."""

EXTENSIONS_MAX = 6
"""Extensions in a line of ancestors, the new one included."""


def extension_lengths(seconds: str, before: int) -> tuple[int, ...]:
    """Return how many seconds may be added, shortest first; none: it cannot be extended further.

    Args:
        seconds: Of the video that goes on.
        before: Extensions among it and its ancestors.
    """
    if before >= EXTENSIONS_MAX:
        return ()
    return tuple(added for added in EXTENSION_SECONDS if int(seconds) + added <= EXTENDED_MAX)


def check_extension(added: str, seconds: str, before: int) -> int:
    """Read how many seconds are to be added to a video.

    Raises:
        InvalidInput: Not a length that can be added, or one too many.
    """
    possible = extension_lengths(seconds, before)
    if before >= EXTENSIONS_MAX:
        message = f"This video has been extended {before} times; the limit is {EXTENSIONS_MAX}."
        raise InvalidInput(message, "video")
    if added not in map(str, EXTENSION_SECONDS):
        message = f"An extension adds {', '.join(map(str, EXTENSION_SECONDS))} seconds, not {added[:40]!r}."
        raise InvalidInput(message, "seconds")
    if int(added) not in possible:
        message = f"With {added} more seconds it would exceed the limit of {EXTENDED_MAX} seconds."
        raise InvalidInput(message, "seconds")
    return int(added)


def requested_seconds(kind: str, seconds: str, parent_seconds: str | None) -> str:
    """Return the seconds that a provider is asked and paid for: of an extension, those that it adds.

    Args:
        kind: Of the video.
        seconds: Of the whole video.
        parent_seconds: Of the video that it was made from; None when that is gone.
    """
    return str(int(seconds) - int(parent_seconds or 0)) if kind == Kind.EXTEND else seconds


@dataclass(frozen=True)
class Offer:
    """One video that may be asked for, at the price that would be reserved for it."""

    provider: str
    seconds: int  # that are asked and paid for: of an extension, those that it adds
    price_micros: int | None  # None: unknown


@dataclass(frozen=True)
class Derivations:
    """What may be made from a video once it is finished."""

    remix: Offer | None  # None: its provider could not make it; so the edit
    edit: Offer | None
    extensions: tuple[Offer, ...]  # none: it cannot go on
    character: bool
