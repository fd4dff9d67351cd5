"""Files of a video, as services hand them out."""

import unicodedata
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sora_studio.domain.text import is_inside

SPRITE_COLUMNS = 5
SPRITE_ROWS = 4
PICTURE_MAX_BYTES = 20 * 1024 * 1024
PICTURE_MAX_PIXELS = 50_000_000
FILM_MAX_BYTES = 50 * 1024 * 1024
FILM_MAX_SECONDS = 120
SOUND_MAX_BYTES = 15 * 1024 * 1024
SOUND_MAX_SECONDS = 300


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
    link: Callable[[str], str | None] = lambda _: None  # by a disposition: where a browser reads it by itself


@dataclass(frozen=True)
class MediaFacts:
    """What decoding says of a video file."""

    width: int
    height: int
    seconds: float


_NAME_CHARACTERS, _NAME_BYTES = 80, 255
_SIGNS, _EDGES = " -_'().", " .\u200c\u200d"
_JOINERS = "\u200c\u200d"  # of letters: neither is seen, and without them some words are other ones
ENDINGS = {
    "video/mp4": ".mp4",
    "image/webp": ".webp",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
}
"""What names of files end with, by media type: every one that the studio keeps."""


def file_name(title: str, content_type: str) -> str:
    """Make a name to save a file under: the title without what file systems refuse.

    Letters keep their marks; at most 80 characters as people count them, and 255 bytes.
    """
    ending = ENDINGS.get(content_type, "")
    written = unicodedata.normalize("NFC", title)
    kept = "".join(char if _may_stay(char) else " " for char in written)
    return (_beginning(" ".join(kept.split()), _NAME_BYTES - len(ending)).strip(_EDGES) or "video") + ending


def _may_stay(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM" or char in _SIGNS or char in _JOINERS


def _beginning(name: str, most: int) -> str:
    """Cut a name to so many bytes, and to its first characters, between two of them."""
    cut, characters, length = 0, 0, 0
    for place, char in enumerate(name):
        if not is_inside(name, place):
            cut, characters = place, characters + 1
        length += len(char.encode())
        if length > most or characters > _NAME_CHARACTERS:
            return name[:cut]
    return name
