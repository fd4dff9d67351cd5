"""What is claimed is worked on or let go, and what it costs is settled or given back."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from sora_studio.db.models import AssetRow
from sora_studio.domain.errors import SubmitUnclear, Unavailable
from sora_studio.domain.job import Charge, ClaimedJob, JobChange
from sora_studio.domain.ports import RemoteJob, Submission
from sora_studio.domain.video import Phase, Variant, VideoView
from sora_studio.services.jobs.claims import Claims
from tests.integration.jobs.conftest import Background
from tests.support.provider import PROFILE, FakeProvider

LOST = SubmitUnclear("The connection broke.", "connection_lost")


async def value(background: Background, column: str, where: str = "current") -> object:
    async with background.db.transaction() as tx:
        query = text(f"SELECT {column} FROM job WHERE {where}")  # noqa: S608 - a test's own words
        return await (await tx.connection()).scalar(query)


async def break_off(background: Background, job: ClaimedJob) -> None:
    with background.claims.holding(job):
        raise Unavailable("The database went away.")


async def ask_the_person(background: Background, view: VideoView) -> None:
    """Let a job wait for somebody's decision."""
    await background.sql("UPDATE job SET phase = 'needs_attention', due_at = NULL")
    await background.sql("UPDATE video SET phase = 'needs_attention' WHERE id = :id", id=view.id)


async def test_the_lease_of_work_that_broke_off_is_not_renewed(background: Background):
    """Otherwise the heartbeat would keep a job from everybody for as long as the process lives."""
    await background.wish()
    (job,) = await background.claims.take(Phase.SUBMITTING, most=1)
    await background.sql("UPDATE job SET lease_until = now() + interval '5 seconds'")
    before = await value(background, "lease_until")

    await background.claims.heartbeat()
    renewed = await value(background, "lease_until")
    with pytest.raises(Unavailable):
        await break_off(background, job)
    await background.claims.heartbeat()

    assert renewed != before
    assert await value(background, "lease_until") == renewed


async def test_work_that_ends_late_does_not_let_go_of_a_newer_claim(background: Background):
    await background.wish()
    (old,) = await background.claims.take(Phase.SUBMITTING, most=1)
    with background.claims.holding(old):
        await background.claims.record([JobChange(old, due_in=timedelta())])
        (new,) = await background.claims.take(Phase.SUBMITTING, most=1)
    before = await value(background, "lease_until")

    await background.claims.heartbeat()

    assert new.fence > old.fence
    assert await value(background, "lease_until") != before


async def test_what_is_worked_on_is_not_claimed_again(background: Background):
    """Whatever became of its lease; when the work has broken off, it is."""
    await background.wish()
    (job,) = await background.claims.take(Phase.SUBMITTING, most=1)
    with background.claims.holding(job):
        await background.sql("UPDATE job SET lease_until = now() - interval '1 second'")
        assert await background.claims.take(Phase.SUBMITTING, most=1) == ()
        assert await background.claims.take_wishes(most=1, places={}) == ()
    assert [again.id for again in await background.claims.take(Phase.SUBMITTING, most=1)] == [job.id]


async def test_files_of_who_was_overtaken_are_not_registered(background: Background, mp4: bytes):
    """The row would be of a file that the newer holder has replaced, or of a video that was given up."""
    view = await background.wish()
    await background.submit()
    background.provider.finish("remote-0", mp4)
    await background.refresh()
    (old,) = await background.claims.take(Phase.SAVING, most=1)
    await background.sql("UPDATE job SET lease_until = NULL")
    await Claims(background.db, uuid4()).take(Phase.SAVING, most=1)
    film = AssetRow(
        video_id=view.id,
        variant=Variant.VIDEO,
        key="videos/old.mp4",
        content_type="video/mp4",
        bytes=1,
        sha256="0" * 64,
        width=320,
        height=180,
    )

    written = await background.claims.record([JobChange(old, phase=Phase.COMPLETED)], [film])

    assert written == 0
    assert await background.read("SELECT count(*) FROM asset") == (0,)
    assert (await background.look(view)).phase is Phase.SAVING


async def test_one_that_was_overtaken_does_not_silence_the_others(background: Background):
    """A batch is written at once: what became of those that are still ours is told."""
    await background.wish()
    await background.wish()
    lost, ours = await background.claims.take(Phase.SUBMITTING, most=2)
    overtaken = replace(lost, fence=lost.fence - 1)

    with capture_logs() as logs:
        changes = [JobChange(job, phase=Phase.FAILED) for job in (overtaken, ours)]
        written = await background.claims.record(changes)

    assert written == 1
    steps = [log["job_id"] for log in logs if log["event"] == "job_step"]
    assert steps == [ours.id.hex]


async def test_giving_up_gives_back_only_what_was_not_taken(background: Background):
    view = await background.wish()
    await background.submit()
    await ask_the_person(background, view)

    await background.videos.give_up(view.owner_id, view.id)

    assert await value(background, "charge") == Charge.SETTLED


async def test_sending_again_gives_back_what_was_reserved_before(background: Background):
    view = await background.wish()
    await ask_the_person(background, view)

    await background.videos.submit_again(view.owner_id, view.id)

    assert await value(background, "charge", "NOT current") == Charge.RELEASED
    assert await value(background, "charge") == Charge.RESERVED


class KeyKeeper(FakeProvider):
    """A provider that makes one job for each key, and says which one when it is asked again."""

    def __init__(self) -> None:
        super().__init__(replace(PROFILE, honours_idempotency_key=True))
        self.by_key: dict[UUID, RemoteJob] = {}

    async def submit(self, submission: Submission) -> RemoteJob:
        if submission.job_id in self.by_key:
            return self.by_key[submission.job_id]
        try:
            return await super().submit(submission)
        finally:
            if self.jobs:
                self.by_key[submission.job_id] = [*self.jobs.values()][-1]


async def test_a_key_whose_job_belongs_to_an_equal_wish_is_not_sent_for_ever(background: Background):
    """Of two equal wishes the first was never taken and got the second's job: a person has to know."""
    provider = KeyKeeper()
    background = Background(
        background.db, provider, background.storage, background.worker_pool, background.owner_id
    )
    provider.before_submit, provider.after_submit = [LOST], [LOST]
    await background.wish("the same")
    await background.submit()
    second = await background.wish("the same")
    await background.submit()
    for _ in range(8):
        await background.sql("UPDATE job SET submit_started_at = submit_started_at - interval '95 seconds'")
        await background.reconcile()
        await background.submit()

    assert (await background.look(second)).phase is Phase.NEEDS_ATTENTION
    assert len(provider.jobs) == 1
