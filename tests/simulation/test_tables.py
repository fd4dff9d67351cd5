"""The tables in memory do what the database does: the same steps leave the same rows, to the microsecond."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from sora_studio.db.assets import AssetRepository
from sora_studio.db.engine import Database
from sora_studio.db.jobs import JobRepository
from sora_studio.db.models import AssetRow, JobRow
from sora_studio.db.webhook_deliveries import WebhookDeliveryRepository
from sora_studio.domain.activity import ActivityKind
from sora_studio.domain.errors import Conflict
from sora_studio.domain.job import Charge, ClaimedJob, JobChange
from sora_studio.domain.problem import Problem
from sora_studio.domain.video import Phase, Variant
from tests.simulation.ledger import Ledger
from tests.simulation.tables import (
    Job,
    MemoryAssets,
    MemoryJobs,
    MemoryWebhookDeliveries,
    Tables,
    Transaction,
    Video,
    changed,
)
from tests.support.library import add_person, add_videos

LEASE = timedelta(seconds=30)
HOLDERS = (uuid4(), uuid4())
SERVERS = ("http://one/v1", "http://two/v1")
STEPS = 60
_MOMENTS = tuple(name for name in Job.__dataclass_fields__ if name.endswith("_at") or name == "lease_until")

Do = Callable[
    [
        JobRepository | MemoryJobs,
        AssetRepository | MemoryAssets,
        WebhookDeliveryRepository | MemoryWebhookDeliveries,
    ],
    Awaitable[Any],
]


class Twins:
    """The same rows twice: in the database and in memory."""

    def __init__(self, db: Database, rng: Random) -> None:
        self.db, self.rng = db, rng
        self.tables, self.ledger = Tables(), Ledger()
        self.claimed: list[ClaimedJob] = []

    async def start(self, count: int) -> None:
        """Write down some wishes."""
        owner_id = await add_person(self.db)
        for phase in (Phase.SUBMITTING, Phase.QUEUED)[:count]:
            prompts = ("the same",) * count
            ids = await add_videos(self.db, owner_id, *prompts, phase=phase, provider="simulated")
            for video_id in ids:
                video = Video(video_id, owner_id, "the same", model="sora-2", phase=phase)
                self.tables.videos[video_id] = video
        await self.copy()

    async def copy(self) -> None:
        for row in await self._rows("SELECT * FROM job"):
            row |= {"phase": Phase(row["phase"]), "charge": Charge(row["charge"])}
            self.tables.jobs[row["id"]] = Job(**row)
        self.tables.shares = await self._shares()
        self.ledger.book({}, self.tables.jobs, self.tables.videos)

    async def _shares(self) -> dict[tuple[str, UUID], float]:
        rows = await self._rows("SELECT * FROM queue_share")
        return {(row["provider"], row["user_id"]): row["virtual_time"] for row in rows}

    async def both(self, do: Do) -> Any:
        """Do something to both and compare what it answers."""
        async with self.db.transaction() as tx:
            now = await (await tx.connection()).scalar(text("SELECT now()"))
            before = self.tables.jobs
            memory: Any = Transaction(self.tables, now)
            theirs = await _outcome(do(JobRepository(tx), AssetRepository(tx), WebhookDeliveryRepository(tx)))
            ours = await _outcome(
                do(MemoryJobs(memory), MemoryAssets(memory), MemoryWebhookDeliveries(memory))
            )
            assert ours == theirs
            if theirs is Conflict:
                await tx.rollback()
                return theirs
            memory.commit()
            self.ledger.book(before, self.tables.jobs, self.tables.videos)
        return theirs

    async def pass_time(self, seconds: float) -> None:
        """Let time go by: everything that was written down happened earlier."""
        earlier = timedelta(seconds=seconds)
        moves = ", ".join(f"{name} = {name} - :earlier" for name in _MOMENTS)
        await self._sql(f"UPDATE job SET {moves}", earlier=earlier)  # noqa: S608 - our own names
        for name in ("webhook_delivery", "trash"):
            column = "received_at" if name == "webhook_delivery" else "created_at"
            await self._sql(f"UPDATE {name} SET {column} = {column} - :earlier", earlier=earlier)  # noqa: S608 - as above
        await self._sql("UPDATE video SET deleted_at = deleted_at - :earlier", earlier=earlier)
        for job in [*self.tables.jobs.values()]:
            values = {name: moment - earlier for name in _MOMENTS if (moment := getattr(job, name))}
            self.tables.jobs[job.id] = changed(job, **values)
        for video in [*self.tables.videos.values()]:
            if video.deleted_at:
                self.tables.videos[video.id] = changed(video, deleted_at=video.deleted_at - earlier)
        self.tables.deliveries = {key: (of, at - earlier) for key, (of, at) in self.tables.deliveries.items()}
        self.tables.trash = {key: at - earlier for key, at in self.tables.trash.items()}

    async def delete(self, video_id: UUID) -> None:
        await self._sql("UPDATE video SET deleted_at = now() WHERE id = :id", id=video_id)
        (row,) = await self._rows("SELECT deleted_at FROM video WHERE id = :id", id=video_id)
        video = self.tables.videos[video_id]
        self.tables.videos[video_id] = changed(video, deleted_at=row["deleted_at"])

    async def compare(self) -> None:
        """Find no difference."""
        jobs = {row["id"]: row for row in await self._rows("SELECT * FROM job")}
        assert {job_id: job.__dict__ for job_id, job in self.tables.jobs.items()} == jobs
        videos = await self._rows("SELECT id, phase, completed_at, deleted_at FROM video")
        ours = self.tables.videos.values()
        assert [(v.id, v.phase, v.completed_at, v.deleted_at) for v in sorted(ours, key=lambda v: v.id)] == [
            (row["id"], row["phase"], row["completed_at"], row["deleted_at"])
            for row in sorted(videos, key=lambda row: row["id"])
        ]
        told = await self._rows("SELECT video_id, kind, note FROM activity ORDER BY id")
        alive = [each for each in self.tables.activity if each[0] in self.tables.videos]
        assert sorted(map(str, alive)) == sorted(
            str((row["video_id"], ActivityKind(row["kind"]), row["note"])) for row in told
        )
        assert await self._shares() == self.tables.shares
        booked = await self._rows("SELECT job_id, kind, micros FROM ledger_entry ORDER BY job_id, id")
        ours = sorted(self.ledger.entries, key=lambda entry: entry["job_id"])
        assert [{name: entry[name] for name in ("job_id", "kind", "micros")} for entry in ours] == booked
        assert {row["key"] for row in await self._rows("SELECT key FROM trash")} == {*self.tables.trash}
        assert {row["key"] for row in await self._rows("SELECT key FROM asset")} == {
            asset.key for asset in self.tables.assets.values()
        }

    async def _sql(self, statement: str, **parameters: object) -> Any:
        async with self.db.transaction() as tx:
            return await (await tx.connection()).execute(text(statement), parameters)

    async def _rows(self, statement: str, **parameters: object) -> list[dict[str, Any]]:
        return [dict(row._mapping) for row in await self._sql(statement, **parameters)]

    # Steps.

    async def step(self) -> None:
        """Do one of the things that happen to jobs."""
        steps = (
            self.claim,
            self.claim_wishes,
            self.claim_wishes,
            self.begin,
            self.record,
            self.record,
            self.record,
            self.hint,
        )
        await self.unanswered()
        rare = (self.extend, self.release, self.decide, self.age, self.age, self.remove, self.purge)
        await self.rng.choice((*steps, *rare))()

    async def claim(self) -> None:
        phases = [*Phase] if self.rng.random() < 0.5 else self.rng.sample([*Phase], 3)
        holder, most = self.rng.choice(HOLDERS), self.rng.randint(1, 4)
        held = [job.id for job in self.claimed[-2:]] if self.rng.random() < 0.5 else []
        given: dict[str, Any] = {"holder": holder, "lease": LEASE, "most": most, "held": held}
        servers = self.rng.choice([(), SERVERS[:1], SERVERS])
        claimed: set[ClaimedJob] = await self.both(
            lambda jobs, _a, _h: _set(jobs.claim(phases, servers=servers, **given))
        )
        self.claimed += sorted(claimed, key=lambda job: job.id)

    async def claim_wishes(self) -> None:
        places = self.rng.choice([{}, {"simulated": self.rng.randint(0, 3)}])
        given: dict[str, Any] = {"holder": self.rng.choice(HOLDERS), "lease": LEASE}
        given |= {"most": self.rng.randint(1, 4), "places": places}
        self.claimed += await self.both(lambda jobs, _a, _h: jobs.claim_wishes(**given))

    async def begin(self) -> None:
        if job := self._any():
            server = self.rng.choice([None, *SERVERS])
            await self.both(lambda jobs, _a, _h: jobs.begin(job, server))

    async def record(self) -> None:
        changes = {job.id: self._change(job) for _ in range(self.rng.randint(1, 3)) if (job := self._any())}
        written = await self.both(lambda jobs, _a, _h: jobs.record([*changes.values()]))
        if written is not Conflict and len(written) == len(changes):
            row = _asset(self.rng.choice([*changes.values()]).job.video_id) if changes else None
            if row and row.video_id in self.tables.videos:
                await self.both(lambda _j, assets, _h: assets.add([row]))

    def _change(self, job: ClaimedJob) -> JobChange:
        rng = self.rng
        seconds = rng.choice([None, 0.0, 2.5, 40.0])
        return JobChange(
            job,
            phase=rng.choice([None, *Phase]),
            due_in=None if seconds is None else timedelta(seconds=seconds),
            remote_id=rng.choice([None, None, f"remote-{rng.randrange(8)}"]),
            progress=rng.choice([None, 0, 30, 60, 99, 100]),
            remote_status=rng.choice([None, "", "paused"]),
            remote_expires_at=rng.choice([None, datetime(2026, 11, 1, tzinfo=UTC)]),
            problem=rng.choice([None, Problem("code", "Some words."), Problem("lost_at_provider", "Gone.")]),
            charge=rng.choice([None, *Charge]),
            failures=rng.randrange(3),
            lookups=rng.choice([None, 0, 2]),
            not_sent=rng.random() < 0.2,
            accepted=rng.random() < 0.2,
            rendered_at=rng.choice([None, datetime(2026, 11, 2, tzinfo=UTC)]),
            server=rng.choice([None, None, *SERVERS]),
            activity_kinds=tuple(rng.sample([*ActivityKind], rng.randrange(3))),
        )

    async def unanswered(self) -> None:
        await self.both(lambda jobs, _a, _h: _set(jobs.unanswered("simulated")))

    async def hint(self) -> None:
        known = [job.remote_id for job in self.tables.jobs.values() if job.remote_id]
        delivery = f"delivery-{self.rng.randrange(40)}"
        remote_id = self.rng.choice([*known, "nobody's"])
        await self.both(lambda _j, _a, deliveries: deliveries.remember(delivery, remote_id))
        await self.both(lambda _j, _a, deliveries: deliveries.apply([remote_id]))
        await self.both(lambda _j, _a, deliveries: deliveries.forget_old())
        await self.both(lambda jobs, _a, _h: jobs.known("simulated", ["remote-1", remote_id, "nobody's"]))

    async def extend(self) -> None:
        holder, ids = self.rng.choice(HOLDERS), [job.id for job in self.claimed[-3:]]
        await self.both(lambda jobs, _a, _h: jobs.extend(holder, ids, LEASE))

    async def release(self) -> None:
        holder = self.rng.choice(HOLDERS)
        await self.both(lambda jobs, _a, _h: jobs.release(holder))

    async def decide(self) -> None:
        """Send again is not among these: its new job has an id of its own making."""
        name = self.rng.choice(["check_again", "give_up"])
        for video_id in [*self.tables.videos]:
            await self.both(lambda jobs, _a, _h, video_id=video_id: getattr(jobs, name)(video_id))

    async def age(self) -> None:
        await self.pass_time(self.rng.choice([1, 6, 31, 100, 400]))

    async def remove(self) -> None:
        if self.tables.videos and self.rng.random() < 0.3:
            await self.delete(self.rng.choice([*self.tables.videos]))

    async def purge(self) -> None:
        old = timedelta(seconds=60)
        doomed = await self.both(lambda _j, assets, _h: _set(assets.doomed(older_than=old, limit=2)))
        await self.both(lambda _j, assets, _h: assets.erase([video_id for video_id, *_ in doomed]))
        keys = await self.both(lambda _j, assets, _h: _set(assets.trash(limit=50)))
        if self.rng.random() < 0.5:
            await self.both(lambda _j, assets, _h: assets.emptied(keys))

    def _any(self) -> ClaimedJob | None:
        """Pick a job that was claimed some time, now or before."""
        return self.rng.choice(self.claimed[-6:]) if self.claimed else None


@pytest.mark.parametrize("seed", range(8))
async def test_the_same_steps_leave_the_same_rows(database: Database, seed: int):
    twins = Twins(database, Random(seed))  # noqa: S311 - the same steps every time
    await twins.start(3)
    for _ in range(STEPS):
        await twins.step()
        await twins.compare()


async def test_sending_again_makes_the_same_job(database: Database):
    twins = Twins(database, Random(0))  # noqa: S311 - the same steps every time
    await twins.start(1)
    (video_id,) = twins.tables.videos
    for phase in (Phase.SUBMIT_UNKNOWN, Phase.NEEDS_ATTENTION):
        known = len(twins.claimed)
        while len(twins.claimed) == known:  # by chance, it claims in other phases
            await twins.claim()
        job = twins.claimed[-1]
        change = JobChange(job, phase=phase, due_in=timedelta())
        await twins.both(lambda jobs, _a, _h, change=change: jobs.record([change]))
    attempt = JobRow(id=uuid4(), video_id=video_id, provider="simulated", price_micros=500_000)
    assert await twins.both(lambda jobs, _a, _h: jobs.submit_again(attempt))
    assert not await twins.both(lambda jobs, _a, _h: jobs.submit_again(attempt))
    theirs: list[dict[str, Any]] = [
        {**row, "id": None} for row in await twins._rows("SELECT * FROM job ORDER BY current")
    ]
    ours: list[dict[str, Any]] = [{**job.__dict__, "id": None} for job in twins.tables.jobs.values()]
    assert sorted(ours, key=lambda job: job["current"]) == theirs


async def _outcome(answer: Awaitable[Any]) -> Any:
    try:
        return await answer
    except Conflict:
        return Conflict


async def _set(answer: Awaitable[Any]) -> set[Any]:
    return {*await answer}


def _asset(video_id: UUID) -> AssetRow:
    key = f"videos/{video_id.hex}/film.mp4"
    kind = {"content_type": "video/mp4", "sha256": "-"}
    created = datetime(2026, 11, 1, tzinfo=UTC)
    return AssetRow(
        video_id=video_id,
        variant=Variant.VIDEO,
        key=key,
        bytes=1,
        width=1,
        height=1,
        created_at=created,
        **kind,
    )
