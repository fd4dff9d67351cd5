"""What is deleted here is deleted at the provider, too, however long that takes it."""

import pytest
from sqlalchemy import text

from sora_studio.domain.errors import KeyReused, NotFound, ProviderUnavailable, Unsupported
from sora_studio.domain.video import VideoWish
from sora_studio.services.tracking.purge import Purger
from tests.integration.tracking.conftest import Bench
from tests.support.library import add_person


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


async def test_a_provider_that_cannot_is_not_waited_for(bench: Bench, purger: Purger):
    bench.provider.on_delete = [Unsupported("Method not allowed.", "http_405")]
    await purger.run()
    assert (await left(bench), bench.provider.deleted) == (0, [])


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
