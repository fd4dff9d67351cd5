"""Who asks, when a proxy asks for them: believed from proxies of ours only."""

from collections.abc import Sequence

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from sora_studio.domain.address import Address, address_of
from sora_studio.web.proxies import Proxies

_log = structlog.get_logger(__name__)

_SCHEMES = {"http", "https"}
_FORWARDING = ("x-forwarded-for", "x-forwarded-proto")


class Forwarded:
    """Puts the visitor's address and scheme in place of a trusted proxy's own.

    Each proxy adds whom it hears to the end of X-Forwarded-For, so the last one there that is no proxy of
    ours is the visitor; what stands before it, the visitor may have written. X-Forwarded-Host is not read.
    """

    def __init__(self, app: ASGIApp, proxies: Proxies) -> None:
        self._app, self._proxies = app, proxies
        self._warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a connection on as the visitor's."""
        if scope["type"] in {"http", "websocket"}:
            scope = self._as_the_visitors(scope)
        await self._app(scope, receive, send)

    def _as_the_visitors(self, scope: Scope) -> Scope:
        headers = Headers(scope=scope)
        peer = address_of(scope["client"][0]) if scope.get("client") else None
        if peer is None or not self._proxies.include(peer):
            if not self._warned and any(name in headers for name in _FORWARDING):
                self._warned = True
                _log.warning("proxy_not_trusted", address=str(peer), remedy="SORA_STUDIO_TRUSTED_PROXIES")
            return scope
        visitor = self._visitor(headers.getlist("x-forwarded-for"), peer)
        return {**scope, "client": (str(visitor), 0), "scheme": _scheme(scope, headers)}

    def _visitor(self, forwarded: Sequence[str], peer: Address) -> Address:
        """Walk back from the peer to the first hop that is no proxy of ours, or as far as addresses go."""
        found = peer
        for hop in reversed(",".join(forwarded).split(",")):
            heard = address_of(hop.strip())
            if heard is None:
                break
            found = heard
            if not self._proxies.include(found):
                break
        return found


def _scheme(scope: Scope, headers: Headers) -> str:
    """Return the scheme the visitor came by; a websocket's is told as `ws` or `wss`."""
    said = ",".join(headers.getlist("x-forwarded-proto")).rpartition(",")[2].strip().lower()
    said = {"ws": "http", "wss": "https"}.get(said, said)
    if said not in _SCHEMES:
        return scope["scheme"]
    return said.replace("http", "ws") if scope["type"] == "websocket" else said
