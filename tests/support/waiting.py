"""Waiting for a condition, never for time."""

import asyncio
import time
from collections.abc import Awaitable, Callable


def wait_until(condition: Callable[[], object], *, within: float = 10.0) -> None:
    """Look again and again until a condition holds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.05)


async def eventually(condition: Callable[[], object], *, within: float = 10.0) -> None:
    """Look again and again until a condition holds, while everything else goes on."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.02)


async def comes_true(condition: Callable[[], Awaitable[object]], *, within: float = 30.0) -> None:
    """Look again and again until a condition holds that has to be asked for."""
    deadline = time.monotonic() + within
    while not await condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.05)
