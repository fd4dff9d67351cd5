"""Small real films, rendered once for each length, for jobs that are to be done at once."""

import asyncio
from pathlib import Path

from sora_sandbox.file_store import FileStore

_WIDTH, _HEIGHT = 320, 180
_PROMPT = "A paper boat on a calm lake"


class CannedFilms:
    """The films that are there already."""

    def __init__(self, films: FileStore) -> None:
        """Begin with none."""
        self._files, self._ready = films, dict[int, Path]()
        self._lock = asyncio.Lock()

    async def film(self, seconds: int) -> Path:
        """Return the folder of a film of so many seconds; the first one takes a tenth of its length."""
        async with self._lock:
            if seconds not in self._ready:
                folder = self._files.begin()
                await asyncio.to_thread(_render, seconds, folder)
                self._ready[seconds] = folder
        return self._ready[seconds]


def _render(seconds: int, folder: Path) -> None:
    from sora_sandbox.film.render import RenderSpec, render  # noqa: PLC0415 -- loads numpy, which few starts need

    for _ in render(RenderSpec((_PROMPT,), _WIDTH, _HEIGHT, seconds), folder):
        pass
