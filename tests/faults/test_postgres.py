"""F21 to F26: whatever becomes of PostgreSQL, nothing is lost or sent twice, and it goes on by itself."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier, Literal

from sora_studio.domain.errors import Unavailable
from sora_studio.domain.video import Phase, VideoView
from tests.support.cluster import Cluster, as_superuser, running_cluster
from tests.support.harness import StudioHarness, opened_lab
from tests.support.library import add_person
from tests.support.sandbox import Box
from tests.support.waiting import PATIENCE

AWAY = float(os.environ.get("AWAY", "5"))
"""Seconds without a server."""


@pytest.fixture(scope="module")
async def cluster() -> AsyncIterator[Cluster]:
    async with running_cluster() as cluster:
        yield cluster


@pytest.fixture
async def own(cluster: Cluster, box: Box, tmp_path: Path) -> AsyncIterator[StudioHarness]:
    """A studio on a server of its own."""
    async with opened_lab(box, cluster.url, tmp_path / "data") as harness:
        yield harness
    with psycopg.connect(cluster.url) as connection:
        connection.execute("DELETE FROM video")  # each by itself: what is held for it is released


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_a_restart_in_the_middle_of_everything(own: StudioHarness, cluster: Cluster, how: str):
    """F21: fast and immediate; meanwhile requests are answered 503, afterwards everything is taken up."""
    await own.box.fault(create={"accept": True, "delay_ms": 500}, job={"instant_ms": 1500})
    views = [await own.ask(f"wish {number}") for number in range(4)]
    await own.wait(lambda: _taken(own), hurry=False)
    await getattr(cluster, how)()
    with pytest.raises(Unavailable):
        await own.ask("too late")
    answer = await own.http.get("/readyz")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    await cluster.start()
    await _all_saved(own, views)


async def test_a_while_without_a_server(own: StudioHarness, cluster: Cluster):
    """F21: nobody lends a hand; at length it is half a minute, which outlives the leases."""
    await own.box.fault(create={"accept": True, "delay_ms": 500}, job={"instant_ms": 1500})
    views = [await own.ask(f"wish {number}") for number in range(4)]
    await own.wait(lambda: _taken(own), hurry=False)
    now = asyncio.get_running_loop().time
    back = now() + AWAY
    await cluster.stop()
    while now() < back:
        async with asyncio.timeout(PATIENCE):
            assert (await own.http.get("/readyz")).status_code == 503
            assert (await own.http.get("/livez")).status_code == 200
        await asyncio.sleep(0.1)
    await cluster.start()
    for view in views:
        assert (await own.until(view, hurry=False)).phase is Phase.COMPLETED
        assert await own.posts(view) == 1
    await own.audit()


async def test_whoever_listens_for_changes_is_heard_again(own: StudioHarness, cluster: Cluster):
    """F21: the connection that listens is lost with the server; the next one hears again."""
    heard = own.studio.db.listen()
    assert await anext(heard) == ""
    await cluster.stop()
    with pytest.raises(Unavailable):
        await anext(heard)
    await cluster.start()
    heard = own.studio.db.listen()
    assert await anext(heard) == ""
    await own.ask()
    assert await asyncio.wait_for(anext(heard), 10) == str(own.owner_id)


async def test_connections_are_terminated_again_and_again(harness: StudioHarness):
    """F22: work goes on over new ones."""
    views: list[VideoView] = []
    for number in range(6):
        with suppress(Unavailable):  # the person is told, and may ask again
            views.append(await harness.ask(f"wish {number}"))
        await _terminate(harness)
    assert views
    await _all_saved(harness, views)


async def test_no_more_connections_are_to_be_had(own: StudioHarness, cluster: Cluster):
    """F23: who needs another one is told at once; the studio keeps working with what it has."""
    view = await own.ask()
    with _all_connections(cluster):
        async with asyncio.timeout(PATIENCE):
            said = await asyncio.gather(
                *(own.studio.db.can_write() for _ in range(15)), return_exceptions=True
            )
        assert {type(each) for each in said} <= {Unavailable, bool}
        assert (await own.until(view)).phase is Phase.COMPLETED
    await _all_saved(own, [view])


async def test_requests_have_taken_every_connection(harness: StudioHarness):
    """F23: their waiting has an end, and the background work has connections of its own."""
    await harness.box.fault(video={"set": {"status": "in_progress"}})
    view = await harness.until(await harness.ask(), Phase.IN_PROGRESS)
    async with AsyncExitStack() as hogs:
        for _ in range(15):
            await hogs.enter_async_context(harness.studio.db.engine.connect())
        async with asyncio.timeout(PATIENCE):  # the studio's own is 5 seconds; a busy machine adds to it
            answer = await harness.http.get("/readyz")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        await harness.box.clear("video")
        await _saved_unseen(harness, view)
    await _all_saved(harness, [view])


async def test_one_person_asks_for_more_at_once_than_there_are_connections(harness: StudioHarness):
    """Their wishes are stored one by one, and nobody else waits for that."""
    other_id = await add_person(harness.studio.db)
    async with await _onlooker(harness, as_superuser) as other:
        async with other.transaction():
            await other.execute('SELECT FROM "user" WHERE id = %s FOR UPDATE', [harness.owner_id])
            wishes = [asyncio.create_task(harness.ask(f"kite {number}")) for number in range(40)]
            await harness.wait(lambda: _waits(harness))
            theirs = await harness.ask(owner_id=other_id)
            assert not any(wish.done() for wish in wishes)
        views = await asyncio.gather(*wishes)
    for view in (*views, theirs):
        await harness.until(view)
    await harness.audit()


@pytest.mark.parametrize(
    "state",
    ["40P01", "53100", "57014"],
    ids=["deadlock", "disk full", "timeout"],
)
@pytest.mark.parametrize("table", ["job", "activity", "asset"])
async def test_a_statement_fails_now_and_then(harness: StudioHarness, table: str, state: str):
    """F24, F25, F26: it is done again a little later, and nothing else is."""
    async with _failing(harness, table, state) as struck:
        views: list[VideoView] = []
        while not views:
            with suppress(Unavailable):  # the person is told, and asks again
                views.append(await harness.ask())
        await harness.wait(struck)
        await _all_saved(harness, views)


async def test_two_that_wait_for_each_other(harness: StudioHarness):
    """F24: a real deadlock, whose victim is what the provider has told us; it is written down right after."""
    await harness.box.fault(video={"set": {"status": "in_progress"}})
    view = await harness.until(await harness.ask(), Phase.IN_PROGRESS)
    async with await _onlooker(harness, as_superuser) as other:
        await other.execute("SET deadlock_timeout = '1min'")  # the studio is to notice first
        async with other.transaction():
            await other.execute("SELECT 1 FROM video WHERE id = %s FOR UPDATE", [view.id])
            await harness.box.clear("video")
            await harness.wait(lambda: _waits(harness))
            await other.execute("UPDATE job SET due_at = now() WHERE video_id = %s", [view.id])
    assert (await harness.until(view)).phase is Phase.COMPLETED
    assert [line["step"] for line in harness.log if line["event"] == "done_again"] == ["Claims.record"]
    await harness.audit()


@pytest.mark.parametrize("state", ["40P01", "40001"], ids=["deadlock", "not serializable"])
async def test_what_a_person_does_is_done_again(harness: StudioHarness, state: str):
    """F24: three times at most, and the person sees nothing of it."""
    videos = harness.studio.services.videos
    async with _failing(harness, "job", state, times=3):
        view = await harness.ask()
    await harness.until(view)
    async with _failing(harness, "video", state, times=3):
        assert (await videos.rename(view.owner_id, view.id, "another title")).title == "another title"
    async with _failing(harness, "video", state, times=3):
        await videos.remove(view.owner_id, view.id)
    async with _failing(harness, "video", state, times=4):
        with pytest.raises(Unavailable):
            await videos.restore(view.owner_id, view.id)
    assert (await videos.restore(view.owner_id, view.id)).phase is Phase.COMPLETED
    await _all_saved(harness, [view])


async def test_a_locked_table_keeps_nobody_else_waiting(harness: StudioHarness):
    """F25: what does not need it is answered; no statement waits for ever."""
    view = await harness.ask()
    async with await _onlooker(harness) as other, other.transaction():
        await other.execute("LOCK TABLE job IN ACCESS EXCLUSIVE MODE")
        waiting = asyncio.create_task(harness.row(view))
        async with asyncio.timeout(PATIENCE):
            assert (await harness.http.get("/livez")).status_code == 200
            await harness.studio.db.can_write()
        assert not waiting.done()
    await waiting
    assert [row.statement_timeout for row in await harness.sql("SHOW statement_timeout")] == ["30s"]
    await _all_saved(harness, [view])


async def _all_saved(harness: StudioHarness, views: list[VideoView]) -> None:
    """Wait until the leases of what was interrupted are over, and everything is saved."""
    await harness.sql("UPDATE job SET lease_until = now() WHERE lease_until IS NOT NULL")
    for view in views:
        await harness.see_through(view)
    await harness.audit()


async def _onlooker(
    harness: StudioHarness, role: Callable[[str], str] = lambda url: url
) -> psycopg.AsyncConnection:
    """Connect to the studio's database as somebody else."""
    url = harness.settings.database_url
    assert url
    return await psycopg.AsyncConnection.connect(role(url.get_secret_value()), autocommit=True)


