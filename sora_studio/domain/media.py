"""Files of a video, as services hand them out."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

SPRITE_COLUMNS = 5
SPRITE_ROWS = 4
REFERENCE_MAX_BYTES = 20 * 1024 * 1024
REFERENCE_MAX_PIXELS = 50_000_000


class ByteRange(NamedTuple):
    """Which bytes of a file."""

    start: int
    end: int  # behind the last one


Chunks = AbstractAsyncContextManager[AsyncIterator[bytes]]
"""An open file: it is closed at the end of the block."""


@dataclass(frozen=True)
class MediaFile:
    """A stored file that its owner may read."""

    key: str
    open: Callable[[ByteRange | None], Chunks]  # None: all of it. Raises StorageError
    content_type: str
    bytes: int
    sha256: str  # hex; also the strong ETag
    modified_at: datetime
    filename: str  # for saving: made from the title
    width: int
    height: int


@dataclass(frozen=True)
class MediaFacts:
    """What decoding says of a video file."""

    width: int
    height: int
    seconds: float


@dataclass(frozen=True)
class ReferenceView:
    """An uploaded picture that can be a video's first frame."""

    id: UUID
    width: int
    height: int


_ENDINGS = {"video/mp4": ".mp4", "image/webp": ".webp", "image/jpeg": ".jpg", "image/png": ".png"}


def file_name(title: str, content_type: str) -> str:
    """Make a name to save a file under: the title without what file systems refuse, at most 80 characters."""
    kept = "".join(char if char.isalnum() or char in " -_'()." else " " for char in title)
    return (" ".join(kept.split())[:80].strip(" .") or "video") + _ENDINGS.get(content_type, "")
