"""From a commit to the owner's tabs, and to nobody else's."""

import asyncio
import time
from collections.abc import AsyncIterator
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import update
from sqlmodel import col

from sora_studio.db.engine import Database
from sora_studio.db.models import JobRow
from sora_studio.domain.account import SignedIn
from sora_studio.ui import live
from tests.support.accounts import account_service, sign_up
from tests.support.library import add_videos
from tests.support.probe import Probe, ProbeState, probing
from tests.support.tab import Tab, open_tab
from tests.support.waiting import eventually


def cookie(signed_in: SignedIn) -> str:
    return f"sora_session={signed_in.access_token}"


def readings(tab: Tab) -> int:
    return tab.value(ProbeState, "readings") or 0


async def settled(*tabs: Tab) -> None:
    """Wait until tabs have read their page and nothing is on its way to them."""
    for tab in tabs:
        await tab.until(lambda tab=tab: readings(tab))
    before = [-1]
    while before != (now := [len(tab.frames) for tab in tabs]):
        before = now
        await asyncio.sleep(3 * live.PAUSE)  # the longest that a push waits for the one before it


async def advance(database: Database, video_id: UUID, progress: int) -> None:
    async with database.transaction() as tx:
        await tx.exec(update(JobRow).where(col(JobRow.video_id) == video_id).values(progress=progress))


async def test_a_commit_reaches_every_tab_of_its_owner_and_nobody_else(probe: Probe, database: Database):
    ada, grace = await sign_up(probe.accounts), await sign_up(probe.accounts, "grace")
    async with (
        open_tab(probe.url, cookie=cookie(ada), path="/library") as one,
        open_tab(probe.url, cookie=cookie(ada), path="/library") as two,
        open_tab(probe.url, cookie=cookie(grace), path="/library") as stranger,
        open_tab(probe.url, path="/login") as nobody,
    ):
        await settled(one, two, stranger)
        frames = len(stranger.frames), len(nobody.frames)
        await add_videos(database, ada.account.id, "a lighthouse")
        for tab in (one, two):
            await tab.until(lambda tab=tab: tab.value(ProbeState, "titles") == ["a lighthouse"])
        await settled(one, two)
        assert (len(stranger.frames), len(nobody.frames)) == frames
        await add_videos(database, grace.account.id, "a harbour")  # and she does hear, were it hers
        await stranger.until(lambda: stranger.value(ProbeState, "titles") == ["a harbour"])
        assert one.value(ProbeState, "titles") == ["a lighthouse"]


async def test_progress_is_pushed_and_an_empty_write_is_not(probe: Probe, database: Database):
    ada = await sign_up(probe.accounts)
    (video_id,) = await add_videos(database, ada.account.id, "a lighthouse")
    async with open_tab(probe.url, cookie=cookie(ada), path="/library") as tab:
        await settled(tab)
        before = readings(tab)
        await advance(database, video_id, 40)
        await tab.until(lambda: readings(tab) > before)
        await settled(tab)
        before = readings(tab)
        await advance(database, video_id, 40)
        await settled(tab)
        assert readings(tab) == before


async def test_what_is_rolled_back_is_not_pushed(probe: Probe, database: Database):
    ada = await sign_up(probe.accounts)
    (video_id,) = await add_videos(database, ada.account.id, "a lighthouse")
    async with open_tab(probe.url, cookie=cookie(ada), path="/library") as tab:
        await settled(tab)
        before = readings(tab)
        async with database.transaction() as tx:
            await tx.exec(update(JobRow).where(col(JobRow.video_id) == video_id).values(progress=50))
            await tx.rollback()
        await settled(tab)
        assert readings(tab) == before


async def test_a_burst_is_read_a_few_times_and_its_last_change_is_seen(probe: Probe, database: Database):
    ada = await sign_up(probe.accounts)
    async with open_tab(probe.url, cookie=cookie(ada), path="/library") as tab:
        await settled(tab)
        before, began = readings(tab), time.monotonic()
        for number in range(60):
            await add_videos(database, ada.account.id, f"number {number}")
        await tab.until(lambda: len(tab.value(ProbeState, "titles")) == 60)
        lasted = time.monotonic() - began
        await settled(tab)
        assert readings(tab) - before <= lasted / live.PAUSE + 3


