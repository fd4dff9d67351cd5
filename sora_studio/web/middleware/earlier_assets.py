"""What pages of the builds before still ask for, as long as they are open somewhere."""

import re
from pathlib import Path

from starlette.responses import FileResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_FOLDER = "/assets/"
_NAME = re.compile(r"[\w-][\w.-]*", re.ASCII)


class EarlierAssets:
    """Serves assets that the current build does not have from the builds beside it, newer ones included.

    Their names carry a hash of what is in them. A page that was loaded before an upgrade goes on asking for
    its own, and one of an instance that has been upgraded already may ask one that has not.
    """

    def __init__(self, app: ASGIApp, client: Path, releases: Path) -> None:
        self._app, self._releases = app, releases
        self._current = frozenset(path.name for path in (client / "assets").glob("*"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve what is found elsewhere; the application answers everything else."""
        found = self._find(scope["path"]) if scope["type"] == "http" else None
        await (FileResponse(found) if found else self._app)(scope, receive, send)

    def _find(self, path: str) -> Path | None:
        name = path.removeprefix(_FOLDER)
        if not path.startswith(_FOLDER) or name in self._current or not _NAME.fullmatch(name):
            return None
        found = self._releases.glob(f"[!.]*/build/client/assets/{name}")
        return next((path for path in found if path.is_file()), None)
