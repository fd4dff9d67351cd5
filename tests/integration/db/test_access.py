"""How a database can be used is found out by asking it: behind a pooler, and while it is not there yet."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sora_studio.db.access import Access, find_access
from sora_studio.domain.errors import Unavailable
from sora_studio.domain.video import Phase
from tests.support.cluster import running_cluster
from tests.support.harness import opened_lab
from tests.support.pooler import running_pooler
from tests.support.sandbox import Box, running
from tests.support.studio import free_port
from tests.support.waiting import PATIENCE, comes_true


@pytest.fixture(scope="module")
async def box() -> AsyncIterator[Box]:
    async with running(faults=True) as box:
        yield box


async def test_a_plain_server_keeps_sessions(database_url: str):
    assert await find_access(database_url) == Access(database_url)


@pytest.mark.parametrize("ignored", ["", "options"], ids=["refuses settings", "ignores settings"])
async def test_a_pooler_is_known_whatever_its_name(database_url: str, ignored: str):
    async with running_pooler(database_url, ignored=ignored) as url:
        assert await find_access(url, database_url) == Access(url, database_url, pooled=True)


async def test_neons_way_past_its_pooler_is_known(database_url: str):
    """By the name that Neon gives it, where it turns out to be one."""
    async with running_pooler(database_url) as url:
        named = url.replace("127.0.0.1", "ep-cool-1-pooler.localhost")
        found = await find_access(f"{named}?hostaddr=127.0.0.1")
        assert found.direct_url == f"{named}?hostaddr=127.0.0.1".replace("-pooler", "")


@pytest.mark.parametrize("ignored", ["", "options"], ids=["refuses settings", "ignores settings"])
async def test_the_studio_works_behind_one(box: Box, database_url: str, tmp_path: Path, ignored: str):
    async with (
        running_pooler(database_url, ignored=ignored) as url,
        opened_lab(box, url, tmp_path, direct_url=database_url) as harness,
    ):
        heard = harness.studio.changes.listen()
        assert await asyncio.wait_for(anext(heard), 10) == ""
        views = [
            await harness.ask(f"wish {number}") for number in range(8)
        ]  # more than psycopg prepares after
        assert await asyncio.wait_for(anext(heard), 10) == str(harness.owner_id)
        for view in views:
            assert (await harness.until(view)).phase is Phase.COMPLETED
        assert (await harness.http.get("/readyz")).json() == {"status": "ok", "reasons": [], "codes": []}
        await harness.audit()


async def test_without_a_way_past_it_the_clock_does_and_readiness_says_so(
    box: Box, database_url: str, tmp_path: Path
):
    async with (
        running_pooler(database_url, ignored="options") as url,
        opened_lab(box, url, tmp_path) as harness,
    ):
        view = await harness.ask()
        assert (await harness.until(view, hurry=False)).phase is Phase.COMPLETED

        async def told() -> bool:
            answer = await harness.http.get("/readyz")
            assert answer.status_code == 200
            return "DATABASE_DIRECT_URL" in answer.text and answer.json()["status"] == "degraded"

        await comes_true(told)
        assert [line["event"] for line in harness.log].count("changes_unheard") == 1
        await harness.audit()


async def test_a_database_that_is_not_there_yet_is_waited_for_with_one_line():
    async with running_cluster() as cluster:
        url = cluster.url
        await cluster.stop()
        with capture_logs() as log:
            waiting = asyncio.create_task(find_access(url))
            await comes_true(lambda: _told(log))
            await cluster.start()
            assert await waiting == Access(url)
    assert [line["event"] for line in log if line["event"].startswith("database")] == ["database_awaited"]


async def test_one_that_never_comes_is_an_error_with_its_reason():
    port = free_port()
    with pytest.raises(Unavailable, match=f"The database cannot be reached.*{port}"):
        await find_access(f"postgresql://me@127.0.0.1:{port}/studio", patience=0)


async def test_one_that_does_not_let_us_in_is_not_waited_for(database_url: str):
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(Unavailable, match='database "elsewhere" does not exist'):
            await find_access(database_url.replace("/sora_studio?", "/elsewhere?"))


async def _told(log: Sequence[Mapping[str, object]]) -> bool:
    return any(line["event"] == "database_awaited" for line in log)
