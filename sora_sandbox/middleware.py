"""What every request passes: a request id, a size limit, the key; and errors as the dialect says them."""

import hmac
import logging
import secrets
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sora_sandbox.operations import operation_of
from sora_sandbox.service import Sandbox
from sora_sandbox.wire import ApiError

LARGEST_BODY = 48 * 1024 * 1024
"""Bytes of a request's body; a reference image as a data URL is the largest thing that anyone sends."""

_log = logging.getLogger(__name__)


class RequestMiddleware:
    """ASGI middleware: gives every answer an `x-request-id` and cuts off bodies that are too large."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > LARGEST_BODY:
                raise ApiError(413, f"The request is larger than {LARGEST_BODY} bytes.", "request_too_large")
            return message

        async def signed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["x-request-id"] = "req_" + secrets.token_hex(16)
            await send(message)

        await self._app(scope, counted, signed)


def require_api_key(request: Request) -> None:
    """Let only calls with the right bearer token through, if the sandbox has a key.

    Raises:
        ApiError: 401.
    """
    sandbox: Sandbox = request.app.state.sandbox
    key, dialect = sandbox.settings.api_key, sandbox.dialect
    if key is None or dialect.keyless:
        return
    sent = next(filter(None, map(request.headers.get, dialect.key_headers)), "")
    scheme, _, token = sent.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise ApiError(401, "You didn't provide an API key: send it as a bearer token.", "invalid_api_key")
    if not hmac.compare_digest(token.strip().encode(), key.encode()):
        raise ApiError(401, "Incorrect API key provided.", "invalid_api_key")


def require_operation(request: Request) -> None:
    """Let only calls through that the dialect has.

    Raises:
        ApiError: It has not: with the code `absent`.
    """
    operation = operation_of(request.method, request.url.path)
    sandbox: Sandbox = request.app.state.sandbox
    if status := sandbox.dialect.absent.get(operation or ""):
        raise ApiError(status, HTTPStatus(status).phrase, "absent")


def install_edge(app: FastAPI) -> None:
    """Add the middleware, and answer every error as the dialect does."""
    app.add_middleware(RequestMiddleware)

    @app.exception_handler(ApiError)
    async def refused(request: Request, error: ApiError) -> JSONResponse:
        sandbox: Sandbox = request.app.state.sandbox
        status, content = sandbox.dialect.error(error)
        return JSONResponse(content, status, error.headers)

    @app.exception_handler(HTTPException)
    async def unknown(request: Request, error: HTTPException) -> JSONResponse:
        text = str(error.detail)
        if error.status_code == HTTPStatus.NOT_FOUND:
            text = f"Invalid URL ({request.method} {request.url.path})"
        return await refused(request, ApiError(error.status_code, text))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        name = str(first["loc"][-1])
        text = f"Invalid '{name}': {first['msg']}."
        return await refused(request, ApiError(400, text, "invalid_value", name))

    @app.exception_handler(ClientDisconnect)
    async def nobody_there(_: Request, __: ClientDisconnect) -> Response:
        return Response(status_code=499)  # nobody reads it; nginx's word for that

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> JSONResponse:
        _log.exception("unexpected error", exc_info=error)
        text = "The server had an error while processing your request."
        return await refused(request, ApiError(500, text, "server_error"))
