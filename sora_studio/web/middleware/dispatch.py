"""Which of the two applications on the port answers."""

from starlette.types import ASGIApp, Receive, Scope, Send

_OF_THE_API = frozenset({
    *("/mcp", "/livez", "/readyz", "/metrics", "/.well-known/security.txt"),
    *("/ping", "/ping/", "/_health", "/_health/"),  # Reflex's own signs of life: the API has no such address
})  # fmt: skip


class Dispatch:
    """Passes `/api`, `/mcp` and signs of life to the API, everything else (pages, sockets) to the site."""

    def __init__(self, api: ASGIApp, site: ASGIApp) -> None:
        self._api, self._site = api, site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a connection on; the start and the end of the process are the site's."""
        is_api = scope["type"] == "http" and _is_api(scope["path"])
        await (self._api if is_api else self._site)(scope, receive, send)


def _is_api(path: str) -> bool:
    return path == "/api" or path.startswith("/api/") or path in _OF_THE_API
