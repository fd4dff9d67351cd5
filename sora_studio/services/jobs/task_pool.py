"""A bounded number of jobs being worked on at once, without waiting for the slowest."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import structlog

from sora_studio.domain.errors import Unavailable

_log = structlog.get_logger(__name__)


class TaskPool:
    """Runs up to `size` coroutines at a time."""

    def __init__(self, size: int, on_free: Callable[[], None]) -> None:
        self._size, self._on_free = size, on_free
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def free(self) -> int:
        """Return how many more may start now."""
        return 0 if self._closed else self._size - len(self._tasks)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Start one piece of work."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def idle(self, patience: float | None = None) -> None:
        """Wait until nothing runs, or for so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while self._tasks:
                    await asyncio.wait(self._tasks)

    async def close(self, patience: float = 3.0) -> None:
        """Start nothing more; give what runs some seconds to end, then cancel it."""
        self._closed = True
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=patience)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not self._closed:
            self._on_free()
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Unavailable):  # what was begun is taken up again when its lease is over
            _log.warning("work_unavailable", reason=str(error))
        elif error:
            task.get_loop().call_exception_handler(
                {"message": "A piece of background work failed", "exception": error, "task": task},
            )
