"""Renders waiting jobs, a few at a time, each in a worker process."""

import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from sora_sandbox import validation
from sora_sandbox.canned_films import CannedFilms
from sora_sandbox.file_store import FileStore
from sora_sandbox.job_store import JobStore, VideoRecord
from sora_sandbox.settings import SandboxSettings

LEAST_SECONDS = 1.5
"""At speed 1, a rendering takes at least this long per second of video: its progress can be watched."""

_log = logging.getLogger(__name__)
_FAILED = "video_generation_failed", "The video could not be rendered."


class RenderPool:
    """The renderings in progress."""

    def __init__(
        self,
        store: JobStore,
        films: FileStore,
        settings: SandboxSettings,
        on_end: Callable[[VideoRecord], None],
    ) -> None:
        """Prepare; nothing runs before `start`. `on_end` hears of each job that completed or failed."""
        self._store, self._files, self._settings, self._on_end = store, films, settings, on_end
        self._news = asyncio.Event()
        self._stock = CannedFilms(films)
        self._tasks: set[asyncio.Task[None]] = set()
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._progress: dict[str, int] = {}
        self._timed: dict[str, tuple[float, float]] = {}

    def start(self) -> None:
        """Begin with what waits, jobs interrupted by the last end of the server included."""
        self._store.requeue_interrupted()
        for _ in range(self._settings.workers):
            self._spawn(self._work())

    async def stop(self) -> None:
        """End every worker process; their jobs begin again at the next start."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self) -> None:
        """Say that a job waits."""
        self._news.set()

    def progress(self, video_id: str) -> int:
        """Return how many percent of a job in progress are done, 0..99."""
        if video_id in self._timed:
            began, seconds = self._timed[video_id]
            return min(99, int(100 * (time.monotonic() - began) / seconds))
        return self._progress.get(video_id, 0)

    async def stock_up(self) -> None:
        """Have a film of the usual length ready, so that the first instant job is instant."""
        await self._stock.film(int(validation.DEFAULT_SECONDS))

    def abort(self, video_id: str) -> None:
        """Stop rendering a job, if it is being rendered."""
        if process := self._running.get(video_id):
            process.kill()

    async def _work(self) -> None:
        while True:
            self._news.clear()
            video = self._store.begin_next()
            if video is None:
                await self._news.wait()
                continue
            if video.fate:
                self._spawn(self._make(video))  # costs no rendering, so that it waits for none
            else:
                await self._make(video)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _make(self, video: VideoRecord) -> None:
        """Take one job to its end."""
        fate, expires_ms = video.fate, video.fate.get("expires_ms", self._settings.expires_after * 1000)
        least = LEAST_SECONDS * (int(video.seconds) - video.source_seconds) / self._settings.speed
        refused = validation.BLOCKED if validation.refused_later(video.prompt) else None
        if error := fate.get("error"):
            refused = error["code"], error["message"]
        if fate.get("stuck"):
            return
        try:
            if refused:
                await asyncio.sleep(fate.get("instant_ms", least * 250) / 1000)
                self._store.fail(video.id, *refused)
            elif await (self._take_from_stock(video) if "instant_ms" in fate else self._render(video, least)):
                self._store.complete(video.id, expires_ms / 1000)
            else:
                self._store.fail(video.id, *_FAILED)
        finally:
            self._progress.pop(video.id, None)
            self._timed.pop(video.id, None)
        ended = self._store.find(video.id)
        if ended is None:
            self._files.remove(video.id)
        else:
            self._on_end(ended)

    async def _take_from_stock(self, video: VideoRecord) -> bool:
        """Let the time pass that its fate allows, and give it a film that is there already."""
        seconds = video.fate["instant_ms"] / 1000
        if seconds:
            self._timed[video.id] = time.monotonic(), seconds
            await asyncio.sleep(seconds)
        film = await self._stock.film(int(video.seconds))
        if self._store.find(video.id):
            self._files.copy(film, video.id)
            return True
        return False

    async def _render(self, video: VideoRecord, least: float) -> bool:
        """Let a worker process draw it; tell whether the files are in place."""
        folder = self._files.begin()
        width, height = validation.pixels(video.size)
        order = {
            "folder": str(folder),
            "prompts": [*video.ancestry, video.prompt],
            "width": width & ~1,  # the encoder wants even numbers
            "height": height & ~1,
            "seconds": int(video.seconds),
            "reference": str(self._files.reference(video.id)) if video.has_reference else None,
            "least_seconds": least,
            "source": str(self._files.source(video.id)) if video.source_seconds else None,
            "source_seconds": video.source_seconds,
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "sora_sandbox.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # its threads would only wait for each other
        )
        self._running[video.id] = process
        try:
            finished = await self._follow(video.id, process, order)
            if finished and self._store.find(video.id):
                self._files.finish(folder, video.id)
                return True
            return False
        finally:
            del self._running[video.id]
            if process.returncode is None:
                process.kill()
                await process.wait()
            self._files.discard(folder)

    async def _follow(
        self, video_id: str, process: asyncio.subprocess.Process, order: Mapping[str, object]
    ) -> bool:
        """Send the order, note the progress until the process ends; tell whether it ended well."""
        if process.stdin is None or process.stdout is None:
            raise AssertionError  # both were asked for
        process.stdin.write(json.dumps(order).encode() + b"\n")
        async for line in process.stdout:
            self._progress[video_id] = int(line)
        status = await process.wait()
        if status:
            _log.warning("worker for %s ended with %s", video_id, status)
        return status == 0
