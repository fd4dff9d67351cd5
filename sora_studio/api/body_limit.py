"""What stands before every route: a body has an end."""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sora_studio.api.errors import envelope

_TOO_LARGE = 413


class BodyLimit:
    """Refuses a body that is larger than its address takes: by its header, or as soon as it is seen.

    FastAPI's own limit would answer in plain text, and a route that has its body parsed reads all of it
    before it asks who sends it.
    """

    def __init__(self, app: ASGIApp, usual: int, at: Mapping[str, int]) -> None:
        self._app, self._usual, self._at = app, usual, at

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its body while it is small enough."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._at.get(scope["path"], self._usual)
        message = f"This request may have at most {limit // 1024:,} KB."
        if _declared(scope) > limit:
            refusal = envelope(_TOO_LARGE, message, "invalid_request_error", "request_too_large")
            await refusal(scope, receive, send)
            return
        seen = 0

        async def receive_some() -> Message:
            nonlocal seen
            part = await receive()
            seen += len(part.get("body", b""))
            if seen > limit:
                raise HTTPException(_TOO_LARGE, message)
            return part

        await self._app(scope, receive_some, send)


def _declared(scope: Scope) -> int:
    """Return the Content-Length; without one, or with nonsense, the bytes are counted as they come."""
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isascii() and length.isdecimal() else 0
