"""F16, F17: a provider that is away or asks for patience has certainly taken nothing, and is asked later."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from sora_studio.domain.video import Phase
from tests.support.lab import Lab, opened_lab
from tests.support.library import add_person
from tests.support.proxy import proxied
from tests.support.sandbox import Box

_ROUNDING = 4.0  # seconds between the answer and our look at what was written down


async def test_an_unreachable_provider_is_asked_later(box: Box, database_url: str, tmp_path: Path):
    """F16: the wish waits with growing pauses, and is sent once when somebody listens again."""
    async with proxied(("127.0.0.1", box.sandbox.port)) as proxy:
        way = f"http://127.0.0.1:{proxy.port}/v1"
        async with opened_lab(box, database_url, tmp_path / "data", base_url=way) as lab:
            await proxy.down()
            view = await lab.ask()
            pauses: list[float] = []
            for failures in (1, 2, 3):
                pauses.append(await _wait_after(lab, failures))
                await lab.hurry()
            assert pauses == sorted(pauses)
            assert (await lab.look(view)).phase is Phase.SUBMITTING
            await proxy.up()
            assert (await lab.until(view)).phase is Phase.COMPLETED
            assert await lab.posts(view) == 1
            await lab.audit()


def _in_two_minutes() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=120), usegmt=True)


@pytest.mark.parametrize(
    ("said", "wait"),
    [("2", 2), ("120", 120), (None, 2), ("date", 120), ("soon", 2)],
    ids=["2 s", "120 s", "nothing", "a date", "nonsense"],
)
async def test_a_busy_provider_is_given_the_time_it_asks_for(lab: Lab, said: str | None, wait: float):
    """F17: to the second, and others go on meanwhile."""
    value = _in_two_minutes() if said == "date" else said
    await lab.box.fault(create="429", times=1, headers={"Retry-After": value} if value else {})
    view = await lab.ask()
    left = await _wait_after(lab, 1)
    assert wait - _ROUNDING < left <= wait + 1
    another = await lab.ask("of somebody else", owner_id=await add_person(lab.studio.db, "bob"))
    assert (await lab.until(another, hurry=False)).phase is Phase.COMPLETED
    assert (await lab.until(view)).phase is Phase.COMPLETED
    assert await lab.posts(view) == 2
    assert await lab.posts(another) == 1
    await lab.audit()


async def _wait_after(lab: Lab, failures: int) -> float:
    """Return in how many seconds the lab's one job is due, after so many failures."""
    left: list[float] = []

    async def failed() -> bool:
        query = "SELECT extract(epoch FROM due_at - now()) AS left FROM job WHERE failures >= :failures"
        left[:] = [float(row.left) for row in await lab.sql(query, failures=failures)]
        return bool(left)

    await lab.wait(failed, hurry=False)
    return left[0]
