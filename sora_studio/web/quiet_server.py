"""uvicorn's server for a process that may sleep: it wakes once a second instead of ten times."""

import asyncio
import math
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

import uvicorn

_TICK = 1.0  # seconds: as often as the date in the answers changes
_TICKS = 10  # that uvicorn counts in that time
_GLANCE = 0.1


class QuietServer(uvicorn.Server):
    """Serves until a signal ends it, which it hears at once."""

    def __init__(self, config: uvicorn.Config, on_end: Callable[[], float]) -> None:
        """Serve nothing yet.

        Args:
            config: How.
            on_end: Called at the end; returns for how many seconds requests are still taken.
        """
        super().__init__(config)
        self._on_end = on_end
        self._ended = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        """Do once a second what has to be done, until the end."""
        self._loop, counter = asyncio.get_running_loop(), 0
        while not await self.on_tick(counter):
            counter += _TICKS
            with suppress(TimeoutError):
                async with asyncio.timeout(_TICK):
                    await self._ended.wait()
        parting = self._on_end()
        if patience := self.config.timeout_graceful_shutdown:  # a stop has ten seconds, these included
            self.config.timeout_graceful_shutdown = max(1, patience - math.ceil(parting))
        until = self._loop.time() + parting
        while not self.force_exit and self._loop.time() < until:  # noqa: ASYNC110 -- a second signal ends it
            await asyncio.sleep(_GLANCE)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Note the signal, and wake up for it."""
        super().handle_exit(sig, frame)
        if self._loop:
            self._loop.call_soon_threadsafe(self._ended.set)
