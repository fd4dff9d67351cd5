"""What is deleted here is deleted at the provider, too, however long that takes it."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from sora_studio.db.backups import nothing_erased
from sora_studio.db.videos import VideoRepository
from sora_studio.domain.errors import (
    IdempotencyKeyReused,
    NotFound,
    ProviderUnavailable,
    SubmitUnclear,
    Unsupported,
)
from sora_studio.domain.ports import Submission
from sora_studio.domain.video import Phase, VideoWish
from sora_studio.services.jobs.background import Options
from sora_studio.services.jobs.purge import Purger
from sora_studio.services.jobs.reconcile import LOOKUPS, LOOKUPS_TO_BE_SURE
from tests.integration.jobs.conftest import Background
from tests.support.library import add_person

LOST = SubmitUnclear("The connection broke.", "connection_lost")


class Clock:
    """Tells the seconds that the test says."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def purger(background: Background, clock: Clock) -> Purger:
    """A video has been deleted two minutes ago, and its time for an undo is over."""
    view = await background.wish()
    await background.submit()
    await background.videos.remove(view.owner_id, view.id)
    await background.sql("UPDATE video SET deleted_at = now() - interval '2 minutes'")
    await background.sql("UPDATE job SET lease_until = NULL")
    return background.assembled(Options(clock=clock)).purger


async def left(background: Background) -> int:
    """Count the videos that are not gone yet."""
    async with background.db.transaction() as tx:
        return (await (await tx.connection()).execute(text("SELECT count(*) FROM video"))).scalar_one()


async def test_nothing_is_erased_while_a_backup_is_made(
    background: Background, purger: Purger, database_url: str
):
    async with nothing_erased(database_url):
        await purger.run()
        assert await left(background) == 1
    await purger.run()
    assert await left(background) == 0


async def test_a_provider_that_is_at_work_on_it_is_asked_again_later(
    background: Background, purger: Purger, clock: Clock
):
    background.provider.on_delete = [ProviderUnavailable("Try again later.", "conflict")]
    await purger.run()
    await purger.run()
    assert (await left(background), background.provider.deleted) == (1, []), "it was asked again at once"
    clock.now = 11.0
    await purger.run()
    assert (await left(background), background.provider.deleted) == (0, ["remote-0"])


async def test_a_provider_that_stays_away_is_left_alone_in_the_end(
    background: Background, purger: Purger, clock: Clock
):
    background.provider.on_delete = [ProviderUnavailable("Away.", "unreachable") for _ in range(11)]
    for hours in range(11):
        assert await left(background) == 1
        clock.now = hours * 3600.0 * 3
        await purger.run()
    assert (await left(background), background.provider.deleted) == (0, [])


async def test_every_attempt_is_deleted_there(background: Background, purger: Purger):
    """A person who had a stuck one submitted again has two jobs at the provider."""
    view = await background.wish("stuck")
    await background.submit()
    await background.sql(
        "UPDATE job SET phase = 'needs_attention', due_at = NULL WHERE video_id = :id", id=view.id
    )
    await background.videos.submit_again(view.owner_id, view.id)
    await background.submit()
    await background.videos.remove(view.owner_id, view.id)
    await background.sql("UPDATE video SET deleted_at = now() - interval '2 minutes'")
    await purger.run()
    assert sorted(background.provider.deleted) == ["remote-0", "remote-1", "remote-2"]


async def test_a_provider_that_cannot_is_not_waited_for(background: Background, purger: Purger):
    background.provider.on_delete = [Unsupported("Method not allowed.", "http_405")]
    await purger.run()
    assert (await left(background), background.provider.deleted) == (0, [])


async def lose_and_delete(background: Background, *, taken: bool) -> None:
    """Delete a video whose submit is unclear, some minutes ago."""
    (background.provider.after_submit if taken else background.provider.before_submit).append(LOST)
    view = await background.wish()
    await background.submit()
    await background.videos.remove(view.owner_id, view.id)
    await background.sql("UPDATE video SET deleted_at = now() - interval '2 minutes'")


async def test_a_deleted_video_whose_answer_was_lost_is_found_and_deleted_there(background: Background):
    await lose_and_delete(background, taken=True)
    await background.purger.run()
    assert await left(background) == 1, "nobody would ever know of the job that was taken"
    await background.reconcile()
    await background.purger.run()
    assert (await left(background), background.provider.deleted) == (0, ["remote-0"])


