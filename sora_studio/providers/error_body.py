"""Reads HTTP answers that are not 2xx: the provider's own words, out of every envelope seen."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from http.client import responses
from typing import TYPE_CHECKING

from sora_studio.providers.reading.error import Said, read_error
from sora_studio.providers.reading.names import BUSY
from sora_studio.providers.wire import MalformedResponse, as_text, read_http_date, read_number

if TYPE_CHECKING:
    from httpx2 import Response

NOT_THERE = "http_404"
"""The code of a 404 that gives none."""

_LONGEST_WAIT = 86_400.0  # seconds
_LONGEST_LINE = 500  # characters of a body that is plain text
_TITLE = re.compile(r"<title[^>]*>([^<]{1,500})</title>", re.IGNORECASE)
_TITLE_WITHIN = 8_192  # characters of a page
_NO_ROUTE = {"detail": "Not Found"}
_BAD_REQUEST, _TOO_MANY = 400, 429
_CERTAIN = {401, 402, 403, _TOO_MANY}  # mean the same whatever was asked


@dataclass(frozen=True)
class ErrorBody:
    """What a server said instead of doing what was asked."""

    status: int
    code: str  # `http_<status>` when it gives none
    message: str  # verbatim, or a sentence of ours when it gives none
    retry_after: float | None  # seconds
    is_api: bool = True  # False: no JSON, so it may be from whatever stands in front of the server
    no_route: bool = False  # what FastAPI says of an address, not of a job: another server may stand there


def read_error_body(response: "Response") -> ErrorBody:
    """Read `{error: {…}}`, `{error: "…"}`, `{detail: …}`, `{code, message}`, plain text or a page in HTML."""
    body = read_json(response)
    said = read_error(body) if isinstance(body, dict | list | str) else Said()
    message = said.message or _plain(body, response) or _reason(response)
    code = said.code or said.kind or f"http_{response.status_code}"
    return ErrorBody(
        response.status_code,
        code,
        message,
        _retry_after(response),
        is_api=isinstance(body, dict),
        no_route=body == _NO_ROUTE,
    )


def of_refusal(said: Said, *, makes: bool) -> ErrorBody:
    """Return what a 2xx refuses, as if its HTTP status had told so.

    Args:
        said: The error, which names no job.
        makes: Whether a job was asked for. Then none was made: a code such as 500 casts no doubt on that.
    """
    status = _TOO_MANY if said.code.lower() in BUSY else said.status or _BAD_REQUEST
    if makes and status not in _CERTAIN:
        status = _BAD_REQUEST
    reason = "The provider refused, without saying why."
    return ErrorBody(status, said.code or said.kind or f"http_{status}", said.message or reason, None)


def with_words(error: MalformedResponse, response: "Response") -> MalformedResponse:
    """Add what a server said instead: it is all that a person can go by."""
    body = read_json(response)
    said = read_error(body).message if isinstance(body, dict) else ""
    words = said or _plain(body, response)
    return MalformedResponse(f"{error} It says: {words}") if words else error


def read_json(response: "Response") -> object:
    """Return the decoded body, None when it is no JSON."""
    try:
        return response.json()
    except (ValueError, RecursionError):  # RecursionError: thousands of brackets
        return None


def _plain(body: object, response: "Response") -> str:
    """Return a body that is plain text, or the title of a page."""
    text = as_text(response.text if body is None else body).strip()
    if text.startswith("<"):
        title = _TITLE.search(text[:_TITLE_WITHIN])
        return " ".join(unescape(title[1]).split())[:_LONGEST_LINE] if title else ""
    return "" if text.startswith(("{", "[")) else text[:_LONGEST_LINE]


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
    then = read_http_date(header)
    now = read_http_date(response.headers.get("date", "")) or datetime.now(UTC)
    return _within((then - now).total_seconds()) if then else None


def _within(seconds: float | None) -> float | None:
    return None if seconds is None else min(max(seconds, 0.0), _LONGEST_WAIT)
