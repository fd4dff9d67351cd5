"""Every error becomes a response in the words of the dialect."""

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from sora_sandbox.dependencies import get_sandbox
from sora_sandbox.wire import ApiError

_log = logging.getLogger(__name__)


def install_error_handlers(app: FastAPI) -> None:
    """Answer every error, also unexpected ones, as the dialect does."""

    @app.exception_handler(ApiError)
    async def api_error(request: Request, error: ApiError) -> JSONResponse:
        status, content = get_sandbox(request).dialect.error(error)
        return JSONResponse(content, status, error.headers)

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        text = str(error.detail)
        is_named = get_sandbox(request).dialect.names_unknown_routes
        if error.status_code == HTTPStatus.NOT_FOUND and is_named:
            text = f"Invalid URL ({request.method} {request.url.path})"
        return await api_error(request, ApiError(error.status_code, text))

    @app.exception_handler(RequestValidationError)
    async def invalid_request(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        name = str(first["loc"][-1])
        text = f"Invalid '{name}': {first['msg']}."
        return await api_error(request, ApiError(400, text, "invalid_value", name))

    @app.exception_handler(ClientDisconnect)
    async def client_disconnected(_: Request, __: ClientDisconnect) -> Response:
        return Response(status_code=499)  # nobody reads it; nginx's status for a client that has left

    @app.exception_handler(Exception)
    async def unexpected_error(request: Request, error: Exception) -> JSONResponse:
        _log.exception("unhandled_error", exc_info=error)
        text = "The server had an error while processing your request."
        return await api_error(request, ApiError(500, text, "server_error"))