async def test_a_lost_connection_heals_and_what_was_missed_is_read(
    probe: Probe, database: Database, database_url: str
):
    ada = await sign_up(probe.accounts)
    async with open_tab(probe.url, cookie=cookie(ada), path="/library") as tab:
        await settled(tab)
        assert cut_listeners(database_url) == 1
        await add_videos(database, ada.account.id, "missed")
        await tab.until(lambda: tab.value(ProbeState, "titles") == ["missed"])
        await eventually(lambda: len(listeners(database_url)) == 1)
        await settled(tab)
        await add_videos(database, ada.account.id, "heard")
        await tab.until(lambda: tab.value(ProbeState, "titles") == ["heard", "missed"])


@pytest.fixture
async def deaf_probe(database: Database, postgres: str) -> AsyncIterator[Probe]:
    """Serve with a database that answers and never calls."""
    deaf = Database(postgres, direct_url="postgresql://127.0.0.1:1/nowhere")
    async with probing(deaf, account_service(database)) as running:
        yield running
    await deaf.close()


async def test_while_nothing_can_be_heard_tabs_read_by_the_clock(deaf_probe: Probe, database: Database):
    ada, grace = await sign_up(deaf_probe.accounts), await sign_up(deaf_probe.accounts, "grace")
    async with (
        open_tab(deaf_probe.url, cookie=cookie(ada), path="/library") as tab,
        open_tab(deaf_probe.url, cookie=cookie(grace), path="/library") as other,
    ):
        await tab.until(lambda: readings(tab))
        await add_videos(database, ada.account.id, "a lighthouse")
        await tab.until(lambda: tab.value(ProbeState, "titles") == ["a lighthouse"])
        assert other.value(ProbeState, "titles") == []


async def test_the_last_handler_that_a_tab_names_is_the_one_that_is_run(probe: Probe, database: Database):
    ada = await sign_up(probe.accounts)
    async with open_tab(probe.url, cookie=cookie(ada), path="/library") as tab:
        await settled(tab)
        before = readings(tab)
        (watching,) = live._by_place[ada.account.id]
        live.watch(ada.account.id, watching, ProbeState.anybody)
        await add_videos(database, ada.account.id, "a lighthouse")
        await tab.until(lambda: tab.value(ProbeState, "calls") == 1)
        assert readings(tab) == before


async def test_a_closed_tab_is_forgotten(probe: Probe):
    ada = await sign_up(probe.accounts)
    async with open_tab(probe.url, cookie=cookie(ada), path="/library") as tab:
        await settled(tab)
        (watching,) = live._by_place[ada.account.id]
    await eventually(lambda: watching not in live._tabs)
    assert ada.account.id not in live._by_place


async def test_a_tab_that_comes_back_reads_what_it_missed(probe: Probe, database: Database):
    ada = await sign_up(probe.accounts)
    async with open_tab(probe.url, cookie=cookie(ada), path="/library") as tab:
        await settled(tab)
    await add_videos(database, ada.account.id, "a lighthouse")
    async with open_tab(probe.url, cookie=cookie(ada), token=tab.token, path="/library") as again:
        await again.until(lambda: again.value(ProbeState, "titles") == ["a lighthouse"])
        await add_videos(database, ada.account.id, "a harbour")
        await again.until(lambda: len(again.value(ProbeState, "titles")) == 2)


async def test_what_is_no_owner_concerns_everybody(probe: Probe, database_url: str):
    ada = await sign_up(probe.accounts)
    async with open_tab(probe.url, cookie=cookie(ada), path="/library") as tab:
        await settled(tab)
        before = readings(tab)
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute("NOTIFY studio_changed, 'no id at all'")
        await tab.until(lambda: readings(tab) > before)


def listeners(url: str) -> list[int]:
    """Return the process ids of the server's connections that listen."""
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN %'").fetchall()
    return [pid for (pid,) in rows]


def cut_listeners(url: str) -> int:
    """End the connections that listen, and tell how many there were."""
    found = listeners(url)
    with psycopg.connect(url, autocommit=True) as connection:
        for pid in found:
            connection.execute("SELECT pg_terminate_backend(%s)", (pid,))
    return len(found)
