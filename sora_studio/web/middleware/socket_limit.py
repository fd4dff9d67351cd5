"""How many websockets one person, one place and all together may keep open."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sora_studio import metrics
from sora_studio.domain.account import network_of
from sora_studio.domain.audit import Result
from sora_studio.security_log import SecurityLog
from sora_studio.services.people.tokens import token_in_cookies


@dataclass(frozen=True)
class MostSockets:
    """How many may be open at a time; one takes about 100 KB."""

    in_all: int = 2000
    per_network: int = 500  # an office shares one address
    per_session: int = 60  # tabs


class SocketLimit:
    """Refuses a websocket over a limit before anything is known of it."""

    def __init__(self, app: ASGIApp, security_log: SecurityLog, most: MostSockets | None = None) -> None:
        self._app, self._security_log, self._most = app, security_log, most or MostSockets()
        self._open: Counter[tuple[str, str]] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a connection on while there is room, or answer 429."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        limits = dict(self._limits(scope))
        full = next((key for key, most in limits.items() if self._open[key] >= most), None)
        if full is not None:
            self._security_log.note(
                f"sockets_{full[0]}", Result.REFUSED, address=scope["client"][0] if scope["client"] else ""
            )
            await _TOO_MANY(scope, receive, send)
            return
        self._open.update(limits.keys())
        metrics.WEBSOCKETS.value += 1
        try:
            await self._app(scope, receive, send)
        finally:
            metrics.WEBSOCKETS.value -= 1
            self._open.subtract(limits.keys())
            for key in limits:
                if not self._open[key]:
                    del self._open[key]

    def _limits(self, scope: Scope) -> Iterator[tuple[tuple[str, str], int]]:
        """Yield what a socket counts for, and how many there may be of each."""
        yield ("in_all", ""), self._most.in_all
        yield (
            ("per_network", network_of(scope["client"][0] if scope["client"] else "")),
            self._most.per_network,
        )
        if session := token_in_cookies(Headers(scope=scope).get("cookie", "")):
            yield ("per_session", session), self._most.per_session


_TOO_MANY = JSONResponse(
    {
        "error": {
            "message": "Too many pages are open from here.",
            "type": "rate_limit_error",
            "param": None,
            "code": "too_many_sockets",
        }
    },
    429,
    {"Retry-After": "10"},
)
