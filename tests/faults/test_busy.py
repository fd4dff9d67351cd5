"""F16, F17: a provider that is away or asks for patience has certainly taken nothing, and is asked later."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from sora_studio.domain.video import Phase
from tests.support.harness import StudioHarness, opened_lab
from tests.support.library import add_person
from tests.support.proxy import proxied
from tests.support.sandbox import Box

_ROUNDING = 4.0  # seconds between the answer and our look at what was written down


async def test_an_unreachable_provider_is_asked_later(box: Box, database_url: str, tmp_path: Path):
    """F16: the wish waits with growing pauses, and is sent once when somebody listens again."""
    async with proxied(("127.0.0.1", box.sandbox.port)) as proxy:
        way = f"http://127.0.0.1:{proxy.port}/v1"
        async with opened_lab(box, database_url, tmp_path / "data", base_url=way) as harness:
            await proxy.down()
            view = await harness.ask()
            pauses: list[float] = []
            for failures in (1, 2, 3):
                pauses.append(await _wait_after(harness, failures))
                await harness.hurry()
            assert pauses == sorted(pauses)
            assert (await harness.look(view)).phase is Phase.SUBMITTING
            proxy.up()
            assert (await harness.until(view)).phase is Phase.COMPLETED
            assert await harness.posts(view) == 1
            await harness.audit()


def _in_two_minutes() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=120), usegmt=True)


@pytest.mark.parametrize(
    ("said", "wait"),
    [("2", 2), ("120", 120), (None, 2), ("date", 120), ("soon", 2)],
    ids=["2 s", "120 s", "nothing", "a date", "nonsense"],
)
async def test_a_busy_provider_is_given_the_time_it_asks_for(
    harness: StudioHarness, said: str | None, wait: float
):
    """F17: to the second, and others go on meanwhile."""
    value = _in_two_minutes() if said == "date" else said
    await harness.box.fault(create="429", times=1, headers={"Retry-After": value} if value else {})
    view = await harness.ask()
    left = await _wait_after(harness, 1)
    assert wait - _ROUNDING < left <= wait + 1
    another = await harness.ask("of somebody else", owner_id=await add_person(harness.studio.db, "bob"))
    assert (await harness.until(another, hurry=False)).phase is Phase.COMPLETED
    assert (await harness.until(view)).phase is Phase.COMPLETED
    assert await harness.posts(view) == 2
    assert await harness.posts(another) == 1
    await harness.audit()


async def _wait_after(harness: StudioHarness, failures: int) -> float:
    """Return in how many seconds the lab's one job is due, after so many failures."""
    left: list[float] = []

    async def failed() -> bool:
        query = "SELECT extract(epoch FROM due_at - now()) AS left FROM job WHERE failures >= :failures"
        left[:] = [float(row.left) for row in await harness.sql(query, failures=failures)]
        return bool(left)

    await harness.wait(failed, hurry=False)
    return left[0]
