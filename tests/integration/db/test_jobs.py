"""Jobs: who may work on them, and who may write."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from sora_studio.db.engine import Database
from sora_studio.db.jobs import JobRepository
from sora_studio.db.models import JobRow
from sora_studio.db.videos import VideoRepository
from sora_studio.domain.errors import Conflict
from sora_studio.domain.job import Charge, JobChange, Likeness
from sora_studio.domain.problem import Problem
from sora_studio.domain.video import NEXT, Phase
from tests.support.library import add_person, add_videos

LEASE = timedelta(seconds=30)
NOW = timedelta(0)


async def claim(db: Database, *phases: Phase, lease: timedelta = LEASE, most: int = 100):
    async with db.transaction() as tx:
        return await JobRepository(tx).claim(phases, holder=uuid4(), lease=lease, most=most)


async def record(db: Database, *changes: JobChange) -> int:
    async with db.transaction() as tx:
        return len(await JobRepository(tx).record(changes))


async def view(db: Database, owner_id, video_id):
    async with db.transaction() as tx:
        return await VideoRepository(tx).view(owner_id, video_id)


async def decide(db: Database, decision: str, video_id: UUID) -> bool:
    attempt = JobRow(id=uuid4(), video_id=video_id, provider="fake")
    async with db.transaction() as tx:
        about = attempt if decision == "submit_again" else video_id
        return await getattr(JobRepository(tx), decision)(about)


async def test_parallel_claims_share_the_work(database: Database):
    owner_id = await add_person(database)
    await add_videos(database, owner_id, *(f"clip {n}" for n in range(40)), phase=Phase.QUEUED)
    claims = await asyncio.gather(*(claim(database, Phase.QUEUED, most=10) for _ in range(4)))
    ids = [job.id for jobs in claims for job in jobs]
    assert len(ids) == len({*ids}) == 40
    assert await claim(database, Phase.QUEUED) == ()


async def test_a_holder_that_lost_its_lease_writes_nothing(database: Database):
    owner_id = await add_person(database)
    (video_id,) = await add_videos(database, owner_id, "clip", phase=Phase.QUEUED)
    (frozen,) = await claim(database, Phase.QUEUED, lease=NOW)
    (fresh,) = await claim(database, Phase.QUEUED)
    assert fresh.fence == frozen.fence + 1
    assert await record(database, JobChange(frozen, phase=Phase.FAILED)) == 0
    assert await record(database, JobChange(fresh, phase=Phase.IN_PROGRESS, due_in=NOW)) == 1
    assert (await view(database, owner_id, video_id)).phase is Phase.IN_PROGRESS
    async with database.transaction() as tx:
        assert not await JobRepository(tx).begin(frozen)


async def test_only_the_allowed_ways_are_gone(database: Database):
    owner_id = await add_person(database)
    for before in NEXT:
        for after in set(Phase) - {before}:
            (video_id,) = await add_videos(database, owner_id, f"{before} {after}", phase=before)
            jobs = await claim(database, before)
            written = await record(
                database, *(JobChange(job, phase=after) for job in jobs if job.video_id == video_id)
            )
            assert written == (after in NEXT[before]), f"{before} > {after}"
            await record(database, *(JobChange(job) for job in jobs if job.video_id != video_id))


async def test_progress_never_falls(database: Database):
    owner_id = await add_person(database)
    (video_id,) = await add_videos(database, owner_id, "clip", phase=Phase.IN_PROGRESS)
    for said, shown in ((30, 30), (10, 30), (None, 30), (45, 45)):
        (job,) = await claim(database, Phase.IN_PROGRESS)
        await record(database, JobChange(job, progress=said, due_in=NOW))
        seen = await view(database, owner_id, video_id)
        assert (seen.progress, seen.progress_known) == (shown, True)


async def test_a_remote_id_belongs_to_one_job(database: Database):
    owner_id = await add_person(database)
    await add_videos(database, owner_id, "one", "two", phase=Phase.SUBMITTING)
    one, two = await claim(database, Phase.SUBMITTING)
    await record(
        database, JobChange(one, phase=Phase.QUEUED, remote_id="r", accepted=True, charge=Charge.SETTLED)
    )
    with pytest.raises(Conflict):
        await record(database, JobChange(two, phase=Phase.QUEUED, remote_id="r"))
    async with database.transaction() as tx:
        assert await JobRepository(tx).known("fake", ["r", "s"]) == {"r"}


async def test_deleted_videos_are_left_alone(database: Database):
    owner_id = await add_person(database)
    (video_id,) = await add_videos(database, owner_id, "clip", phase=Phase.QUEUED)
    async with database.transaction() as tx:
        await VideoRepository(tx).mark_deleted(owner_id, video_id)
    assert await claim(database, Phase.QUEUED) == ()


async def test_release_frees_and_fences(database: Database):
    owner_id = await add_person(database)
    await add_videos(database, owner_id, "clip", phase=Phase.QUEUED)
    holder = uuid4()
    async with database.transaction() as tx:
        (held,) = await JobRepository(tx).claim([Phase.QUEUED], holder=holder, lease=LEASE, most=1)
    async with database.transaction() as tx:
        await JobRepository(tx).release(holder)
    (again,) = await claim(database, Phase.QUEUED)
    assert again.fence == held.fence + 2
    assert await record(database, JobChange(held, progress=5)) == 0


@pytest.mark.parametrize(
    ("decision", "phase"),
    [("check_again", Phase.IN_PROGRESS), ("submit_again", Phase.SUBMITTING), ("give_up", Phase.FAILED)],
)
async def test_what_a_person_decides(database: Database, decision: str, phase: Phase):
    owner_id = await add_person(database)
    (video_id,) = await add_videos(database, owner_id, "clip", phase=Phase.NEEDS_ATTENTION)
    assert await decide(database, decision, video_id)
    seen = await view(database, owner_id, video_id)
    assert seen.phase is phase
    assert (seen.problem == Problem("given_up", "You stopped waiting for this video.")) == (
        decision == "give_up"
    )
    assert not await decide(database, decision, video_id)
    if phase is not Phase.FAILED:
        assert [job.video_id for job in await claim(database, phase)] == [video_id]


@pytest.mark.parametrize("decision", ["submit_again", "give_up"])
@pytest.mark.parametrize(
    ("before", "after"), [(Charge.RESERVED, Charge.RELEASED), (Charge.SETTLED, Charge.SETTLED)]
)
async def test_a_decision_releases_what_was_only_reserved(
    database: Database, decision: str, before: Charge, after: Charge
):
    """What the provider took is billed whatever the person decides; what it was never sent is given back."""
    owner_id = await add_person(database)
    (video_id,) = await add_videos(database, owner_id, "clip", phase=Phase.NEEDS_ATTENTION)
    async with database.transaction() as tx:
        (job,) = (await tx.exec(select(JobRow))).all()
        job.charge = before
    assert await decide(database, decision, video_id)
    async with database.transaction() as tx:
        assert (await tx.exec(select(JobRow.charge).where(col(JobRow.id) == job.id))).one() == after


async def test_durations_of_the_newest_jobs_by_likeness(database: Database):
    owner_id = await add_person(database)
    ids = await add_videos(database, owner_id, *(f"clip {n}" for n in range(6)))
    async with database.transaction() as tx:
        connection = await tx.connection()
        for number, video_id in enumerate(ids[:5]):
            await connection.execute(
                text(
                    "UPDATE job SET accepted_at = now() - make_interval(secs => :age),"
                    " rendered_at = now() - make_interval(secs => :ago) WHERE video_id = :video"
                ),
                {"age": 100 + 2 * number, "ago": number, "video": video_id},
            )
        await connection.execute(text("UPDATE video SET seconds = '8' WHERE id = :video"), {"video": ids[4]})
        found = await JobRepository(tx).durations(each=3)
    short, long = (Likeness("fake", "sora-2", "1280x720", seconds) for seconds in ("4", "8"))
    assert found == {short: (100, 101, 102), long: (104,)}
