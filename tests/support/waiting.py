"""Waiting for a condition, never for time."""

import asyncio
import time
from collections.abc import Awaitable, Callable

PATIENCE = 60.0
"""Seconds. What comes true comes true long before; only a failure on a slow machine takes them all."""


def wait_until(condition: Callable[[], object], *, within: float = PATIENCE) -> None:
    """Look again and again until a condition holds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.05)


async def eventually(condition: Callable[[], object], *, within: float = PATIENCE) -> None:
    """Look again and again until a condition holds, while everything else goes on."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.02)


async def comes_true(condition: Callable[[], Awaitable[object]], *, within: float = PATIENCE) -> None:
    """Look again and again until a condition holds that has to be asked for."""
    deadline = time.monotonic() + within
    while not await condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.05)
