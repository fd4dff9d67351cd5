"""Errors in the API's envelope: {"error": {"message", "type", "param", "code"}}."""

from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from sora_studio.domain.errors import (
    Conflict,
    InvalidInput,
    KeyReused,
    LimitReached,
    MediaError,
    NotAllowed,
    NotFound,
    NotSignedIn,
    ProviderError,
    SoraStudioError,
    StorageError,
    TooLarge,
    Unavailable,
    UserError,
)

_log = structlog.get_logger(__name__)

# The first line that fits counts: subclasses stand above their bases.
_ANSWERS: Mapping[type[SoraStudioError], tuple[int, str, str]] = {
    TooLarge: (413, "invalid_request_error", "too_large"),
    InvalidInput: (400, "invalid_request_error", "invalid_value"),
    KeyReused: (422, "invalid_request_error", "idempotency_key_reused"),
    NotSignedIn: (401, "authentication_error", "invalid_api_key"),
    NotAllowed: (403, "permission_error", "not_allowed"),
    NotFound: (404, "invalid_request_error", "not_found"),
    Conflict: (409, "invalid_request_error", "conflict"),
    LimitReached: (429, "rate_limit_error", "rate_limit_exceeded"),
    ProviderError: (503, "server_error", "provider_error"),
    StorageError: (503, "server_error", "storage_unavailable"),
    MediaError: (400, "invalid_request_error", "invalid_file"),
    Unavailable: (503, "server_error", "unavailable"),
}
_RETRY_SOON = 2  # seconds; what a restart of the database usually takes
_SERVER_ERROR = 500


def envelope(
    status: int, message: str, kind: str, code: str, param: str | None = None, **headers: str
) -> JSONResponse:
    """Shape one error."""
    body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
    return JSONResponse(body, status, headers)


def add_handlers(app: FastAPI) -> None:
    """Answer every error of an app in the envelope."""
    app.add_exception_handler(SoraStudioError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


async def _ours(_: Request, error: Exception) -> Response:
    answer = next((answer for kind, answer in _ANSWERS.items() if isinstance(error, kind)), None)
    if answer is None:
        return _broken(error)
    status, name, code = answer
    if isinstance(error, InvalidInput):
        return envelope(status, str(error), name, error.code, error.param)
    headers: dict[str, str] = {}
    if isinstance(error, LimitReached):
        headers["Retry-After"] = str(ceil(error.retry_after))
    elif status >= _SERVER_ERROR:
        headers["Retry-After"] = str(_RETRY_SOON)
        _log.warning("unavailable", reason=str(error))
    message = str(error) if isinstance(error, UserError | Unavailable) else "This is not available right now."
    return envelope(status, message, name, code, **headers)


async def _invalid(_: Request, error: Exception) -> Response:
    """Say what is wrong with the first bad field, as OpenAI does; values are not repeated."""
    details: list[dict[str, Any]] = list(error.errors()) if isinstance(error, RequestValidationError) else []
    first = details[0] if details else {"loc": (), "msg": "The request cannot be read."}
    where = [str(part) for part in first["loc"] if part not in {"body", "query", "path", "header"}]
    param = ".".join(where) or None
    message = f"{param}: {first['msg']}" if param else str(first["msg"])
    return envelope(400, message, "invalid_request_error", "invalid_value", param)


async def _http(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    phrase = HTTPStatus(status).phrase
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    return envelope(
        status, f"{phrase}.", "invalid_request_error", phrase.lower().replace(" ", "_"), **headers
    )


async def _unexpected(_: Request, error: Exception) -> Response:
    return _broken(error)


def _broken(error: Exception) -> Response:
    _log.error("request_failed", exc_info=error)
    message = "The studio failed to answer; the x-request-id of this answer finds the reason in its log."
    return envelope(500, message, "server_error", "internal_error")