async def _waits(harness: StudioHarness) -> bool:
    """Tell whether somebody waits for a lock."""
    return bool(await harness.sql("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))


async def _saved_unseen(harness: StudioHarness, view: VideoView) -> None:
    """Wait until a video is completed, over a connection that is not the studio's."""
    async with await _onlooker(harness) as other:

        async def saved() -> bool:
            await other.execute("UPDATE job SET due_at = now() WHERE due_at > now()")
            done = "SELECT 1 FROM video WHERE id = %s AND phase = 'completed'"
            return await (await other.execute(done, [view.id])).fetchone() is not None

        await harness.wait(saved, hurry=False)


async def _taken(harness: StudioHarness) -> bool:
    return bool(await harness.taken())


async def _terminate(harness: StudioHarness) -> None:
    """Have the server close every connection of the studio's."""
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sora-studio'"
    with suppress(Unavailable):  # our own as well
        await harness.sql(query)


@contextmanager
def _all_connections(cluster: Cluster) -> Iterator[None]:
    """Take every connection that the server still grants."""
    with ExitStack() as taken:
        with suppress(psycopg.OperationalError):
            while True:
                taken.enter_context(psycopg.connect(cluster.url))
        yield


_FAIL = """
CREATE SEQUENCE fault;  -- what it has counted is not rolled back
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF nextval('fault') <= {times} THEN RAISE EXCEPTION USING ERRCODE = {state}, MESSAGE = 'a fault'; END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER fail AFTER INSERT OR UPDATE ON {table} EXECUTE FUNCTION fail();
"""


@asynccontextmanager
async def _failing(
    harness: StudioHarness, table: str, state: str, times: int = 1
) -> AsyncIterator[Callable[[], Awaitable[bool]]]:
    """Let the next writes to a table fail with an SQLSTATE; yield what tells whether it has."""
    async with await _onlooker(harness) as connection:
        await connection.execute(
            SQL(_FAIL).format(state=Literal(state), table=Identifier(table), times=Literal(times))
        )
        try:
            yield partial(_has_struck, harness)
        finally:
            await connection.execute("DROP FUNCTION fail CASCADE")
            await connection.execute("DROP SEQUENCE fault")


async def _has_struck(harness: StudioHarness) -> bool:
    (row,) = await harness.sql("SELECT is_called FROM fault")
    return row.is_called
