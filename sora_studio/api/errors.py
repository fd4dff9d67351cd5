"""Errors in the API's envelope: {"error": {"message", "type", "param", "code"}}."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, NamedTuple

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from sora_studio.domain.budget import BudgetScope
from sora_studio.domain.errors import (
    AccountDisabled,
    AwaitingApproval,
    BudgetExceeded,
    ConfirmationRequired,
    Conflict,
    IdempotencyKeyReused,
    InsufficientScope,
    InsufficientStorage,
    InvalidInput,
    LastAdmin,
    LimitReached,
    MediaError,
    NotAllowed,
    NotFound,
    NotSignedIn,
    PasswordRequired,
    ProviderError,
    SettingPinned,
    SetupCodeRequired,
    SignUpClosed,
    SoraStudioError,
    StorageError,
    StorageQuotaExceeded,
    TooLarge,
    TwoFactorRequired,
    TwoFactorSetupRequired,
    Unavailable,
    UserError,
    WrongCode,
)
from sora_studio.domain.money import decimal

_log = structlog.get_logger(__name__)

# The first line that fits counts: subclasses stand above their bases.
_ANSWERS: Mapping[type[SoraStudioError], tuple[int, str, str]] = {
    TooLarge: (413, "invalid_request_error", "too_large"),
    InvalidInput: (400, "invalid_request_error", "invalid_value"),
    IdempotencyKeyReused: (422, "invalid_request_error", "idempotency_key_reused"),
    TwoFactorRequired: (401, "authentication_error", "two_factor_required"),
    WrongCode: (401, "authentication_error", "wrong_code"),
    NotSignedIn: (401, "authentication_error", "invalid_api_key"),
    SignUpClosed: (403, "permission_error", "sign_up_closed"),
    SetupCodeRequired: (403, "permission_error", "setup_code_required"),
    AwaitingApproval: (403, "permission_error", "awaiting_approval"),
    AccountDisabled: (403, "permission_error", "account_disabled"),
    TwoFactorSetupRequired: (403, "permission_error", "two_factor_setup_required"),
    PasswordRequired: (403, "permission_error", "password_required"),
    InsufficientScope: (403, "permission_error", "insufficient_scope"),
    ConfirmationRequired: (403, "permission_error", "confirmation_required"),
    StorageQuotaExceeded: (403, "insufficient_quota", "storage_quota_exceeded"),
    NotAllowed: (403, "permission_error", "not_allowed"),
    NotFound: (404, "invalid_request_error", "not_found"),
    LastAdmin: (409, "invalid_request_error", "last_admin"),
    SettingPinned: (409, "invalid_request_error", "setting_pinned"),
    Conflict: (409, "invalid_request_error", "conflict"),
    BudgetExceeded: (429, "insufficient_quota", "budget_exceeded"),
    LimitReached: (429, "rate_limit_error", "rate_limit_exceeded"),
    ProviderError: (503, "server_error", "provider_error"),
    StorageError: (503, "server_error", "storage_unavailable"),
    MediaError: (400, "invalid_request_error", "invalid_file"),
    Unavailable: (503, "server_error", "unavailable"),
}
_HEADERS: Mapping[int, Mapping[str, str]] = {
    401: {"WWW-Authenticate": "Bearer"},  # RFC 9110 §15.5.2
    409: {"x-should-retry": "false"},  # the SDK would send it twice more, and nothing would have changed
    500: {"Connection": "close"},  # uvicorn closes it after an error that nobody caught; say so
    503: {"Retry-After": "2"},  # seconds; what a restart of the database usually takes
}
_FRAMEWORK_CODES = {404: "unknown_url", 405: "method_not_allowed", 413: "request_too_large"}
_LATER = "This is not available right now; please try again."
_CLIENT_GONE = 499  # nginx's word for it; only logs see it
_NOT_FOUND, _METHOD_NOT_ALLOWED = 404, 405


class ShortBudget(BaseModel):
    """The budget that does not cover a wish."""

    scope: BudgetScope
    amount_usd: str
    left_usd: str
    resets_at: int | None = Field(description="Unix seconds; null: only a larger amount opens it again.")


class ErrorDetail(BaseModel):
    """What went wrong."""

    message: str
    type: str
    param: str | None
    code: str
    budget: ShortBudget | None = Field(None, description="Only with the code budget_exceeded.")


class ErrorAnswer(BaseModel):
    """Every answer that is no success."""

    error: ErrorDetail


def envelope(
    status: int, message: str, kind: str, code: str, param: str | None = None, **headers: str
) -> JSONResponse:
    """Shape one error."""
    return _enveloped(status, _detail(message, kind, code, param), headers)


def _enveloped(status: int, error: Mapping[str, object], headers: Mapping[str, str]) -> JSONResponse:
    return JSONResponse(
        {"error": error}, status, {"Cache-Control": "no-store", **_HEADERS.get(status, {}), **headers}
    )


def add_handlers(app: FastAPI) -> None:
    """Answer every error of an app in the envelope."""
    app.add_exception_handler(SoraStudioError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(UnicodeEncodeError, _half_a_character)
    app.add_exception_handler(HTTPException, _of_the_framework)
    app.add_exception_handler(ClientDisconnect, _nobody_there)
    app.add_exception_handler(Exception, _unexpected)


class Described(NamedTuple):
    """An error of ours as the API words it."""

    status: int
    error: Mapping[str, Any]
    headers: Mapping[str, str]


def describe(error: Exception) -> Described | None:
    """Word an error, and log what is the operator's to know; None: it is a bug of ours."""
    answer = next((answer for kind, answer in _ANSWERS.items() if isinstance(error, kind)), None)
    match answer, error:
        case None, _:
            return None
        case (status, kind, _), InvalidInput():
            return Described(status, _detail(str(error), kind, error.code, error.param), {})
        case (status, kind, code), BudgetExceeded():
            # the SDK would send it again, and the budget would still be short
            detail = {
                **_detail(str(error), kind, code),
                "budget": _short(error).model_dump() if error.scope else None,
            }
            return Described(status, detail, {"x-should-retry": "false"})
        case (status, kind, code), LimitReached():
            wait = str(ceil(error.retry_after))
            return Described(status, _detail(str(error), kind, code), {"Retry-After": wait})
        case (status, kind, code), UserError() | MediaError():
            return Described(status, _detail(str(error), kind, code), {})
        case (status, kind, code), _:
            _log.warning("unavailable", reason=str(error), exc_info=error.__cause__)
            words = str(error) if isinstance(error, InsufficientStorage) else _LATER
            return Described(status, _detail(words, kind, code), {})


