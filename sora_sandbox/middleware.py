"""Middleware around every request: a request id on each response, and a limit on the size of the body."""

import secrets

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sora_sandbox.wire import ApiError

MAX_BODY_BYTES = 48 * 1024 * 1024
"""Fits a reference image as a data URL, the largest thing that clients send."""


class RequestMiddleware:
    """ASGI middleware that adds `x-request-id` to every response and refuses bodies that are too large."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received = 0

        async def limited_receive() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAX_BODY_BYTES:
                text = f"The request is larger than {MAX_BODY_BYTES} bytes."
                raise ApiError(413, text, "request_too_large")
            return message

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["x-request-id"] = "req_" + secrets.token_hex(16)
            await send(message)

        await self._app(scope, limited_receive, send_with_id)
