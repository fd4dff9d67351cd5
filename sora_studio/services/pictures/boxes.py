"""The boxes of an MP4 (ISO 14496-12): enough to tell a whole file from one that was cut short."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from sora_studio.domain.errors import MediaError

_HEADER = 8  # bytes: length, name
_LONG_HEADER = 16  # the length follows in 64 bits


def check_boxes(path: Path) -> None:
    """Walk the outermost boxes.

    Raises:
        MediaError: Not an MP4, or a box does not fit into the file, or one that it needs is missing.
    """
    with path.open("rb") as file:
        names = set(_names(file, path.stat().st_size))
    missing = {"moov", "mdat"} - names
    if missing:
        message = f"The file is cut short: it has no {' and no '.join(sorted(missing))}."
        raise MediaError(message)


def _names(file: BinaryIO, total: int) -> Iterator[str]:
    start = 0
    while start < total:
        name, length = _read_header(file, start, total)
        if start == 0 and name != "ftyp":
            message = "The file is not an MP4 video."
            raise MediaError(message)
        if start + length > total:
            message = f"The file is cut short: {total} of {start + length} bytes are there."
            raise MediaError(message)
        yield name
        start += length


def _read_header(file: BinaryIO, start: int, total: int) -> tuple[str, int]:
    file.seek(start)
    head = file.read(_LONG_HEADER)
    if len(head) < _HEADER:
        message = "The file is cut short." if start else "The file is not an MP4 video."
        raise MediaError(message)
    length, name = struct.unpack_from(">I4s", head)
    shortest = _HEADER
    if length == 1 and len(head) == _LONG_HEADER:
        (length,) = struct.unpack_from(">Q", head, _HEADER)
        shortest = _LONG_HEADER
    elif length == 0:  # up to the end of the file
        length = total - start
    if length < shortest:
        message = "The file is not an MP4 video."
        raise MediaError(message)
    return name.decode("latin-1"), length
