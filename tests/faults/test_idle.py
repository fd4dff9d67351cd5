"""A studio that has nothing to do leaves its database alone, and still misses nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg

from sora_studio.bootstrap import Parts
from sora_studio.db.engine import Database, Transaction
from sora_studio.domain.video import Phase
from tests.support.harness import StudioHarness, opened_lab
from tests.support.sandbox import Box
from tests.support.waiting import PATIENCE, comes_true

_QUIET = 4.0  # seconds


class Counted(Database):
    """Counts the transactions of every pool of a process."""

    begun = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        Counted.begun += 1
        async with super().transaction() as session:
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        Counted.begun += 1
        async with super().reading() as session:
            yield session


async def test_while_nothing_is_to_be_done_nothing_is_asked(box: Box, database_url: str, tmp_path: Path):
    async with opened_lab(box, database_url, tmp_path, parts=Parts(database=Counted)) as harness:
        await harness.until(await harness.ask(), hurry=False)
        await comes_true(lambda: _is_heard(harness))
        now = asyncio.get_running_loop().time
        asked: list[tuple[float, int]] = [(now(), Counted.begun)]
        while asked[-1][0] - asked[0][0] < _QUIET:
            await asyncio.sleep(0.1)
            asked.append((now(), Counted.begun))
        assert (
            asked[-1][1] - asked[0][1] <= 3
        )  # a look for what was missed, a word to itself; once 4 a second


async def test_what_another_process_asks_for_is_taken_up_at_once(harness: StudioHarness):
    """It is announced, and not waited for until the next look."""
    await comes_true(lambda: _is_heard(harness))
    await harness.box.fault(create="429", times=1, headers={"Retry-After": "60"})
    view = await harness.ask()
    await harness.wait(lambda: _is_put_off(harness), hurry=False)
    url = harness.settings.database_url
    assert url
    async with await psycopg.AsyncConnection.connect(url.get_secret_value(), autocommit=True) as other:
        await other.execute("UPDATE job SET due_at = now() + interval '1 hour'")
        async with asyncio.timeout(PATIENCE):
            await other.execute("UPDATE job SET due_at = now(), progress_known = NOT progress_known")
            assert (await harness.until(view, hurry=False)).phase is Phase.COMPLETED


async def _is_heard(harness: StudioHarness) -> bool:
    return (await harness.http.get("/readyz")).json()["status"] == "ok"


async def _is_put_off(harness: StudioHarness) -> bool:
    return bool(await harness.sql("SELECT 1 FROM job WHERE due_at > now() AND failures > 0"))
