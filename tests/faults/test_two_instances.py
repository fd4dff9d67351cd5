"""F54, F55: two instances on one database, which share the folder of files; one may freeze or die.

A frozen process is one whose lease is over: the lease is by the database's clock, so the tests move it there.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from sqlalchemy import text

from sora_studio.bootstrap import Parts
from sora_studio.db.engine import Database
from sora_studio.domain.errors import SubmitUnclear
from sora_studio.domain.video import Phase, Status
from sora_studio.services.pictures import limit_worker
from sora_studio.services.worker_pool import WorkerPool
from sora_studio.storage.local import LocalStorage
from tests.integration.jobs.conftest import Background
from tests.support.films import film
from tests.support.harness import StudioHarness, opened_lab
from tests.support.instance import Instance, running_instance
from tests.support.kept_engines import kept_database
from tests.support.library import add_person, add_videos
from tests.support.provider import PROFILE, FakeProvider
from tests.support.sandbox import Box
from tests.support.waiting import comes_true
from tests.support.workers import InlineWorkers


async def test_two_ask_as_often_as_one(database: Database, tmp_path: Path):
    """F54: every job is looked at as often as with one instance, and none twice at a time."""
    worker_pool = WorkerPool(limit_worker, 1)
    lookups = [await _looks(database, tmp_path / str(many), worker_pool, many) for many in (1, 2)]
    worker_pool.close()
    assert lookups[0] > 200
    assert lookups[1] == pytest.approx(lookups[0], rel=0.05)


async def _looks(db: Database, media: Path, worker_pool: WorkerPool, many: int) -> int:
    """Let so many instances work on twenty jobs, eight seconds a step; return how often jobs were claimed."""
    provider, owner_id = FakeProvider(), await add_person(db)
    benches = [Background(db, provider, LocalStorage(media), worker_pool, owner_id) for _ in range(many)]
    for number in range(20):
        await benches[0].wish(f"{media.name} {number}")
    for step in range(20):
        for background in benches if step % 2 else benches[::-1]:
            await background.submit()
            await background.refresher.run()
        for remote_id in provider.jobs:
            provider.report(remote_id, Status.IN_PROGRESS, None)
        await benches[0].sql(
            "UPDATE job SET due_at = due_at - interval '8 s', accepted_at = accepted_at - interval '8 s'"
        )
    async with db.transaction() as tx:
        connection = await tx.connection()
        row = (
            await connection.exec_driver_sql("SELECT sum(fence) AS lookups, count(*) AS jobs FROM job")
        ).one()
        await connection.exec_driver_sql("DELETE FROM video")
    assert row.jobs == 20
    return int(row.lookups)


async def test_two_finish_everything_once(box: Box, database_url: str, tmp_path: Path):
    """F54: the one that comes first submits, looks and saves; nobody does it again."""
    shared = Parts(database=kept_database, storage=lambda _: LocalStorage(tmp_path / "one" / "media"))
    async with (
        opened_lab(box, database_url, tmp_path / "one") as harness,
        opened_lab(box, database_url, tmp_path / "two", parts=shared) as other,
    ):
        await box.fault(job={"instant_ms": 500})
        views = [await each.ask(f"wish {number}") for number in range(5) for each in (harness, other)]
        for view in views:
            assert (await harness.until(view, hurry=False)).phase is Phase.COMPLETED
            assert await harness.posts(view) == 1
        assert len(await harness.taken()) == len(views)
        await harness.audit()


async def test_two_with_a_server_each_under_one_name_lose_nothing(database: Database, tmp_path: Path):
    """F54: for minutes, each asks its own server about its own jobs and leaves the other's alone."""
    owner_id = await add_person(database)
    pair = [_at(server, database, tmp_path, owner_id) for server in ("http://a/v1", "http://b/v1")]
    for background in pair:
        await background.wish(f"for {background.provider.profile.server}")
        await background.submit()
    await _for_minutes(*pair)
    assert [{*each.provider.fetched} for each in pair] == [{"a-0"}, {"b-0"}]
    for background in pair:
        (remote_id,) = background.provider.jobs
        background.provider.finish(remote_id, film(tmp_path / "film.mp4").read_bytes())
    await _for_minutes(*pair)
    assert await pair[0].read("SELECT array_agg(phase) FROM job") == (["completed"] * 2,)


@pytest.mark.parametrize(
    ("server", "phase", "problem"),
    [
        ("http://a/v1#wrong-key", Phase.NEEDS_ATTENTION, "lost_at_provider"),
        ("http://b/v1#key", Phase.QUEUED, "provider_elsewhere"),
    ],
)
async def test_one_whose_key_or_address_is_wrong_for_minutes_loses_nothing(
    database: Database, tmp_path: Path, server: str, phase: Phase, problem: str
):
    """It says what is wrong, and goes on when it is put right."""
    owner_id = await add_person(database)
    right = _at("http://a/v1#key", database, tmp_path, owner_id)
    view = await right.wish()
    await right.submit()
    wrong = _at(server, database, tmp_path, owner_id)
    for _ in range(3):
        await _for_minutes(wrong)
    seen = await right.look(view)
    assert (seen.phase, seen.problem and seen.problem.code) == (phase, problem)
    assert bool(wrong.provider.fetched) == (problem == "lost_at_provider"), "nobody is asked in vain"
    right.provider.finish("a-0", film(tmp_path / "film.mp4").read_bytes())
    await _for_minutes(right)
    assert (await right.look(view)).phase is Phase.COMPLETED


