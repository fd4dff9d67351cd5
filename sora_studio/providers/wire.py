"""Reads single values that servers write. Nothing here trusts a type; what cannot be read is None or empty.

Texts lose only what a database cannot hold (NUL, lone surrogates). Whole answers are read in `reading`.
"""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import cast

from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.video import Size

Json = Mapping[str, object]

BLOT = "***"
"""What stands where a secret of ours stood."""

_SECONDS_MAX = 100_000
_ID_MAX = 1024  # bytes: indexes hold 2,704; gateways pack routes into ids: 270 have been seen
_TEXT_MAX = 40_000
_MILLISECONDS_FROM = 1e11  # as seconds this is the year 5138
_EARLIEST = 1e9  # 2001: what is older is a filler


class MalformedResponse(ValueError):
    """An answer that is not what was asked for, such as a proxy's page in HTML."""


def as_object(value: object) -> Json:
    """Return a JSON object, empty when it is none."""
    return cast("Json", value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    """Return a JSON array, empty when it is none."""
    return cast("list[object]", value) if isinstance(value, list) else []


def as_text(value: object, limit: int = _TEXT_MAX) -> str:
    """Return a string that can be stored; empty when it is none."""
    if not isinstance(value, str):
        return ""
    return value[:limit].replace("\0", "").encode("utf-8", "ignore").decode()


def read_text(value: object) -> str | None:
    """Return a string that can be stored and is not empty."""
    return as_text(value) or None


def read_id(value: object) -> str | None:
    """Read a name that can be asked for later: a text, or a whole number as some servers count their jobs."""
    name = str(value) if isinstance(value, int) and not isinstance(value, bool) and value > 0 else value
    if not isinstance(name, str) or not name.isprintable() or not 0 < len(name.encode()) <= _ID_MAX:
        return None
    # What has been blotted out is no name: to ask for it would be to ask for another one.
    return None if name in {".", ".."} or BLOT in name or not name.strip() else name


def read_number(value: object) -> float | None:
    """Read a finite number from a number or its text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def read_progress(value: object) -> int | None:
    """Read 45, 45.0 or "45%" as a whole number within 0..100."""
    number = read_number(value.strip().removesuffix("%") if isinstance(value, str) else value)
    return None if number is None else int(min(max(number, 0.0), 100.0))


def read_time(value: object) -> datetime | None:
    """Read unix seconds or milliseconds, or a date of ISO 8601."""
    number = read_number(value)
    if number is None:
        return _read_date(value)
    if number < _EARLIEST:
        return None
    seconds = number / 1000 if number > _MILLISECONDS_FROM else number
    return datetime.fromtimestamp(seconds, UTC) if seconds < _MILLISECONDS_FROM else None


def read_http_date(header: str) -> datetime | None:
    """Read a date as headers have it."""
    try:
        date = parsedate_to_datetime(header)
    except (ValueError, TypeError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def read_size(value: object) -> str | None:
    """Read 1280x720 in its spellings (1280X720, 1280*720, 1280:720); ratios and `auto` tell nothing."""
    try:
        return str(Size.parse(re.sub(r"\s*[xX*:]\s*", "x", as_text(value, 40).strip())))
    except InvalidInput:
        return None


def read_seconds(value: object) -> str | None:
    """Read 4, "4" or "4.04" as the whole number that was asked for; the file tells the true length."""
    number = read_number(value)
    return str(round(number)) if number is not None and 0 < number < _SECONDS_MAX else None


def read_poll_after(header: str | None) -> float | None:
    """Read the header `openai-poll-after-ms` in seconds."""
    number = read_number(header)
    return number / 1000 if number is not None and number >= 0 else None


def first_of(value: object) -> Iterator[object]:
    """Yield what a field holds: each of several, or the one."""
    yield from cast("list[object]", value) if isinstance(value, list) else (value,)


def _read_date(value: object) -> datetime | None:
    try:
        date = datetime.fromisoformat(as_text(value, 40).strip())
    except ValueError:
        return None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    try:
        return date.astimezone(UTC) if date.timestamp() >= _EARLIEST else None
    except OverflowError:
        return None
