"""The connections under requests and websockets: uvicorn's, but not for as long as anybody likes."""

import asyncio
import json
import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

import h11
import uvicorn
from starlette.types import ASGIApp, Message
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from sora_studio.web.connection_limiter import ConnectionLimiter
from sora_studio.web.middleware.headers import SHUT


def _answer(status: HTTPStatus, code: str, message: str) -> bytes:
    """Write an answer that is the last one on its connection, in the API's envelope."""
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    body = json.dumps({"error": error}).encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "X-Content-Type-Options: nosniff",
        f"Content-Security-Policy: default-src 'none'; {SHUT}",
        "Connection: close",
        "\r\n",
    )
    return "\r\n".join(head).encode() + body


_BUSY = _answer(HTTPStatus.SERVICE_UNAVAILABLE, "busy", "There are too many connections. Try again later.")
_TOO_SLOW = _answer(HTTPStatus.REQUEST_TIMEOUT, "too_slow", "The request took too long to arrive.")
_INVALID = _answer(HTTPStatus.BAD_REQUEST, "invalid_request", "This is not a valid HTTP request.")
_ERRORS = logging.getLogger(__name__)
_ERRORS.setLevel(logging.ERROR)  # its warnings tell of every nonsense that comes; we count it
_GRACE = 4
"""Seconds for running requests after SIGTERM; the children need their part of the ten that we promise."""

_LARGEST_MESSAGE = 1024 * 1024
"""Bytes over a websocket; engine.io takes 1,000,000."""


@dataclass(frozen=True)
class Patience:
    """How long the other side may take."""

    headers: float = 10.0
    """Seconds until a request's headers are there, from the connection or else from their first byte."""
    body: float = 20.0
    """Seconds in which, again and again, `body_bytes` have to come while a body is read."""
    body_bytes: int = 10_000
    idle: int = 75
    """Seconds between two requests: longer than proxies keep a connection, or what they send is lost."""
    reading: float = 120.0
    """Seconds without taking any of what is sent; a player that was paused for longer asks again."""


class ServerConfig(uvicorn.Config):
    """How uvicorn runs an app, and what bounds its connections."""

    def __init__(self, app: ASGIApp, limiter: ConnectionLimiter, patience: Patience | None = None) -> None:
        self.limiter, self.patience = limiter, patience or Patience()
        super().__init__(
            app,
            http=BoundedConnection,
            ws=BoundedSocket,
            ws_max_size=_LARGEST_MESSAGE,
            timeout_keep_alive=self.patience.idle,
            timeout_graceful_shutdown=_GRACE,
            lifespan="on",
            log_config=None,
            access_log=False,  # it would show the tab's token, which is as good as a password
            proxy_headers=False,  # `Forwarded` reads them
            server_header=False,
        )


class BoundedConnection(H11Protocol):
    """HTTP/1.1 with somebody who has to keep talking, and to keep listening."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        bounds = cast("ServerConfig", config)
        self._limiter, self._patience = bounds.limiter, bounds.patience
        self.logger = _ERRORS
        self._awaited = ""  # headers, body, idle, or nothing
        self._deadline: asyncio.TimerHandle | None = None
        self._listening: asyncio.TimerHandle | None = None
        self._received = 0  # bytes, since the deadline was set

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Accept a connection while there is room."""
        super().connection_made(transport)
        if self._limiter.enter(transport, self._address):
            self._watch()
        else:
            transport.write(_BUSY)
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give its place to somebody else."""
        _cancel(self._deadline, self._listening)
        self._limiter.leave(self.transport)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has come, unless it has come too late."""
        if not self.transport.is_closing():
            self._received += len(data)
            super().data_received(data)
            self._watch()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._watch()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP as the API answers mistakes."""
        del msg  # in uvicorn's words
        self._limiter.give_up("invalid_request", self._address)
        self.transport.write(_INVALID)
        self.transport.close()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand the connection over, and its place."""
        super().handle_websocket_upgrade(event)
        self._limiter.heard(self.transport)

    def pause_writing(self) -> None:
        """Give the other side time to take what is sent."""
        super().pause_writing()
        self._listening = self.loop.call_later(self._patience.reading, self._give_up, "slow_reading")

    def resume_writing(self) -> None:
        """Know that it did."""
        super().resume_writing()
        _cancel(self._listening)

    @property
    def _address(self) -> str:
        return self.client[0] if self.client else ""

    def _watch(self) -> None:
        """Set the time for what has to come next; more bytes of the same do not prolong it."""
        awaited = self._what_is_awaited()
        if awaited in {"headers", "idle"}:
            self._limiter.silent(self.transport)
        else:
            self._limiter.heard(self.transport)
        if awaited == self._awaited:
            return
        _cancel(self._deadline)
        self._awaited, self._received = awaited, 0 if awaited != "headers" else self._received
        if awaited == "headers":
            self._deadline = self.loop.call_later(self._patience.headers, self._give_up, "slow_headers")
        elif awaited == "body":
            self._deadline = self.loop.call_later(self._patience.body, self._look_at_body)

    def _what_is_awaited(self) -> str:
        if self.transport.is_closing() or self.transport.get_protocol() is not self:  # a websocket by now
            return ""
        if self.conn.their_state is h11.IDLE:
            return "headers" if self.timeout_keep_alive_task is None else "idle"
        return "body" if self.conn.their_state is h11.SEND_BODY else ""

    def _look_at_body(self) -> None:
        """Let a body go on that comes fast enough, or that nobody here has read."""
        if self._received < self._patience.body_bytes and not self.flow.read_paused:
            self._give_up("slow_body")
        else:
            self._received = 0
            self._deadline = self.loop.call_later(self._patience.body, self._look_at_body)

    def _give_up(self, kind: str) -> None:
        """End the connection; without a word one that never said any, as browsers keep in store."""
        if self._received or kind != "slow_headers":
            self._limiter.give_up(kind, self._address)
            if kind == "slow_headers" or not self.cycle.response_started:
                self.transport.write(_TOO_SLOW)
        if kind == "slow_reading":
            self.transport.abort()
        else:
            self.transport.close()


class BoundedSocket(WebSocketsSansIOProtocol):
    """A websocket in the place of the connection that it was."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        bounds = cast("ServerConfig", config)
        self._limiter, self._patience = bounds.limiter, bounds.patience
        self._listening: asyncio.TimerHandle | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Give its place to somebody else."""
        _cancel(self._listening)
        self._limiter.leave(self.transport)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Give the other side time to take what is sent."""
        super().pause_writing()
        self._listening = self.loop.call_later(self._patience.reading, self._give_up)

    def resume_writing(self) -> None:
        """Know that it did."""
        super().resume_writing()
        _cancel(self._listening)

    async def send(self, message: Message) -> None:  # type: ignore[override]  # as uvicorn's
        """Send, and know that a refused handshake has ended, too: uvicorn would log it as an error."""
        await super().send(cast("Any", message))
        if self.close_sent:
            self.handshake_complete = True

    def _give_up(self) -> None:
        self._limiter.give_up("slow_reading", self.client[0] if self.client else "")
        self.transport.abort()


def _cancel(*timers: asyncio.TimerHandle | None) -> None:
    for timer in timers:
        if timer is not None:
            timer.cancel()
