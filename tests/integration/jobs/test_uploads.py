"""Pictures that people upload: how many are kept, how large, and for how long."""

import asyncio
from uuid import uuid4

import pytest

from sora_studio.domain.errors import InsufficientStorage, NotFound, TooLarge
from sora_studio.domain.video import VideoWish
from sora_studio.services.disk_space import DiskSpace
from sora_studio.services.throttle import Throttle
from sora_studio.services.videos.media import MediaService
from tests.integration.jobs.conftest import Background
from tests.support.films import picture
from tests.support.library import add_person, session_service

PICTURE = picture((320, 180), "PNG")


def media(background: Background, *, unused_max: int = 10**9, floor: int = 0) -> MediaService:
    return MediaService(
        db=background.db,
        storage=background.storage,
        disk_space=DiskSpace(background.storage, floor=floor, fresh=0.0),
        worker_pool=background.worker_pool,
        throttle=Throttle(),
        sessions=session_service(background.db),
        unused_max=unused_max,
    )


async def files(background: Background) -> int:
    pages = [page async for page in background.storage.list_pages()]
    return sum(map(len, pages))


async def test_nothing_is_kept_below_the_floor_of_free_space(background: Background):
    with pytest.raises(InsufficientStorage):
        await media(background, floor=10**18).add_reference(background.owner_id, PICTURE)
    assert await files(background) == 0


async def test_a_person_keeps_only_so_many_that_no_video_uses(background: Background):
    """One that is used or deleted makes room; somebody else's take none."""
    size = len(PICTURE)
    uploads = media(background, unused_max=2 * size)
    first, second = [await uploads.add_reference(background.owner_id, PICTURE) for _ in range(2)]
    with pytest.raises(TooLarge, match="no video uses yet"):
        await uploads.add_reference(background.owner_id, PICTURE)
    await uploads.add_reference(await add_person(background.db), PICTURE)
    await uploads.remove_reference(background.owner_id, first.id)
    await uploads.add_reference(background.owner_id, PICTURE)
    await background.videos.create(background.owner_id, VideoWish("a boat", reference_id=second.id))
    await uploads.add_reference(background.owner_id, PICTURE)
    with pytest.raises(TooLarge):
        await uploads.add_reference(background.owner_id, PICTURE)


async def test_uploads_at_the_same_time_are_counted_one_by_one(background: Background):
    uploads = media(background, unused_max=3 * len(PICTURE))
    answers = await asyncio.gather(
        *(uploads.add_reference(background.owner_id, PICTURE) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(answer, TooLarge) for answer in answers) == 5
    assert await files(background) == 3


async def test_a_deleted_upload_is_gone_with_its_file(background: Background):
    upload = await background.media.add_reference(background.owner_id, PICTURE)
    for owner_id, reference_id in ((uuid4(), upload.id), (background.owner_id, uuid4())):
        with pytest.raises(NotFound):
            await background.media.remove_reference(owner_id, reference_id)
    await background.media.remove_reference(background.owner_id, upload.id)
    with pytest.raises(NotFound):
        await background.media.reference_upload(background.owner_id, upload.id)
    await background.purger.run()
    assert await files(background) == 0
