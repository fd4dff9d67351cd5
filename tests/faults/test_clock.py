"""F53, F59: what a clock that jumps, and a process that stands still, do not break.

Leases and due times are the database's; the studio's own clock only dates wishes and deliveries.
"""

import asyncio
import time
from datetime import timedelta
from pathlib import Path

import pytest

from sora_studio.domain.video import Phase
from sora_studio.providers.client import Timeouts
from tests.support.harness import StudioHarness, opened_lab
from tests.support.sandbox import Box


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)], ids=["ahead", "back"])
async def test_the_clock_jumps(harness: StudioHarness, jump: timedelta):
    """F53: by the database's clock, all that is written down is off; nothing is given up or sent twice."""
    await harness.box.fault(video={"set": {"status": "in_progress"}})
    view = await harness.until(await harness.ask(), Phase.IN_PROGRESS)
    moments = ("created_at", "submit_started_at", "accepted_at", "due_at", "lease_until", "hinted_at")
    moved = ", ".join(f"{each} = {each} - :jump" for each in moments)
    await harness.sql(f"UPDATE job SET {moved}", jump=jump)  # noqa: S608 -- our own columns
    await harness.wait(lambda: _is_soon(harness), hurry=jump < timedelta())
    assert (await harness.look(view)).phase is Phase.IN_PROGRESS
    await harness.box.clear()
    await harness.sql("UPDATE job SET lease_until = now() WHERE lease_until > now() + interval '30 s'")
    assert (await harness.until(view)).phase is Phase.COMPLETED
    assert await harness.posts(view) == 1
    await harness.audit()


async def test_the_event_loop_stands_still(box: Box, database_url: str, tmp_path: Path):
    """F59: a stall of seconds is shorter than a lease, and than our patience with providers."""
    async with opened_lab(box, database_url, tmp_path / "data", timeouts=Timeouts()) as harness:
        await box.fault(create={"accept": True, "delay_ms": 500}, job={"instant_ms": 800})
        views = [await harness.ask(f"wish {number}") for number in range(3)]
        asyncio.get_running_loop().call_soon(_stall, 5.0)
        for view in views:
            assert (await harness.until(view)).phase is Phase.COMPLETED
            assert await harness.posts(view) == 1
        assert (await harness.http.get("/livez")).status_code == 200
        await harness.audit()


def _stall(seconds: float) -> None:
    """Hold up everything, as a debugger does."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


async def _is_soon(harness: StudioHarness) -> bool:
    """Tell whether the lab's job is due within half a minute."""
    (row,) = await harness.sql("SELECT due_at < now() + interval '31 s' AS soon FROM job")
    return row.soon
