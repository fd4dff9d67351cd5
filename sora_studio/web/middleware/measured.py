"""How long requests wait for their answers, where somebody wants to know."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sora_studio import metrics
from sora_studio.api.app import PREFIX

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NO_ROUTE = "none"


class Measured:
    """Observes each request by the pattern of its route, which has no ids in it."""

    def __init__(self, app: ASGIApp, route: str = "") -> None:
        """Stand before an application.

        Args:
            app: The application.
            route: Stands for all that it serves; empty: its own routes are told apart.
        """
        self._app, self._route = app, route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http" or not metrics.HTTP.on:
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def send_measured(message: Message) -> None:
            if message["type"] == "http.response.start":
                seconds = time.perf_counter() - began
                metrics.HTTP.observe(seconds, self._name(scope), _method(scope), str(message["status"]))
            await send(message)

        await self._app(scope, receive, send_measured)

    def _name(self, scope: Scope) -> str:
        """Return the pattern of the route that has answered; a router's own knows no prefix."""
        pattern = self._route or getattr(scope.get("route"), "path", _NO_ROUTE)
        is_short = pattern.startswith("/") and not pattern.startswith(PREFIX)
        return PREFIX + pattern if is_short and scope["path"].startswith(f"{PREFIX}/") else pattern


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "other"
