"""What is deleted here is deleted at the provider, too, however long that takes it."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from sora_studio.db.videos import VideoRepository
from sora_studio.domain.errors import KeyReused, NotFound, ProviderUnavailable, SubmitUnclear, Unsupported
from sora_studio.domain.ports import Order
from sora_studio.domain.video import Phase, VideoWish
from sora_studio.services.tracking.purge import Purger
from sora_studio.services.tracking.reconcile import LOOKS, LOOKS_TO_BE_SURE
from tests.integration.tracking.conftest import Bench
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
async def purger(bench: Bench, clock: Clock) -> Purger:
    """A video has been deleted two minutes ago, and its time for an undo is over."""
    view = await bench.wish()
    await bench.submit()
    await bench.videos.remove(view.owner_id, view.id)
    await bench.sql("UPDATE video SET deleted_at = now() - interval '2 minutes'")
    await bench.sql("UPDATE job SET lease_until = NULL")
    return Purger(db=bench.db, offers=bench.offers, storage=bench.storage, clock=clock)


async def left(bench: Bench) -> int:
    """Count the videos that are not gone yet."""
    async with bench.db.transaction() as tx:
        return (await (await tx.connection()).execute(text("SELECT count(*) FROM video"))).scalar_one()


async def test_a_provider_that_is_at_work_on_it_is_asked_again_later(
    bench: Bench, purger: Purger, clock: Clock
):
    bench.provider.on_delete = [ProviderUnavailable("Try again later.", "conflict")]
    await purger.run()
    await purger.run()
    assert (await left(bench), bench.provider.deleted) == (1, []), "it was asked again at once"
    clock.now = 11.0
    await purger.run()
    assert (await left(bench), bench.provider.deleted) == (0, ["remote-0"])


async def test_a_provider_that_stays_away_is_left_alone_in_the_end(
    bench: Bench, purger: Purger, clock: Clock
):
    bench.provider.on_delete = [ProviderUnavailable("Away.", "unreachable") for _ in range(11)]
    for hours in range(11):
        assert await left(bench) == 1
        clock.now = hours * 3600.0 * 3
        await purger.run()
    assert (await left(bench), bench.provider.deleted) == (0, [])


async def test_every_attempt_is_deleted_there(bench: Bench, purger: Purger):
    """Whoever had a stuck one sent again has two jobs at the provider."""
    view = await bench.wish("stuck")
    await bench.submit()
    await bench.sql(
        "UPDATE job SET phase = 'needs_attention', due_at = NULL WHERE video_id = :id", id=view.id
    )
    await bench.videos.submit_again(view.owner_id, view.id)
    await bench.submit()
    await bench.videos.remove(view.owner_id, view.id)
    await bench.sql("UPDATE video SET deleted_at = now() - interval '2 minutes'")
    await purger.run()
    assert sorted(bench.provider.deleted) == ["remote-0", "remote-1", "remote-2"]


async def test_a_provider_that_cannot_is_not_waited_for(bench: Bench, purger: Purger):
    bench.provider.on_delete = [Unsupported("Method not allowed.", "http_405")]
    await purger.run()
    assert (await left(bench), bench.provider.deleted) == (0, [])


async def lose_and_delete(bench: Bench, *, taken: bool) -> None:
    """Delete a video whose submit is unclear, some minutes ago."""
    (bench.provider.after_submit if taken else bench.provider.before_submit).append(LOST)
    view = await bench.wish()
    await bench.submit()
    await bench.videos.remove(view.owner_id, view.id)
    await bench.sql("UPDATE video SET deleted_at = now() - interval '2 minutes'")


async def test_a_deleted_video_whose_answer_was_lost_is_found_and_deleted_there(bench: Bench):
    await lose_and_delete(bench, taken=True)
    await bench.purger.run()
    assert await left(bench) == 1, "nobody would ever know of the job that was taken"
    await bench.reconcile()
    await bench.purger.run()
    assert (await left(bench), bench.provider.deleted) == (0, ["remote-0"])


async def test_a_deleted_video_that_was_cut_off_in_its_submit_is_looked_for(bench: Bench):
    view = await bench.wish()
    (job,) = await bench.claims.take(Phase.SUBMITTING, most=1)
    assert await bench.claims.begin(job)
    await bench.provider.submit(Order(job.id, job.prompt, job.model, job.size, job.seconds))
    await bench.claims.release()  # the next process starts
    await bench.videos.remove(view.owner_id, view.id)
    await bench.submit()
    await bench.reconcile()
    await bench.sql("UPDATE video SET deleted_at = now() - interval '2 minutes'")
    await bench.purger.run()
    assert (await left(bench), bench.provider.deleted) == (0, ["remote-0"])


@pytest.mark.parametrize("complete", [False, True])
async def test_a_deleted_video_that_was_not_taken_is_let_go(bench: Bench, *, complete: bool):
    """It is never sent again, also where that would be certain not to pay twice."""
    bench.provider.profile = replace(bench.provider.profile, list_is_complete=complete)
    await lose_and_delete(bench, taken=False)
    await bench.sql("UPDATE job SET post_begun_at = now() - interval '95 seconds'")
    for _ in range(LOOKS_TO_BE_SURE if complete else LOOKS):
        await bench.purger.run()
        assert await left(bench) == 1
        await bench.reconcile()
        await bench.submit()
    await bench.purger.run()
    assert (await left(bench), len(bench.provider.orders)) == (0, 1)


async def test_a_deleted_video_is_not_looked_for_for_ever(bench: Bench):
    await lose_and_delete(bench, taken=True)
    bench.provider.on_list = [ProviderUnavailable("Away.", "unreachable")]
    await bench.reconcile()
    await bench.purger.run()
    assert await left(bench) == 1
    await bench.sql("UPDATE video SET deleted_at = now() - interval '6 minutes'")
    await bench.purger.run()
    assert await left(bench) == 0


async def test_words_of_who_left_are_kept_only_while_they_are_looked_for(bench: Bench):
    bench.provider.after_submit = [LOST]
    await bench.wish("a paper boat")
    await bench.submit()
    await bench.wish("a kite")
    async with bench.db.transaction() as tx:
        await VideoRepository(tx).disown(bench.owner_id)
    words = "SELECT array_agg(prompt ORDER BY created_at), string_agg(title, '') FROM video"
    assert await bench.read(words) == (["a paper boat", ""], "")
    bench.provider.on_delete = [ProviderUnavailable("Try again later.", "conflict")]
    await bench.reconcile()
    await bench.purger.run()
    assert await bench.read(words) == ([""], "")


async def test_what_is_still_worked_on_is_not_purged(bench: Bench, purger: Purger):
    """A job that is just being sent would be paid for and forgotten, and a file kept without a row."""
    await bench.sql("UPDATE job SET lease_until = now() + interval '30 seconds'")
    await purger.run()
    assert (await left(bench), bench.provider.deleted) == (1, [])
    await bench.sql("UPDATE job SET lease_until = now() - interval '1 second'")
    await purger.run()
    assert (await left(bench), bench.provider.deleted) == (0, ["remote-0"])


async def test_a_request_key_outlives_its_purged_video(bench: Bench):
    """A repeat that comes late must not be paid for; after a day the key is free."""
    wish = VideoWish("a paper boat")
    view = await bench.videos.create(bench.owner_id, wish, request_key="one click")
    await bench.submit()
    await bench.videos.remove(view.owner_id, view.id)
    await bench.sql("UPDATE video SET deleted_at = now() - interval '2 minutes'")
    await Purger(db=bench.db, offers=bench.offers, storage=bench.storage).run()
    assert await left(bench) == 0
    with pytest.raises(NotFound):
        await bench.videos.create(bench.owner_id, wish, request_key="one click")
    with pytest.raises(KeyReused):
        await bench.videos.create(bench.owner_id, VideoWish("a kite"), request_key="one click")
    somebody = await add_person(bench.db, "eve")
    assert (await bench.videos.create(somebody, wish, request_key="one click")).id != view.id
    await bench.submit()
    assert len(bench.provider.orders) == 2  # the one click, and somebody else's
    await bench.sql("UPDATE spent_key SET erased_at = now() - interval '25 hours'")
    assert (await bench.videos.create(bench.owner_id, wish, request_key="one click")).id != view.id


async def test_a_file_that_cannot_be_removed_keeps_no_other_one(bench: Bench, tmp_path: Path):
    stuck, free = (tmp_path / f"media/videos/a/{name}.mp4" for name in ("stuck", "free"))
    stuck.mkdir(parents=True)
    free.touch()
    for name in ("stuck", "free"):
        key = f"videos/a/{name}.mp4"
        await bench.sql("INSERT INTO trash (key, created_at) VALUES (:key, now())", key=key)
    await bench.purger.run()
    assert not free.exists()
    assert await bench.read("SELECT key FROM trash") == ("videos/a/stuck.mp4",)
    stuck.rmdir()
    await bench.purger.run()
    assert await bench.read("SELECT count(*) FROM trash") == (0,)
