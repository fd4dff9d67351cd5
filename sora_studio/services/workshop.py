"""A small pool of processes for work on pictures and videos: a hostile file can end one, never the studio."""

import asyncio
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import ParamSpec, TypeVar

from sora_studio.domain.errors import MediaError

P = ParamSpec("P")
T = TypeVar("T")


class Workshop:
    """Runs functions of `services.pictures` in processes of their own, one or two at a time."""

    def __init__(self, initializer: Callable[[], None], size: int = 2) -> None:
        """Start nothing yet; the first piece of work does."""
        self._initializer, self._size = initializer, size
        self._pool: ProcessPoolExecutor | None = None

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run one function to its end, outside this process.

        Raises:
            MediaError: The process died over it; the next piece of work gets a new one.
        """
        pool = self._open()
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, partial(work, *args, **kwargs))
        except BrokenProcessPool as error:
            if self._pool is pool:
                self._pool = None
            message = "The file could not be read: it takes too much memory or time."
            raise MediaError(message) from error

    def close(self) -> None:
        """End the processes; what has not begun is dropped."""
        if self._pool:
            for process in [*(self._pool._processes or {}).values()]:  # noqa: SLF001 - no public way before 3.14
                process.terminate()
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def _open(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # spawn: a fork of a process with threads and an event loop can hang
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._size, context, self._initializer)
        return self._pool
