"""One id per request: in its log lines, and in the answer, to be quoted when a problem is reported."""

import re
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sora_studio.domain.address import address_of
from sora_studio.web.proxies import Proxies

_NAME = "X-Request-ID"
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")


class RequestId:
    """Binds `request_id` to the log and answers with it as X-Request-ID.

    A proxy of ours may have given the request one already, by which its own log knows it. From anybody else,
    an id would only be a way to write into ours. A proxy that passes its clients' ids on vouches for them:
    those in docs/deploying.md put their own in the place, so that no stranger chooses one.
    """

    def __init__(self, app: ASGIApp, proxies: Proxies) -> None:
        self._app, self._proxies = app, proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request under its id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = self._given(scope) or uuid4().hex

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[_NAME] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._app(scope, receive, send_with_id)

    def _given(self, scope: Scope) -> str | None:
        said = Headers(scope=scope).getlist(_NAME)
        if len(said) != 1 or not _SAFE.fullmatch(said[0]):
            return None
        peer = address_of(scope["client"][0]) if scope.get("client") else None
        return said[0] if peer is not None and self._proxies.include(peer) else None
