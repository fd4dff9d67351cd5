"""Renders queued jobs, a few at a time, each in a worker process."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

from sora_sandbox import validation
from sora_sandbox.canned_films import HOLD, CannedFilms
from sora_sandbox.file_store import FileStore
from sora_sandbox.job_store import JobStore, VideoRecord
from sora_sandbox.settings import SandboxSettings
from sora_sandbox.worker_process import WorkerProcess

LEAST_SECONDS = 1.5
"""At speed 1, rendering a second of video takes at least this long, so that progress can be watched."""

_log = logging.getLogger(__name__)
_INSTANT_SIZE = 320, 180
"""Pixels of the film of an instant job."""
_RENDER_FAILED = "video_generation_failed", "The video could not be rendered."


class RenderPool:
    """The renderings in progress."""

    def __init__(
        self,
        store: JobStore,
        files: FileStore,
        settings: SandboxSettings,
        on_end: Callable[[VideoRecord], None],
    ) -> None:
        """Prepare; nothing runs before `start`. `on_end` is called with each job that completed or failed."""
        self._store, self._files, self._settings, self._on_end = store, files, settings, on_end
        self._job_added = asyncio.Event()
        self._canned_films = CannedFilms(settings.canned_films_dir)
        self._tasks: set[asyncio.Task[None]] = set()
        self._workers: dict[str, WorkerProcess] = {}
        self._countdowns: dict[str, tuple[float, float]] = {}
        """When each job that is not rendered began, and how many seconds it takes."""

    def start(self) -> None:
        """Begin with the queued jobs, including those that the last end of the server interrupted."""
        self._store.requeue_interrupted()
        for _ in range(self._settings.workers):
            self._spawn(self._work())

    async def stop(self) -> None:
        """Stop every worker process; their jobs begin again at the next start."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def notify(self) -> None:
        """Tell the workers that a job has been queued."""
        self._job_added.set()

    def progress(self, video_id: str) -> int:
        """Return how many percent of a job in progress are done, 0..99."""
        if video_id in self._countdowns:
            began, seconds = self._countdowns[video_id]
            return min(99, int(100 * (time.monotonic() - began) / seconds))
        worker = self._workers.get(video_id)
        return worker.progress if worker else 0

    async def prepare_canned_film(self) -> None:
        """Have a film of the default length ready, so that the first instant job is instant."""
        await self._canned_films.film(*_INSTANT_SIZE, int(validation.DEFAULT_SECONDS))

    def cancel(self, video_id: str) -> None:
        """Stop rendering a job, if it is being rendered."""
        if worker := self._workers.get(video_id):
            worker.kill()

    async def _work(self) -> None:
        while True:
            self._job_added.clear()
            video = self._store.start_next()
            if video is None:
                await self._job_added.wait()
                continue
            if video.fate:
                self._spawn(self._run(video))  # needs no rendering, so it does not wait for others'
            else:
                await self._run(video)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, video: VideoRecord) -> None:
        """Take one job to its end."""
        fate, expires_ms = video.fate, video.fate.get("expires_ms", self._settings.expires_after * 1000)
        least = LEAST_SECONDS * (int(video.seconds) - video.source_seconds) / self._settings.speed
        if validation.is_slow(video.prompt):
            least = max(least, validation.SLOW_SECONDS)
        failure = validation.MODERATION_BLOCKED if validation.is_blocked_later(video.prompt) else None
        if error := fate.get("error"):
            failure = error["code"], error["message"]
        if fate.get("stuck"):
            return
        try:
            if failure:
                await asyncio.sleep(fate.get("instant_ms", least * 250) / 1000)
                self._store.fail(video.id, *failure)
            elif await self._make_film(video, least):
                self._store.complete(video.id, expires_ms / 1000)
            else:
                self._store.fail(video.id, *_RENDER_FAILED)
        finally:
            self._countdowns.pop(video.id, None)
        ended = self._store.find(video.id)
        if ended is None:
            self._files.remove(video.id)
        else:
            self._on_end(ended)

    async def _make_film(self, video: VideoRecord, least: float) -> bool:
        """Put the files of a job in place, after at least `least` seconds; tell whether they are there."""
        if (instant_ms := video.fate.get("instant_ms")) is not None:
            return await self._use_canned_film(video, _INSTANT_SIZE, instant_ms / 1000)
        if self._settings.canned and not video.has_reference and not video.source_seconds:
            return await self._use_canned_film(video, _even_size(video), least)
        return await self._render(video, least)

    async def _use_canned_film(self, video: VideoRecord, size: tuple[int, int], seconds: float) -> bool:
        if seconds:
            self._countdowns[video.id] = time.monotonic(), seconds
            await asyncio.sleep(seconds)
        film = await self._canned_films.film(*size, int(video.seconds))
        if film and self._store.find(video.id):
            self._files.copy(film, video.id)
            return True
        return False

    async def _render(self, video: VideoRecord, least: float) -> bool:
        """Have a worker process render a film from the prompt."""
        folder = self._files.begin()
        width, height = _even_size(video)
        spec = {
            "folder": str(folder),
            "prompts": [*video.ancestry, video.prompt],
            "width": width,
            "height": height,
            "seconds": int(video.seconds),
            "reference": str(self._files.reference(video.id)) if video.has_reference else None,
            "least_seconds": least,
            "source": str(self._files.source(video.id)) if video.source_seconds else None,
            "source_seconds": video.source_seconds,
            "hold": HOLD if self._settings.canned else 1,
        }
        try:
            async with WorkerProcess.start() as worker:
                self._workers[video.id] = worker
                status = await worker.render(spec)
            if status:
                _log.warning("worker_ended video=%s status=%s", video.id, status)
            if status == 0 and self._store.find(video.id):
                self._files.finish(folder, video.id)
                return True
            return False
        finally:
            self._workers.pop(video.id, None)
            self._files.discard(folder)


def _even_size(video: VideoRecord) -> tuple[int, int]:
    """Return the width and height of a job's film: the encoder wants even numbers."""
    width, height = validation.parse_size(video.size)
    return width & ~1, height & ~1
