"""Canned films: small real ones, rendered once for each length, for jobs that complete without rendering."""

import asyncio
from pathlib import Path

from sora_sandbox.file_store import FileStore

_WIDTH, _HEIGHT = 320, 180
_PROMPT = "A paper boat on a calm lake"


class CannedFilms:
    """The films that have been rendered so far."""

    def __init__(self, files: FileStore) -> None:
        self._files, self._folders = files, dict[int, Path]()
        self._lock = asyncio.Lock()

    async def film(self, seconds: int) -> Path:
        """Return the folder of a film of this length; rendering the first takes a tenth of its length."""
        async with self._lock:
            if seconds not in self._folders:
                folder = self._files.begin()
                await asyncio.to_thread(_render, seconds, folder)
                self._folders[seconds] = folder
        return self._folders[seconds]


def _render(seconds: int, folder: Path) -> None:
    from sora_sandbox.film.render import RenderSpec, render  # noqa: PLC0415 -- loads numpy, which few starts need

    for _ in render(RenderSpec((_PROMPT,), _WIDTH, _HEIGHT, seconds), folder):
        pass
