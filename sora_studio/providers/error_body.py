"""Reads HTTP answers that are not 2xx: the provider's own words, out of every envelope seen."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import responses
from typing import TYPE_CHECKING, cast

from sora_studio.providers.wire import Json, as_object, as_text, read_code, read_number

if TYPE_CHECKING:
    from httpx2 import Response

NOT_THERE = "http_404"
"""The code of a 404 that gives none."""

_LONGEST_WAIT = 86_400.0  # seconds
_LONGEST_LINE = 500  # characters of a body that is plain text


@dataclass(frozen=True)
class ErrorBody:
    """What a server said instead of doing what was asked."""

    status: int
    code: str  # `http_<status>` when it gives none
    message: str  # verbatim, or a sentence of ours when it gives none
    retry_after: float | None  # seconds
    is_api: bool = True  # False: no JSON, so it may be from whatever stands in front of the server


def read_error_body(response: "Response") -> ErrorBody:
    """Read `{error: {…}}`, `{error: "…"}`, `{detail: …}`, `{code, message}`, plain text or a page in HTML."""
    body = read_json(response)
    fields = _envelope(body)
    message = as_text(fields.get("message")) or _plain(body, response) or _reason(response)
    code = read_code(fields, message) or as_text(fields.get("type"), 100) or f"http_{response.status_code}"
    return ErrorBody(response.status_code, code, message, _retry_after(response), isinstance(body, dict))


def read_json(response: "Response") -> object:
    """Return the decoded body, None when it is no JSON."""
    try:
        return response.json()
    except (ValueError, RecursionError):  # RecursionError: thousands of brackets
        return None


def _envelope(body: object) -> Json:
    outer = as_object(body)
    error = outer.get("error")
    if isinstance(error, str):
        return {"message": error, "code": outer.get("code")}
    if isinstance(error, dict):
        return cast("Json", error)
    detail = outer.get("detail")
    if isinstance(detail, dict):
        return cast("Json", detail)
    return outer if detail is None else {"message": _sentence(detail)}


def _sentence(detail: object) -> str:
    """Join FastAPI's validation errors."""
    if not isinstance(detail, list):
        return as_text(detail)
    lines = [_validation(as_object(entry)) for entry in cast("list[object]", detail)]
    return "; ".join(line for line in lines if line)


def _validation(entry: Json) -> str:
    place = entry.get("loc")
    field = str(cast("list[object]", place)[-1]) if isinstance(place, list) and place else ""
    return ": ".join(part for part in (as_text(field), as_text(entry.get("msg"))) if part)


def _plain(body: object, response: "Response") -> str:
    text = as_text(response.text if body is None else body).strip()
    return "" if text.startswith(("<", "{", "[")) else text[:_LONGEST_LINE]


def _reason(response: "Response") -> str:
    status = response.status_code
    if response.has_redirect_location:
        return f"The provider redirects to another address (HTTP {status}), which the studio does not follow."
    return f"The provider answered {status} {responses.get(status, '')}".rstrip() + "."


def _retry_after(response: "Response") -> float | None:
    """Read `retry-after-ms`, or `Retry-After` in seconds or as a date by the server's own clock."""
    milliseconds = read_number(response.headers.get("retry-after-ms"))
    if milliseconds is not None:
        return _within(milliseconds / 1000)
    header = response.headers.get("retry-after")
    seconds = read_number(header)
    if seconds is not None or not header:
        return _within(seconds)
    then = _date(header)
    now = _date(response.headers.get("date", "")) or datetime.now(UTC)
    return _within((then - now).total_seconds()) if then else None


def _date(header: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(header)
    except (ValueError, TypeError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _within(seconds: float | None) -> float | None:
    return None if seconds is None else min(max(seconds, 0.0), _LONGEST_WAIT)
