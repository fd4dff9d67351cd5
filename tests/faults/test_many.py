"""F56, F57, F60: many at once, people who leave, and other versions of the schema."""

import asyncio
from contextlib import suppress

from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from alembic import command
from sora_studio.db.migrations import alembic_config
from sora_studio.domain.errors import Unavailable
from sora_studio.domain.tasks import TaskName
from sora_studio.domain.video import Phase, VideoView, VideoWish
from tests.support.accounts import PASSWORD, sign_up
from tests.support.harness import StudioHarness


async def test_a_hundred_at_once_under_one_key_are_one_video(harness: StudioHarness):
    """F56, as far as there are limits: one key, one job, one charge."""
    wish, create = VideoWish(f"a kite {harness.mark}"), harness.studio.services.videos.create

    async def insist() -> VideoView:
        while True:
            with suppress(Unavailable):  # on a busy machine not all get a connection in time, and ask again
                return await create(harness.owner_id, wish, idempotency_key="key")

    views = await asyncio.gather(*(insist() for _ in range(100)))
    assert len({view.id for view in views}) == 1
    assert (await harness.until(views[0])).phase is Phase.COMPLETED
    assert await harness.posts(views[0]) == len(await harness.taken()) == 1
    await harness.audit()


async def test_a_version_back_and_forth_with_jobs_in_flight(harness: StudioHarness):
    """F60: what the older schema cannot hold is forgotten, and every job ends."""
    await harness.box.fault(video={"set": {"status": "in_progress"}})
    views = [await harness.ask(f"wish {number}") for number in range(5)]
    for view in views:
        await harness.until(view, Phase.IN_PROGRESS)
    url = harness.settings.database_url
    assert url
    await asyncio.to_thread(_back_and_forth, url.get_secret_value())
    harness.log.clear()  # this version may miss what the older schema has not, and says so
    await harness.box.clear()
    await harness.sql("UPDATE job SET lease_until = now() WHERE lease_until IS NOT NULL")
    for view in views:
        assert (await harness.until(view)).phase is Phase.COMPLETED
        assert await harness.posts(view) == 1
    await harness.audit(history=False)


def _back_and_forth(url: str) -> None:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    for step, target in ((command.downgrade, "-1"), (command.upgrade, "head")):
        with engine.connect() as connection:
            step(alembic_config(connection), target)
            connection.commit()
    engine.dispose()


async def test_somebody_leaves_while_their_videos_are_made(harness: StudioHarness):
    """F57: no paid job of theirs is forgotten at the provider, not even one whose POST is on its way."""
    accounts = harness.studio.services.accounts
    guest = await accounts.identify((await sign_up(accounts, harness.mark)).access_token)
    done = await harness.ask("done", owner_id=guest.user_id)
    await harness.until(done)
    await harness.box.fault(job={"instant_ms": 1000})
    made = await harness.ask("being made", owner_id=guest.user_id)
    mine = await harness.ask("mine")
    await harness.until(made, Phase.QUEUED, Phase.IN_PROGRESS)
    await harness.box.fault(create={"accept": True, "delay_ms": 1000})
    await harness.ask("being sent", owner_id=guest.user_id)
    await harness.wait(
        lambda: harness.sql("SELECT FROM job WHERE submit_started_at IS NOT NULL AND remote_id IS NULL")
    )
    await accounts.delete_account(guest, PASSWORD)
    kept = await harness.sql("SELECT prompt FROM video WHERE owner_id IS NULL AND prompt <> ''")
    assert ["being sent" in row.prompt for row in kept] in ([True], []), "these words are still needed"

    async def is_gone() -> bool:
        harness.studio.wake(TaskName.PURGE)
        return not await harness.sql("SELECT FROM video WHERE owner_id IS NULL")

    await harness.wait(is_gone)
    assert (await harness.until(mine)).phase is Phase.COMPLETED
    theirs = [job for job in await harness.taken() if "mine" not in job["prompt"]]
    assert len(theirs) == 3
    assert all(job["deleted_at"] for job in theirs)
    assert await harness.sql("SELECT FROM trash") == []
    await harness.audit()
