"""Our cookies count only under the names that fit how browsers reach us.

On https those are the ones with `__Host-`, which no other site and no page without https can have set.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

_BARE, _HOST = b"sora_", b"__Host-sora_"
"""How the names of our cookies begin."""


class RightCookie:
    """Takes our cookies of the other kind out of a connection's headers."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        """Prepare the check.

        Args:
            app: What answers.
            https: Whether browsers reach us by TLS only; otherwise each connection says it.
        """
        self._app, self._https = app, https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a connection on without the cookies that do not count."""
        if scope["type"] in {"http", "websocket"}:
            https = self._https or scope["scheme"] in {"https", "wss"}
            scope = _without(scope, _BARE if https else _HOST)
        await self._app(scope, receive, send)


def _without(scope: Scope, prefix: bytes) -> Scope:
    """Return a connection that never sent cookies whose names begin so."""
    headers = [
        (name, _others(value, prefix) if name == b"cookie" else value) for name, value in scope["headers"]
    ]
    return {**scope, "headers": headers}


def _others(cookies: bytes, prefix: bytes) -> bytes:
    return b"; ".join(each for part in cookies.split(b";") if not (each := part.strip()).startswith(prefix))
