"""Refuse what a foreign page sends with our visitor's cookie: forged requests, hijacked sockets."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class SameOrigin:
    """Lets a socket or a changing request pass when its page came from us.

    "Us" is the address in the Host header, so that localhost, 127.0.0.1, [::1] and any other work
    unset, and the public URL, for proxies that hide the Host. Programs send no Origin and pass: they carry no
    visitor's cookie either.
    """

    def __init__(self, app: ASGIApp, public_url: str) -> None:
        self._app = app
        self._public_host = urlsplit(public_url).netloc.lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the connection on, or answer 403."""
        if _changes_something(scope) and not self._is_ours(Headers(scope=scope)):
            refusal = _refusal(scope)
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_ours(self, headers: Headers) -> bool:
        """Tell whether the page that sends this is one of ours, or no page at all."""
        origin = headers.get("origin")
        if origin is None:
            return headers.get("sec-fetch-site", "none") in {"same-origin", "none"}
        return urlsplit(origin).netloc.lower() in {headers.get("host", "").lower(), self._public_host} - {""}


def _changes_something(scope: Scope) -> bool:
    """Tell whether a connection could do more than read."""
    return scope["type"] == "websocket" or (scope["type"] == "http" and scope["method"] not in _SAFE_METHODS)


def _refusal(scope: Scope) -> ASGIApp:
    """Return the answer to a foreign page; closing a socket before it is accepted is a 403, too."""
    if scope["type"] == "websocket":
        return WebSocketClose(code=1008, reason="foreign origin")
    message = "This request came from a page on another site."
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": "foreign_origin"}
    return JSONResponse({"error": error}, status_code=403)
