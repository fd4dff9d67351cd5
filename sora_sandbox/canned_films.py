"""Canned films: real ones, rendered once for each size and length, for jobs that need none of their own."""

import asyncio
import contextlib
import shutil
import tempfile
from pathlib import Path

from sora_sandbox.worker_process import WorkerProcess

HOLD = 24
"""Frames for which a picture stands where films are canned: a second."""

_PROMPT = "A paper boat on a calm lake"


class CannedFilms:
    """The canned films in a folder, which several sandboxes may share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = asyncio.Lock()

    async def film(self, width: int, height: int, seconds: int) -> Path | None:
        """Return the folder of a film, rendered now if it is not there yet; None if that fails."""
        film = self._folder / f"{width}x{height}x{seconds}"
        async with self._lock:
            if not film.exists():
                await self._render(film, width, height, seconds)
        return film if film.exists() else None

    async def _render(self, film: Path, width: int, height: int, seconds: int) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=self._folder, prefix=".unfinished-"))
        spec = {
            "folder": str(unfinished),
            "prompts": [_PROMPT],
            "width": width,
            "height": height,
            "seconds": seconds,
            "hold": HOLD,
        }
        try:
            async with WorkerProcess.start() as worker:
                rendered = await worker.render(spec) == 0
            if rendered:
                with contextlib.suppress(OSError):  # another sandbox has been faster
                    unfinished.rename(film)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
