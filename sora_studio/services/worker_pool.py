"""The worker pool: a few processes for images and films. A hostile file can end one, never the studio."""

import asyncio
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any, ParamSpec, TypeVar

import structlog

from sora_studio.domain.errors import MediaError, SoraStudioError, Unavailable

_log = structlog.get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


class WorkerPool:
    """Runs functions of `services.pictures`, a few at a time.

    Each has a process to itself meanwhile, so that nobody else's work ends with it. By hand, because the
    workers of Pebble's pool share a pipe: one that is killed at the wrong moment stops them all (decision 6).
    """

    def __init__(self, initializer: Callable[[], None], size: int = 2) -> None:
        """Bound the pool.

        Args:
            initializer: Called in each process before its first piece of work.
            size: Processes at most; each is started by the first piece of work that needs it.
        """
        self._initializer = initializer
        self._pools: dict[int, ProcessPoolExecutor] = {}  # of one process, by place
        self._free: asyncio.LifoQueue[int] = asyncio.LifoQueue()  # a process that runs already goes first
        for place in range(size):
            self._free.put_nowait(place)
        self._closed = False

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run one function to its end, outside this process.

        Raises:
            MediaError: Two processes died over it, one after the other, or it stumbled over the file.
            Unavailable: The pool has been closed.
            SoraStudioError: The function says so; so does an OSError.
        """
        place = await self._free.get()
        # The caller may stop waiting; the place is free when the work has ended.
        task = asyncio.create_task(self._run(place, partial(work, *args, **kwargs)))
        task.add_done_callback(_hear)
        return await asyncio.shield(task)

    def close(self) -> None:
        """End the processes; nothing new begins."""
        self._closed = True
        for pool in self._pools.values():
            for process in [*(pool._processes or {}).values()]:  # noqa: SLF001 - no public way before 3.14
                process.terminate()
            pool.shutdown(wait=False, cancel_futures=True)
        self._pools.clear()

    async def _run(self, place: int, work: Callable[[], T]) -> T:
        try:
            try:
                return await self._try(place, work)
            except BrokenProcessPool:  # it may have died for want of memory elsewhere, or before it began
                return await self._try(place, work)
        except BrokenProcessPool as error:
            message = "The file could not be read: it takes too much memory or time."
            raise MediaError(message) from error
        except (SoraStudioError, OSError):
            raise
        except Exception as error:  # a hostile file has decoders raise what their authors never thought of
            _log.exception("file_unreadable")
            message = "The file could not be read: it is damaged."
            raise MediaError(message) from error
        finally:
            self._free.put_nowait(place)

    async def _try(self, place: int, work: Callable[[], T]) -> T:
        if self._closed:
            message = "The studio is shutting down."
            raise Unavailable(message)
        if place not in self._pools:
            # spawn: a fork of a process with threads and an event loop can hang
            context = multiprocessing.get_context("spawn")
            self._pools[place] = ProcessPoolExecutor(1, context, self._initializer)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pools[place], work)
        except BrokenProcessPool:
            self._pools.pop(place, None)
            raise


def _hear(task: asyncio.Task[Any]) -> None:
    """Take note of how work has ended that nobody waits for: it is no error that it was cut off."""
    if not task.cancelled():
        task.exception()
