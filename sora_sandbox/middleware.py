"""Middleware around every request: who may ask, a request id on each response, a limit on the body."""

import re
import secrets
from collections.abc import Collection
from ipaddress import ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sora_sandbox.wire import ApiError, error_json

MAX_BODY_BYTES = 48 * 1024 * 1024
"""Fits a reference image as a data URL, the largest thing that clients send."""


class RequestMiddleware:
    """ASGI middleware that adds `x-request-id`, and the dialect's own headers, and refuses large bodies."""

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
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = "req_" + secrets.token_hex(16)
                headers.update(scope["app"].state.sandbox.dialect.headers(scope["path"]))
            await send(message)

        await self._app(scope, limited_receive, send_with_id)


_HOST = re.compile(r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<name>[a-z0-9_.-]+))(?::\d{0,5})?")


class OwnHostMiddleware:
    """ASGI middleware that serves names of this machine only, and no page of another site.

    Otherwise any page could have a browser on this machine ask us: by a form or, with a name of its own that
    points here (DNS rebinding), in every way.
    """

    def __init__(self, app: ASGIApp, allowed: Collection[str]) -> None:
        """Allow more names than `localhost` and addresses."""
        self._app, self._allowed = app, {"localhost", *allowed}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        host = headers.get("host", "").lower()
        if scope["type"] == "http" and not self._is_ours(host):
            text = "This server does not go by that name. Allow it with --allowed-hosts."
            await JSONResponse(error_json(421, text, "unknown_host", None), 421)(scope, receive, send)
        elif scope["type"] == "http" and _is_of_another_site(headers, host):
            text = "This request came from a page on another site."
            await JSONResponse(error_json(403, text, "foreign_origin", None), 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_ours(self, host: str) -> bool:
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        try:
            ip_address(found["six"] or found["name"])
        except ValueError:
            return found["six"] is None and found["name"].removesuffix(".") in self._allowed
        return True


def _is_of_another_site(headers: Headers, host: str) -> bool:
    """Tell whether a browser sends this for a page that is not ours; programs name no page."""
    origin = headers.get("origin")
    if origin is not None:
        return origin.lower() not in {f"http://{host}", f"https://{host}"}
    return headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}
