"""Pictures that people upload: how many are kept, how large, and for how long."""

import asyncio
import struct
from dataclasses import replace
from uuid import uuid4

import pytest

from sora_studio.domain.errors import InsufficientStorage, InvalidInput, NotFound, TooLarge
from sora_studio.domain.inputs import Role
from sora_studio.domain.profile import Operation, Preset
from sora_studio.domain.video import Kind, VideoWish
from sora_studio.providers.card_files import shipped_cards
from sora_studio.services.disk_space import DiskSpace
from sora_studio.services.throttle import Throttle
from sora_studio.services.videos.media import MediaService
from sora_studio.services.videos.uploads import UploadService
from tests.integration.jobs.conftest import Background
from tests.support.films import picture
from tests.support.inputs import first_frame, given, once
from tests.support.library import add_person, authenticator_of
from tests.support.provider import FakeProvider

PICTURE = picture((320, 180), "PNG")


def uploads_of(background: Background, *, unused_max: int = 10**9, floor: int = 0) -> UploadService:
    disk_space = DiskSpace(background.storage, floor=floor, fresh=0.0)
    db, storage = background.db, background.storage
    return UploadService(
        db=db,
        storage=storage,
        media=MediaService(db=db, storage=storage, disk_space=disk_space, authenticator=authenticator_of(db)),
        worker_pool=background.worker_pool,
        throttle=Throttle(),
        unused_max=unused_max,
    )


async def files(background: Background) -> int:
    pages = [page async for page in background.storage.list_pages()]
    return sum(map(len, pages))


async def test_nothing_is_kept_below_the_floor_of_free_space(background: Background):
    with pytest.raises(InsufficientStorage):
        await uploads_of(background, floor=10**18).add(background.owner_id, once(PICTURE))
    assert await files(background) == 0


async def test_a_person_keeps_only_so_many_that_no_video_uses(background: Background):
    """One that is used or deleted makes room; somebody else's take none."""
    size = len(PICTURE)
    uploads = uploads_of(background, unused_max=2 * size)
    first, second = [await uploads.add(background.owner_id, once(PICTURE)) for _ in range(2)]
    with pytest.raises(TooLarge, match="no video uses yet"):
        await uploads.add(background.owner_id, once(PICTURE))
    await uploads.add(await add_person(background.db), once(PICTURE))
    await uploads.remove(background.owner_id, first.id)
    await uploads.add(background.owner_id, once(PICTURE))
    await background.videos.create(background.owner_id, VideoWish("a boat", inputs=(first_frame(second.id),)))
    await uploads.add(background.owner_id, once(PICTURE))
    with pytest.raises(TooLarge):
        await uploads.add(background.owner_id, once(PICTURE))