async def test_whose_answer_was_lost_is_not_looked_for_on_another_server(database: Database, tmp_path: Path):
    """Another server's list proves nothing: by its word alone, a wish would be sent and paid twice."""
    owner_id = await add_person(database)
    one, other = (_at(server, database, tmp_path, owner_id) for server in ("http://a/v1", "http://b/v1"))
    view = await one.wish()
    one.provider.after_submit = [SubmitUnclear("The connection broke.", "connection_lost")]
    await one.submit()
    await _for_minutes(other)
    assert (await one.look(view)).phase is Phase.SUBMIT_UNKNOWN
    assert (other.provider.orders, other.provider.lists) == ([], 0)
    await _for_minutes(one)
    assert (await one.look(view)).phase is not Phase.SUBMIT_UNKNOWN
    assert len(one.provider.orders) == 1


def _at(server: str, db: Database, folder: Path, owner_id: UUID) -> Background:
    """Open an instance whose provider `fake` is a certain server; it names its jobs by the server's host."""
    profile = replace(PROFILE, server=server, list_is_complete=True)
    provider = FakeProvider(profile, prefix=f"{urlsplit(server).hostname}-")
    return Background(db, provider, LocalStorage(folder / "media"), InlineWorkers(limit_worker), owner_id)


async def _for_minutes(*instances: Background) -> None:
    """Let them work for 200 seconds, eight at a time."""
    for step in range(25):
        for background in instances if step % 2 else instances[::-1]:
            await background.refresher.run()
            await background.reconciler.run()
            await background.reconciler.pool.idle()
            await background.archive()
        await instances[0].sql(
            "UPDATE job SET due_at = due_at - interval '8 s', accepted_at = accepted_at - interval '8 s',"
            " submit_started_at = submit_started_at - interval '8 s'"
        )


@dataclass
class Pair:
    """An instance that may freeze or die, and what it takes to open another one beside it."""

    box: Box
    db: Database
    url: str
    folder: Path
    frail: Instance
    owner_id: UUID
    before: int
    """Jobs in the sandbox's ledger that are not of this test."""

    async def wish(self, *prompts: str) -> None:
        """Write down wishes that the frail instance will find."""
        named = [f"{prompt} {self.owner_id}" for prompt in prompts]
        await add_videos(self.db, self.owner_id, *named, phase=Phase.SUBMITTING, provider="videos-api")

    async def seen(self, operation: str, times: int) -> None:
        """Wait until the provider has been asked so often."""

        async def is_seen() -> bool:
            return (await self.box.seen())[operation] >= times

        await comes_true(is_seen)

    async def saved(self, times: int) -> None:
        """Wait until so many videos are completed."""

        async def are_saved() -> bool:
            return await self.count("phase = 'completed'") >= times

        await comes_true(are_saved)

    async def count(self, condition: str) -> int:
        """Count videos."""
        async with self.db.transaction() as tx:
            query = text(f"SELECT count(*) FROM video WHERE {condition}")  # noqa: S608 -- the tests' own
            return (await (await tx.connection()).execute(query)).scalar_one()

    @asynccontextmanager
    async def another(self) -> AsyncIterator[StudioHarness]:
        """Open the other instance, once the first one's leases are over."""
        parts = Parts(database=kept_database, storage=lambda _: LocalStorage(_media(self.folder)))
        async with opened_lab(self.box, self.url, self.folder / "other", parts=parts) as harness:
            harness.before = self.before
            await harness.sql("UPDATE job SET lease_until = now() WHERE lease_until IS NOT NULL")
            yield harness


def _media(folder: Path) -> Path:
    return folder / "other" / "media"


@pytest.fixture
async def pair(box: Box, database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Pair]:
    await box.clear()
    await box.fault(job="instant")
    frail = running_instance(database_url, box.base_url, tmp_path / "frail", _media(tmp_path))
    async with frail as instance:
        before, owner_id = len(await box.jobs()), await add_person(database)
        yield Pair(box, database, database_url, tmp_path, instance, owner_id, before)


@pytest.mark.parametrize("place", ["create", "content"])
async def test_who_freezes_and_wakes_up_late_writes_nothing(pair: Pair, place: str):
    """F55: in the middle of the POST, and of the download; what it does afterwards counts again."""
    asked = (await pair.box.seen())[place]
    await pair.box.fault(**{place: {"accept": True, "delay_ms": 3000}}, times=1)
    await pair.wish("begun by the frail one")
    await pair.seen(place, asked + 1)
    pair.frail.freeze()
    async with pair.another() as harness:
        await pair.saved(1)
        written = (
            await harness.sql("SELECT * FROM job"),
            await harness.sql("SELECT * FROM activity ORDER BY id"),
        )
    pair.frail.thaw()
    await pair.wish("a later one")
    await pair.saved(2)  # by now it has also tried to write what it had begun
    async with pair.another() as harness:
        first = [
            row
            for row in await harness.sql("SELECT * FROM job ORDER BY created_at")
            if row.id == written[0][0].id
        ]
        assert first == written[0]
        assert (await harness.sql("SELECT * FROM activity ORDER BY id"))[: len(written[1])] == written[1]
        assert len(await harness.taken()) == 2
    await harness.audit()


async def test_what_a_killed_instance_held_is_taken_over(pair: Pair):
    """F54: at whatever each of its jobs was, nothing is lost and nothing is sent again."""
    asked = (await pair.box.seen())["create"]
    await pair.box.fault(create={"accept": True, "delay_ms": 300}, job={"instant_ms": 600})
    await pair.wish(*(f"wish {number}" for number in range(12)))
    await pair.seen("create", asked + 10)
    pair.frail.kill()
    async with pair.another() as harness:
        for row in await harness.sql("SELECT id FROM video"):
            await harness.see_through(await harness.studio.services.videos.get(pair.owner_id, row.id))
        assert len(await harness.taken()) == 12
    await harness.audit()
