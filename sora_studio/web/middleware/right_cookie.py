"""The session's cookie counts only under the name that fits how browsers reach us.

On https that is the name with `__Host-`, which no other site and no page without https can have set.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from sora_studio.services.people.tokens import COOKIE, HOST_COOKIE


class RightCookie:
    """Takes the cookie of the other name out of a connection's headers."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        """Prepare the check.

        Args:
            app: What answers.
            https: Whether browsers reach us by TLS only; otherwise each connection says it.
        """
        self._app, self._https = app, https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a connection on without the cookie that does not count."""
        if scope["type"] in {"http", "websocket"}:
            https = self._https or scope["scheme"] in {"https", "wss"}
            scope = _without(scope, COOKIE if https else HOST_COOKIE)
        await self._app(scope, receive, send)


def _without(scope: Scope, name: str) -> Scope:
    """Return a connection that never sent a cookie."""
    prefix = f"{name}=".encode()
    if not any(header == b"cookie" and prefix in value for header, value in scope["headers"]):
        return scope
    kept = [
        (header, _others(value, prefix) if header == b"cookie" else value)
        for header, value in scope["headers"]
    ]
    return {**scope, "headers": kept}


def _others(cookies: bytes, prefix: bytes) -> bytes:
    return b"; ".join(each.strip() for each in cookies.split(b";") if not each.strip().startswith(prefix))