async def test_uploads_at_the_same_time_are_counted_one_by_one(background: Background):
    uploads = uploads_of(background, unused_max=3 * len(PICTURE))
    answers = await asyncio.gather(
        *(uploads.add(background.owner_id, once(PICTURE)) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(answer, TooLarge) for answer in answers) == 5
    assert await files(background) == 3


async def test_a_deleted_upload_is_gone_with_its_file(background: Background):
    upload = await background.uploads.add(background.owner_id, once(PICTURE))
    for owner_id, reference_id in ((uuid4(), upload.id), (background.owner_id, uuid4())):
        with pytest.raises(NotFound):
            await background.uploads.remove(owner_id, reference_id)
    await background.uploads.remove(background.owner_id, upload.id)
    with pytest.raises(NotFound):
        await background.uploads.get(background.owner_id, upload.id)
    await background.purger.run()
    assert await files(background) == 0


def wav(seconds: float) -> bytes:
    """Return a tone as it is recorded: 8,000 samples a second."""
    samples = bytes(128 + int(100 * (place % 40 < 20)) for place in range(int(8000 * seconds)))
    head = struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    body = b"WAVEfmt " + head + b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body


async def test_films_and_sounds_are_checked_and_stay_as_they_are(background: Background, mp4: bytes):
    """Of a day, of as many bytes and seconds as are allowed; what only looks like one is refused."""
    film = await background.uploads.add(background.owner_id, once(mp4))
    sound = await background.uploads.add(background.owner_id, once(wav(1.5)))
    assert (film.content_type, film.width, film.height, film.seconds) == ("video/mp4", 320, 180, 4.0)
    assert (sound.content_type, sound.width, sound.seconds) == ("audio/wav", 0, 1.5)
    kept = await background.uploads.file(background.owner_id, film.id)
    assert await background.storage.read(kept.key) == mp4
    long = wav(1)[:40] + struct.pack("<I", 8000 * 400) + bytes(8000 * 400)
    for hostile, words in (
        (mp4[: len(mp4) // 2], "cut short"),
        (b"\0\0\0\x18ftypmp42" + bytes(64), "MP4|cut short"),
        (b"RIFF\x10\0\0\0WAVE" + bytes(64), "no sound|damaged"),
        (b"ID3" + bytes(64), "no sound|damaged"),
        (long, "5 minutes"),
        (b"#EXTM3U\nfile:///etc/passwd\n", "PNG, JPEG or WebP"),
    ):
        with pytest.raises(InvalidInput, match=words) as refused:
            await background.uploads.add(background.owner_id, once(hostile))
        assert refused.value.param in {"file", "input_reference"}
    with pytest.raises(TooLarge, match="15 MB"):
        await background.uploads.add(background.owner_id, once(wav(0) + bytes(16 * 2**20)))
    assert await files(background) == 2


async def test_everything_that_goes_in_is_kept_in_order_and_sent(background: Background, mp4: bytes):
    """What was uploaded may be deleted in the meantime: a video has files of its own, until it goes."""
    profile = replace(background.provider.profile, kind=Preset.VLLM_OMNI, cards=shipped_cards())
    profile = replace(profile, models=(profile.plain("MiniMax-H3"),))
    background.provider.profile = profile
    work = Background(
        background.db, background.provider, background.storage, background.worker_pool, background.owner_id
    )
    film, sound, still = [
        await work.uploads.add(work.owner_id, once(data)) for data in (mp4, wav(1), PICTURE)
    ]
    roles = {Role.PICTURE: still.id, Role.FILM: film.id, Role.SOUND: sound.id}
    inputs = (given(Role.PICTURE, PICTURE), *(given(role, each) for role, each in roles.items()))
    video = await work.videos.create(work.owner_id, VideoWish("a kite", inputs=inputs))
    for each in roles.values():
        await work.uploads.remove(work.owner_id, each)
    await work.purger.run()
    await work.submit()
    (order,) = work.provider.orders
    assert [each.role for each in order.inputs] == [Role.PICTURE, *roles]
    assert [each.path.read_bytes() for each in order.inputs[2:]] == [mp4, wav(1)]
    assert [each.seconds for each in await work.inputs.of(work.owner_id, video.id)] == [None, None, 4.0, 1.0]
    assert await work.inputs.of(uuid4(), video.id) == ()
    await work.videos.remove(work.owner_id, video.id, at_once=True)
    await background.sql("UPDATE job SET lease_until = NULL")
    await work.purger.run()
    await work.purger.run()
    assert await files(background) == 0


async def test_an_input_is_what_its_role_wants(background: Background, mp4: bytes):
    profile = replace(background.provider.profile, kind=Preset.VLLM_OMNI, cards=shipped_cards())
    background.provider.profile = replace(profile, models=(profile.plain("MiniMax-H3"),))
    work = Background(
        background.db, background.provider, background.storage, background.worker_pool, background.owner_id
    )
    film = await work.uploads.add(work.owner_id, once(mp4))
    strangers = await work.uploads.add(await add_person(background.db), once(mp4))
    for each, param in (
        (given(Role.FIRST_FRAME, film.id), "input_reference"),
        (given(Role.SOUND, film.id), "sounds"),
        (given(Role.FILM, strangers.id), "films"),
        (given(Role.FILM, PICTURE), "films"),
    ):
        with pytest.raises(InvalidInput) as refused:
            await work.videos.create(work.owner_id, VideoWish("a kite", inputs=(each,)))
        assert refused.value.param == param
    assert await files(background) == 2


async def test_an_uploaded_film_is_extended_by_what_is_added(background: Background, mp4: bytes):
    profile = replace(background.provider.profile, operations=frozenset(Operation), any_size=True)
    work = replace(background, provider=FakeProvider(profile))
    film = await work.uploads.add(work.owner_id, once(mp4))
    wish = VideoWish("it goes on", seconds="8", inputs=(given(Role.EXTEND, film.id),))
    view = await work.videos.create(work.owner_id, wish)
    assert (view.kind, view.size, view.seconds, view.price_micros) == (Kind.EXTEND, "320x180", "12", 800_000)
    await work.submit()
    (order,) = work.provider.orders
    assert (order.kind, order.source, order.seconds) == (Kind.EXTEND, None, "8")
