"""Files on their way in: told apart by their first bytes, and written to the spool within a limit."""

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import anyio

from sora_studio.domain.errors import StorageError, TooLarge
from sora_studio.domain.inputs import Medium
from sora_studio.domain.media import FILM_MAX_BYTES, PICTURE_MAX_BYTES, SOUND_MAX_BYTES
from sora_studio.domain.ports import Storage

PNG, WEBP, MP4, MP3, WAV = "image/png", "image/webp", "video/mp4", "audio/mpeg", "audio/wav"

_HEAD = 16  # bytes that tell what a file is
_SYNC, _LAYER, _LAYER_3 = (
    0xFF,
    0xE6,
    0xE2,
)  # an MP3's first two bytes, whichever the version: sync word and layer
_LIMITS = {MP4: FILM_MAX_BYTES, MP3: SOUND_MAX_BYTES, WAV: SOUND_MAX_BYTES}


@dataclass(frozen=True)
class Received:
    """A file that has arrived."""

    head: bytes
    bytes: int
    sha256: str


async def receive(
    path: Path, chunks: AsyncIterator[bytes], limit: Callable[[bytes], int], param: str
) -> Received:
    """Write what arrives to a file.

    Args:
        path: Where to.
        chunks: What arrives.
        limit: Says how many bytes it may have, by its first ones.
        param: The field that it came in.

    Raises:
        TooLarge: It has more.
        StorageError: The disk refused.
    """
    head, length, sha256 = b"", 0, hashlib.sha256()
    try:
        async with await anyio.open_file(path, "wb") as file:
            async for chunk in chunks:
                head, length = (head + chunk)[:_HEAD] if len(head) < _HEAD else head, length + len(chunk)
                if length > limit(head):
                    message = f"The file is too large; the limit is {limit(head) // 2**20} MB."
                    raise TooLarge(message, param, "file_too_large")
                sha256.update(chunk)
                await file.write(chunk)
    except OSError as error:
        message = "The file could not be stored."
        raise StorageError(message) from error
    return Received(head, length, sha256.hexdigest())


async def write(storage: Storage, data: bytes) -> Path:
    """Write a small file into the spool.

    Raises:
        StorageError: The disk refused.
    """
    path = storage.spool()
    try:
        await anyio.Path(path).write_bytes(data)
    except OSError as error:
        message = "The image could not be stored."
        raise StorageError(message) from error
    return path


async def copy(storage: Storage, key: str) -> Path:
    """Copy a stored file into the spool.

    Raises:
        StorageError: It is not there, or the disk refused.
    """
    path = storage.spool()
    async with storage.materialise(key) as stored:
        try:
            await asyncio.to_thread(shutil.copyfile, stored, path)
        except OSError as error:
            message = "The file could not be copied."
            raise StorageError(message) from error
    return path


def type_of(head: bytes) -> str:
    """Tell a file's type by its first bytes; what is none of the others has to be a picture."""
    if head[4:8] == b"ftyp":
        return MP4
    if head[:4] == b"RIFF":
        return WAV if head[8:12] == b"WAVE" else WEBP
    has_frame = len(head) > 1 and head[0] == _SYNC and head[1] & _LAYER == _LAYER_3
    return MP3 if head[:3] == b"ID3" or has_frame else PNG


def medium_of(content_type: str) -> Medium:
    """Tell what a file of a type is."""
    if content_type in {MP3, WAV}:
        return Medium.SOUND
    return Medium.FILM if content_type == MP4 else Medium.PICTURE


def limit_of(head: bytes) -> int:
    """Return how many bytes an upload may have, by its first ones."""
    return _LIMITS.get(type_of(head), PICTURE_MAX_BYTES)
