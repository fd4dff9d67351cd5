"""An event loop whose time is made up: when nothing is left to do, it is the time of the next timer."""

import asyncio
from collections.abc import Callable
from typing import Any


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs everything in one thread and in an order that depends on nothing but the program."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._selector = self  # asyncio asks it to wait for the next timer

    def time(self) -> float:
        return self._now

    def select(self, timeout: float | None) -> list[object]:
        if timeout is None:
            raise RuntimeError("Nothing will ever happen again: a task waits for something that nobody does.")
        self._now += timeout
        return []

    def run_in_executor(  # pyright: ignore[reportIncompatibleMethodOverride] - no thread, no coroutine
        self, executor: object, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Do what would go to a thread or a process here and now."""
        del executor
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - it is raised where the result is awaited
            future.set_exception(error)
        return future

    def _process_events(self, event_list: list[object]) -> None:
        """Nothing comes from outside."""

    def _write_to_self(self) -> None:
        """There is no other thread that could have to wake this one."""
