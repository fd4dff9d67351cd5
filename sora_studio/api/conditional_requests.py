"""What a request for a file hangs on, and which parts of it are asked for (RFC 9110 §13 and §14).

By hand, because Starlette's `FileResponse` reads no condition but `If-Range`, and ranges otherwise than the
RFC: it answers HEAD in part, what it cannot read with 400 instead of the whole file, and several ranges with
416 when one of them lies behind the end.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from sora_studio.domain.media import ByteRange

_PART = re.compile(r"([0-9]{0,30})-([0-9]{0,30})")
_PARTS_MAX = 100  # more are answered with the whole file, as RFC 9110 §14.2 advises


@dataclass(frozen=True)
class Version:
    """Which version of a file we have."""

    etag: str  # strong, in quotes
    modified: datetime  # whole seconds, UTC

    @property
    def last_modified(self) -> str:
        """Return the time as headers spell it."""
        return format_datetime(self.modified, usegmt=True)


def early_answer(headers: Mapping[str, str], have: Version) -> int | None:
    """Return 412 or 304 where the conditions ask for it, in the order of RFC 9110 §13.2.2.

    Args:
        headers: The request's, with lower-case names.
        have: What we would send.
    """
    if (wanted := headers.get("if-match")) is not None:
        if not _is_among(have.etag, wanted, weakly=False):
            return 412
    elif (moment := _moment(headers.get("if-unmodified-since"))) and have.modified > moment:
        return 412
    if (known := headers.get("if-none-match")) is not None:
        if _is_among(have.etag, known, weakly=True):
            return 304
    elif (moment := _moment(headers.get("if-modified-since"))) and have.modified <= moment:
        return 304
    return None


def asked_parts(headers: Mapping[str, str], have: Version, size: int) -> list[ByteRange] | None:
    """Return the parts to send: in order, and apart from each other.

    None: the whole file, because nothing else is asked for, or not in a way that counts.
    An empty list: nothing of what is asked for exists.
    """
    header, only_if = headers.get("range"), headers.get("if-range")
    if header is None or (only_if is not None and only_if not in {have.etag, have.last_modified}):
        return None
    unit, _, text = header.partition("=")
    words = [word.strip() for word in text.split(",") if word.strip()]
    if unit.strip().lower() != "bytes" or not 1 <= len(words) <= _PARTS_MAX:
        return None
    parts = [_part(word, size) for word in words]
    valid = [part for part in parts if part is not None]
    return _merged(part for part in valid if part.start < part.end) if len(valid) == len(parts) else None


def _merged(parts: Iterable[ByteRange]) -> list[ByteRange]:
    """Send no byte twice: a hundred times the same film would be asked for in one line (RFC 9110 §14.2)."""
    merged = list[ByteRange]()
    for part in sorted(parts):
        if merged and part.start <= merged[-1].end:
            merged[-1] = ByteRange(merged[-1].start, max(merged[-1].end, part.end))
        else:
            merged.append(part)
    return merged


def _part(word: str, size: int) -> ByteRange | None:
    """Read `first-last`, `first-` or `-length`; nothing in reach is (size, size), None is nonsense."""
    if (match := _PART.fullmatch(word)) is None or word == "-":
        return None
    first, last = match.groups()
    if not first:
        return ByteRange(max(size - int(last), 0), size)
    if last and int(last) < int(first):
        return None
    return ByteRange(min(int(first), size), min(int(last) + 1, size) if last else size)


def _is_among(etag: str, header: str, *, weakly: bool) -> bool:
    """Compare with a list of entity tags; ours is strong and has no comma in it."""
    tags = {tag.strip() for tag in header.split(",")}
    return "*" in tags or etag in tags or (weakly and f"W/{etag}" in tags)


def _moment(header: str | None) -> datetime | None:
    """Read a date; one that cannot be read does not count."""
    try:
        moment = parsedate_to_datetime(header or "")
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