async def test_a_deleted_video_that_was_cut_off_in_its_submit_is_looked_for(background: Background):
    view = await background.wish()
    (job,) = await background.claims.take(Phase.SUBMITTING, most=1)
    assert await background.claims.begin(job)
    await background.provider.submit(Submission(job.id, job.prompt, job.model, job.size, job.seconds))
    await background.claims.release()  # the next process starts
    await background.videos.remove(view.owner_id, view.id)
    await background.submit()
    await background.reconcile()
    await background.sql("UPDATE video SET deleted_at = now() - interval '2 minutes'")
    await background.purger.run()
    assert (await left(background), background.provider.deleted) == (0, ["remote-0"])


@pytest.mark.parametrize("complete", [False, True])
async def test_a_deleted_video_that_was_not_taken_is_let_go(background: Background, *, complete: bool):
    """It is never sent again, also where that would be certain not to pay twice."""
    background.provider.profile = replace(background.provider.profile, list_is_complete=complete)
    await lose_and_delete(background, taken=False)
    await background.sql("UPDATE job SET submit_started_at = now() - interval '95 seconds'")
    for _ in range(LOOKUPS_TO_BE_SURE if complete else LOOKUPS):
        await background.purger.run()
        assert await left(background) == 1
        await background.reconcile()
        await background.submit()
    await background.purger.run()
    assert (await left(background), len(background.provider.orders)) == (0, 1)


async def test_a_deleted_video_is_not_looked_for_for_ever(background: Background):
    await lose_and_delete(background, taken=True)
    background.provider.on_list = [ProviderUnavailable("Away.", "unreachable")]
    await background.reconcile()
    await background.purger.run()
    assert await left(background) == 1
    await background.sql("UPDATE video SET deleted_at = now() - interval '6 minutes'")
    await background.purger.run()
    assert await left(background) == 0


async def test_words_of_who_left_are_kept_only_while_they_are_looked_for(background: Background):
    background.provider.after_submit = [LOST]
    await background.wish("a paper boat")
    await background.submit()
    await background.wish("a kite")
    async with background.db.transaction() as tx:
        await VideoRepository(tx).disown(background.owner_id)
    words = "SELECT array_agg(prompt ORDER BY created_at), string_agg(title, '') FROM video"
    assert await background.read(words) == (["a paper boat", ""], "")
    background.provider.on_delete = [ProviderUnavailable("Try again later.", "conflict")]
    await background.reconcile()
    await background.purger.run()
    assert await background.read(words) == ([""], "")


async def test_what_is_still_worked_on_is_not_purged(background: Background, purger: Purger):
    """A job that is just being sent would be paid for and forgotten, and a file kept without a row."""
    await background.sql("UPDATE job SET lease_until = now() + interval '30 seconds'")
    await purger.run()
    assert (await left(background), background.provider.deleted) == (1, [])
    await background.sql("UPDATE job SET lease_until = now() - interval '1 second'")
    await purger.run()
    assert (await left(background), background.provider.deleted) == (0, ["remote-0"])


async def test_a_request_key_outlives_its_purged_video(background: Background):
    """A repeat that comes late must not be paid for; after a day the key is free."""
    wish = VideoWish("a paper boat")
    view = await background.videos.create(background.owner_id, wish, idempotency_key="one click")
    await background.submit()
    await background.videos.remove(view.owner_id, view.id)
    await background.sql("UPDATE video SET deleted_at = now() - interval '2 minutes'")
    await background.purger.run()
    assert await left(background) == 0
    with pytest.raises(NotFound):
        await background.videos.create(background.owner_id, wish, idempotency_key="one click")
    with pytest.raises(IdempotencyKeyReused):
        await background.videos.create(background.owner_id, VideoWish("a kite"), idempotency_key="one click")
    somebody = await add_person(background.db, "eve")
    assert (await background.videos.create(somebody, wish, idempotency_key="one click")).id != view.id
    await background.submit()
    assert len(background.provider.orders) == 2  # the one click, and somebody else's
    await background.sql("UPDATE used_idempotency_key SET erased_at = now() - interval '25 hours'")
    assert (
        await background.videos.create(background.owner_id, wish, idempotency_key="one click")
    ).id != view.id


async def test_a_file_that_cannot_be_removed_keeps_no_other_one(background: Background, tmp_path: Path):
    stuck, free = (tmp_path / f"media/videos/a/{name}.mp4" for name in ("stuck", "free"))
    stuck.mkdir(parents=True)
    free.touch()
    for name in ("stuck", "free"):
        key = f"videos/a/{name}.mp4"
        await background.sql("INSERT INTO trash (key, created_at) VALUES (:key, now())", key=key)
    await background.purger.run()
    assert not free.exists()
    assert await background.read("SELECT key FROM trash") == ("videos/a/stuck.mp4",)
    stuck.rmdir()
    await background.purger.run()
    assert await background.read("SELECT count(*) FROM trash") == (0,)
