"""Pages under their plain names."""

from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send


class CleanUrls:
    """Serves `/login` from `login/index.html` at once, where a file server would redirect to `/login/`."""

    def __init__(self, app: ASGIApp, client: Path) -> None:
        self._app = app
        self._pages = {f"/{page.parent.relative_to(client)}" for page in client.glob("*/**/index.html")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, pages with the slash that the file server expects."""
        if scope["type"] == "http" and scope["path"] in self._pages:
            path = f"{scope['path']}/"
            scope = {**scope, "path": path, "raw_path": path.encode()}
        await self._app(scope, receive, send)
