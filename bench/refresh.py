"""A look at a provider for many jobs: what it costs must not grow with their number."""

import asyncio
import time
from datetime import UTC, datetime

import psycopg

from bench.lab.lab import Lab
from bench.lab.metric import Metric, at_least, at_most, counted, ratio_at_most, time_at_most
from bench.lab.parts import background_work
from bench.lab.statements import watched
from sora_studio.db.engine import Database
from sora_studio.domain.ports import RemoteJob
from sora_studio.domain.video import Phase, Status
from tests.support.cluster import as_superuser
from tests.support.library import add_person, add_videos
from tests.support.provider import FakeProvider

FEW, MANY = 10, 1_000
TICKS = 20

_MAKE_DUE = "UPDATE job SET due_at = now() - interval '1 second'"
_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_UPDATES = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'job'"


async def measure(lab: Lab) -> list[Metric]:
    """Track ten jobs, then a thousand."""
    few = await _track(lab, "refresh_few", FEW, ticks=2)
    many = await _track(lab, "refresh_many", MANY, ticks=TICKS)
    milliseconds = many.cpu / TICKS / MANY * 1000
    return [
        counted("refresh.statements", many.statements, "statements", at_most(4), jobs=MANY),
        counted(
            "refresh.statements.growth",
            many.statements,
            "statements",
            ratio_at_most(1.2),
            baseline=few.statements,
        ),
        counted("refresh.requests", many.requests, "requests", at_most(MANY / 100), jobs=MANY),
        counted("refresh.hot", many.hot, "of updates", at_least(0.9), jobs=MANY, ticks=TICKS),
        Metric("refresh.cpu", milliseconds, "ms per job and look", time_at_most(0.5), n=TICKS),
    ]


class _Costs:
    """What some looks cost."""

    statements = 0  # of the dearest look
    requests = 0  # of the dearest look
    hot = 0.0  # the part of updates that touched no index
    cpu = 0.0  # seconds of this process in all


async def _track(lab: Lab, name: str, jobs: int, *, ticks: int) -> _Costs:
    """Look so many times after so many jobs that go on at every look."""
    provider, costs = FakeProvider(), _Costs()
    url = await lab.database(name)
    db = Database(url)
    owner_id = await add_person(db)
    prompts = [f"clip {number}" for number in range(jobs)]
    for video_id in await add_videos(db, owner_id, *prompts, phase=Phase.IN_PROGRESS):
        provider.jobs[f"remote-{video_id.hex}"] = _remote(f"remote-{video_id.hex}")
    before = await _updates(db, url)
    db = Database(url)
    look = background_work(db, provider, lab.folder).refresher
    for tick in range(ticks):
        for remote_id in provider.jobs:
            provider.report(remote_id, Status.IN_PROGRESS, tick + 1)
        _make_due(url)
        provider.lists = 0
        provider.fetched.clear()
        began = time.process_time()
        with watched(db) as seen:
            await look.run()
        costs.cpu += time.process_time() - began
        costs.statements = max(costs.statements, len(seen))
        costs.requests = max(costs.requests, provider.lists + provider.fetches)
    after = await _updates(db, url)
    updates, hot = (later - sooner for later, sooner in zip(after, before, strict=True))
    assert updates == 2 * jobs * ticks, f"{updates} updates: a look claims every job and records it"
    costs.hot = hot / updates
    return costs


def _make_due(url: str) -> None:
    """Let all jobs be due, without this being counted as an update."""
    with psycopg.connect(as_superuser(url)) as connection:
        connection.execute("SET track_counts = off")
        connection.execute(_MAKE_DUE)


async def _updates(db: Database, url: str) -> tuple[int, int]:
    """Close a pool, and read how many updates there were: its connections report as they end."""
    await db.close()
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute(_OTHERS).fetchone() != (0,):  # noqa: ASYNC110 -- nothing tells when a server's process has ended
            await asyncio.sleep(0.02)
        found = connection.execute(_UPDATES).fetchone()
    assert found
    return found[0], found[1]


def _remote(remote_id: str) -> RemoteJob:
    return RemoteJob(
        remote_id=remote_id,
        status=Status.IN_PROGRESS,
        status_word="in_progress",
        progress=0,
        created_at=datetime.now(UTC),
        expires_at=None,
        problem=None,
        prompt="clip",
        model="sora-2",
        size="1280x720",
        seconds="4",
    )
