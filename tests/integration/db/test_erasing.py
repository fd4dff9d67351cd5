"""What can be brought back keeps its files: the purge and an undo never have the same video."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Executable, func, update
from sqlmodel import col, select

from sora_studio.db.assets import AssetRepository
from sora_studio.db.engine import Database
from sora_studio.db.models import AssetRow, BatchRow, TrashRow, VideoRow
from sora_studio.db.videos import VideoRepository
from sora_studio.domain.batch import BatchAct, BatchAction, Selection
from sora_studio.domain.errors import NotFound
from sora_studio.services.videos.marks import BatchService
from tests.support.library import START, add_person, add_videos

MINUTE = timedelta(minutes=1)


async def run(db: Database, statement: Executable) -> None:
    async with db.transaction() as tx:
        await (await tx.connection()).execute(statement)


async def doomed(db: Database) -> list[UUID]:
    async with db.transaction() as tx:
        return [each[0] for each in await AssetRepository(tx).doomed(older_than=MINUTE, limit=9)]


async def delete(db: Database, person: UUID, video: UUID, *, ago: timedelta) -> None:
    async with db.transaction() as tx:
        await VideoRepository(tx).mark_deleted(person, video, ago=ago)


def a_file(of: UUID) -> AssetRow:
    return AssetRow(
        video_id=of,
        variant="video",
        key=of.hex,
        content_type="video/mp4",
        bytes=1,
        sha256="-",
        width=1,
        height=1,
    )


async def test_what_came_back_keeps_its_files(database: Database):
    ada = await add_person(database)
    one, two = await add_videos(database, ada, "one", "two")
    async with database.transaction() as tx:
        await AssetRepository(tx).add(map(a_file, (one, two)))
    await delete(database, ada, two, ago=2 * MINUTE)
    async with database.transaction() as tx:
        await AssetRepository(tx).erase([one, two])
        assert (await tx.exec(select(TrashRow.key))).all() == [two.hex]
        assert (await tx.exec(select(VideoRow.id))).all() == [one]


async def test_what_somebody_restores_is_not_doomed(database: Database):
    ada = await add_person(database)
    (one,) = await add_videos(database, ada, "one")
    await delete(database, ada, one, ago=2 * MINUTE)
    async with database.transaction() as tx:
        await VideoRepository(tx).hold(one)
        assert await doomed(database) == []
    assert await doomed(database) == [one]


async def test_the_minute_is_over_by_the_time_at_which_a_video_is_held(database: Database):
    ada = await add_person(database)
    (one,) = await add_videos(database, ada, "one")
    async with database.transaction() as tx:
        began = (await tx.exec(select(func.now()))).one()
        just_young = update(VideoRow).values(deleted_at=began - MINUTE + timedelta(microseconds=1))
        await run(database, just_young)
        with pytest.raises(NotFound):
            await VideoRepository(tx).restore(ada, one, within=MINUTE)


async def test_a_batch_keeps_its_videos_until_its_own_minute_is_over(database: Database):
    """It ends a minute after the last of them, and goes then, as nobody can undo it."""
    ada = await add_person(database)
    (one,) = await add_videos(database, ada, "one")
    batch = BatchAct.of(BatchAction.DELETE)
    await BatchService(db=database).act(ada, Selection((one,)), batch)
    await run(database, update(VideoRow).values(deleted_at=col(VideoRow.deleted_at) - 2 * MINUTE))
    assert await doomed(database) == []
    await run(database, update(BatchRow).values(expires_at=START))
    assert await doomed(database) == [one]
    async with database.transaction() as tx:
        assert (await tx.exec(select(BatchRow.id))).all() == []