async def _ours(_: Request, error: Exception) -> Response:
    described = describe(error)
    return _broken(error) if described is None else _enveloped(*described)


def _detail(message: str, kind: str, code: str, param: str | None = None) -> dict[str, Any]:
    return {"message": message, "type": kind, "param": param, "code": code}


def _short(error: BudgetExceeded) -> ShortBudget:
    return ShortBudget(
        scope=BudgetScope(error.scope),
        amount_usd=decimal(error.amount_micros),
        left_usd=decimal(error.left_micros),
        resets_at=int(error.resets_at.timestamp()) if error.resets_at else None,
    )


async def _invalid(_: Request, error: Exception) -> Response:
    """Say what is wrong with the first bad field, as OpenAI does; values are not repeated."""
    details: list[dict[str, Any]] = list(error.errors()) if isinstance(error, RequestValidationError) else []
    first: dict[str, Any] = details[0] if details else {"loc": (), "msg": "The request cannot be read"}
    message, param = wrong_field(first["loc"][1:], first["msg"])  # before it stands where it came from
    return envelope(400, message, "invalid_request_error", "invalid_value", param)


def wrong_field(where: Sequence[int | str], what: str) -> tuple[str, str | None]:
    """Say what is wrong with a field, and return its name; numbers in it count list items or characters."""
    param = ".".join(part for part in where if isinstance(part, str)) or None
    return (f"{param}: {what}." if param else f"{what}."), param


async def _half_a_character(_: Request, __: Exception) -> Response:
    """Refuse what JSON can spell and nothing can store: one half of a surrogate pair."""
    message = "A text in this request contains half of a character (an unpaired surrogate)."
    return envelope(400, message, "invalid_request_error", "invalid_value")


async def _nobody_there(_: Request, __: Exception) -> Response:
    """Say nothing: who was sending has gone, which is no mistake of ours."""
    return Response(status_code=_CLIENT_GONE)


async def _of_the_framework(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    message = f"{str(error.detail).rstrip('.')}." if isinstance(error, HTTPException) else ""
    headers: dict[str, str] = {}
    if status == _NOT_FOUND:
        message = f"There is no such address: {request.method} {request.url.path}"
    elif status == _METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_allowed(request)))
        message = f"{request.url.path} takes {headers['Allow']}, not {request.method}."
    code = _FRAMEWORK_CODES.get(status, "invalid_request")
    return envelope(status, message, "invalid_request_error", code, **headers)


def _allowed(request: Request) -> set[str]:
    """Return every method of an address; the router names those of the first route that fits it."""
    routes = [route for route in iter_route_contexts(request.app.routes) if route.methods]
    return {
        method
        for route in routes
        if route.path_regex.match(request.url.path)
        for method in route.methods or ()
    }


async def _unexpected(_: Request, error: Exception) -> Response:
    return _broken(error)


def _broken(error: Exception) -> Response:
    _log.error("request_failed", exc_info=error)
    message = "The studio failed to answer. Its log has the reason under the x-request-id of this response."
    return envelope(500, message, "server_error", "internal_error")
