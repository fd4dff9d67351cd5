"""Characters: made once from a film, and named in videos."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sora_studio.db.engine import Database
from sora_studio.domain.errors import (
    Conflict,
    ContentRejected,
    IdempotencyKeyReused,
    InvalidInput,
    LimitReached,
    NotFound,
    ProviderUnavailable,
    SubmitUnclear,
    TooLarge,
    Unsupported,
)
from sora_studio.domain.ids import new_id
from sora_studio.domain.media import FILM_MAX_BYTES
from sora_studio.domain.video import Variant, VideoWish
from sora_studio.services.worker_pool import WorkerPool
from sora_studio.storage.local import LocalStorage
from tests.integration.jobs.conftest import Background
from tests.integration.jobs.test_edits import ABLE
from tests.support.films import film
from tests.support.library import add_person
from tests.support.provider import FakeProvider

LOST = SubmitUnclear("The connection broke.", "connection_lost")


class Studio(Background):
    """A bench with characters, at a provider that can do everything."""

    def spooled(self) -> list[Path]:
        return [*(self.storage._root / "tmp").glob("*")]


@pytest.fixture
async def background(database: Database, worker_pool: WorkerPool, tmp_path: Path) -> Studio:
    """At a provider that can do everything."""
    storage = LocalStorage(tmp_path / "media")
    return Studio(database, FakeProvider(ABLE), storage, worker_pool, await add_person(database))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A film that a character can be made from."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    return film(path, size=(1280, 720), seconds=2, fps=6).read_bytes()


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 65_536):
        yield data[start : start + 65_536]


async def test_a_character_is_made_once_and_kept(background: Studio, clip: bytes):
    made = await background.characters.create(background.owner_id, "  Nova ", chunks(clip))
    assert (made.name, made.provider, made.remote_id) == ("Nova", "fake", "char-0")
    assert background.provider.characters == {"char-0": "Nova"}
    assert background.provider.character_keys == [made.id]
    assert await background.characters.list_all(background.owner_id) == (made,)
    assert await background.characters.get(background.owner_id, made.id) == made
    assert background.spooled() == []
    await background.characters.remove(background.owner_id, made.id)
    with pytest.raises(NotFound):
        await background.characters.remove(background.owner_id, made.id)
    assert await background.characters.list_all(background.owner_id) == ()


async def test_a_strangers_character_is_not_there(background: Studio, clip: bytes):
    made = await background.characters.create(background.owner_id, "Nova", chunks(clip))
    stranger = await add_person(background.db)
    with pytest.raises(NotFound):
        await background.characters.get(stranger, made.id)
    with pytest.raises(NotFound):
        await background.characters.remove(stranger, made.id)
    with pytest.raises(NotFound):
        await background.videos.create(stranger, VideoWish("Nova waves", characters=(made.id,)))
    assert await background.characters.list_all(stranger) == ()


async def test_out_of_a_finished_video(background: Studio, clip: bytes):
    view = await background.wish()
    with pytest.raises(Conflict):
        await background.characters.create(background.owner_id, "Nova", view.id)
    await background.submit()
    background.provider.finish("remote-0", clip)
    await background.refresh()
    await background.archive()
    made = await background.characters.create(background.owner_id, "Nova", view.id)
    assert made.provider == "fake"
    assert background.path(await background.media.file(background.owner_id, view.id, Variant.VIDEO)).exists()
    with pytest.raises(NotFound):
        await background.characters.create(await add_person(background.db), "Nova", view.id)


async def test_a_lost_answer_is_said_in_words_and_nothing_is_kept(background: Studio, clip: bytes):
    """There is no list to look in: the person decides, and the same key goes to the provider again."""
    background.provider.on_character = [LOST]
    with pytest.raises(Conflict, match="no way to tell whether it made Nova"):
        await background.characters.create(background.owner_id, "Nova", chunks(clip), idempotency_key="k")
    assert len(background.provider.character_keys) == 1
    assert await background.characters.list_all(background.owner_id) == ()
    made = await background.characters.create(background.owner_id, "Nova", chunks(clip), idempotency_key="k")
    assert background.provider.character_keys == [made.id, made.id]


async def test_a_request_key_makes_one_character(background: Studio, clip: bytes):
    first, again = [
        await background.characters.create(background.owner_id, "Nova", chunks(clip), idempotency_key="k")
        for _ in range(2)
    ]
    assert first == again
    assert len(background.provider.character_keys) == 1
    with pytest.raises(IdempotencyKeyReused):
        await background.characters.create(background.owner_id, "Rex", chunks(clip), idempotency_key="k")
    stranger = await add_person(background.db)
    other = await background.characters.create(stranger, "Nova", chunks(clip), idempotency_key="k")
    assert other.id != first.id


async def test_a_request_key_stands_for_name_film_and_provider(
    background: Studio, clip: bytes, tmp_path: Path
):
    """A film counts by its content, a video by its id."""
    another = film(tmp_path / "another.mp4", size=(1280, 720), seconds=3, fps=6).read_bytes()
    await background.characters.create(background.owner_id, "Nova", chunks(clip), idempotency_key="k")
    for given, provider in ((another, None), (clip, "fake"), (clip, "elsewhere")):
        with pytest.raises(IdempotencyKeyReused):
            await background.characters.create(
                background.owner_id, "Nova", chunks(given), provider=provider, idempotency_key="k"
            )
    with pytest.raises(IdempotencyKeyReused):
        await background.characters.create(background.owner_id, "Nova", new_id(), idempotency_key="k")
    assert len(background.provider.character_keys) == 1
    assert background.spooled() == []


async def test_two_at_once_under_one_key_are_one_post(background: Studio, clip: bytes):
    made = await asyncio.gather(
        *(
            background.characters.create(background.owner_id, "Nova", chunks(clip), idempotency_key="k")
            for _ in range(2)
        ),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in made) == ["CharacterView", "LimitReached"]
    assert len(background.provider.character_keys) == 1


@pytest.mark.parametrize(
    ("trouble", "raised"),
    [
        (ContentRejected("A person is in it.", "moderation_blocked"), InvalidInput),
        (Unsupported("No such route.", "http_404"), InvalidInput),
        (ProviderUnavailable("Later.", "busy"), ProviderUnavailable),
    ],
)
async def test_a_refusal_keeps_nothing(background: Studio, clip: bytes, trouble, raised):
    background.provider.on_character = [trouble]
    with pytest.raises(raised):
        await background.characters.create(background.owner_id, "Nova", chunks(clip))
    assert await background.characters.list_all(background.owner_id) == ()
    assert background.spooled() == []


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "half a \ud83d", "a\0b"])
async def test_names_that_are_none(background: Studio, clip: bytes, name: str):
    with pytest.raises(InvalidInput) as caught:
        await background.characters.create(background.owner_id, name, chunks(clip))
    assert caught.value.param == "name"


@pytest.mark.parametrize(
    ("size", "seconds"),
    [((1280, 720), 1.0), ((1280, 720), 5.0), ((640, 360), 2.0), ((960, 720), 2.0), ((2560, 1440), 2.0)],
)
async def test_films_that_do_not_do(
    background: Studio, tmp_path: Path, size: tuple[int, int], seconds: float
):
    path = film(tmp_path / "clip.mp4", size=size, seconds=seconds, fps=2)
    with pytest.raises(InvalidInput, match="2 to 4 seconds"):
        await background.characters.create(background.owner_id, "Nova", chunks(path.read_bytes()))
    assert background.provider.character_keys == []


async def test_what_a_film_says_of_itself_is_checked_before_it_is_decoded(background: Studio, tmp_path: Path):
    """Nobody's time goes into a film that would not do anyway: that this one is damaged is never seen."""
    data = bytearray(film(tmp_path / "clip.mp4", size=(2560, 1440), seconds=2, fps=6).read_bytes())
    start, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    data[start:end] = bytes(end - start)
    with pytest.raises(InvalidInput, match=r"this one has 2\.0 seconds, 2560x1440"):
        await background.characters.create(background.owner_id, "Nova", chunks(bytes(data)))


async def test_a_person_has_one_character_made_at_a_time(background: Studio, clip: bytes):
    arriving, here = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        arriving.set()
        await here.wait()
        yield clip

    first = asyncio.create_task(background.characters.create(background.owner_id, "Nova", slow()))
    await arriving.wait()
    with pytest.raises(LimitReached):
        await background.characters.create(background.owner_id, "Rex", chunks(clip))
    assert (
        await background.characters.create(await add_person(background.db), "Bo", chunks(clip))
    ).name == "Bo"
    here.set()
    assert (await first).name == "Nova"
    assert (await background.characters.create(background.owner_id, "Rex", chunks(clip))).name == "Rex"


async def test_files_that_are_no_film(background: Studio, clip: bytes):
    for data in (b"", b"GIF89a" * 10, clip[:-1000]):
        with pytest.raises(InvalidInput) as caught:
            await background.characters.create(background.owner_id, "Nova", chunks(data))
        assert (caught.value.param, caught.value.code) == ("video", "invalid_file")
    assert background.provider.character_keys == []
    assert background.spooled() == []


async def test_a_film_without_end_is_cut_off(background: Studio):
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(2**20)

    with pytest.raises(TooLarge):
        await background.characters.create(background.owner_id, "Nova", endless())
    assert background.spooled() == []
    assert FILM_MAX_BYTES < 2**30


async def test_a_provider_that_makes_none(background: Studio, clip: bytes, tmp_path: Path):
    unable = Studio(
        background.db, FakeProvider(), LocalStorage(tmp_path), background.worker_pool, background.owner_id
    )
    with pytest.raises(InvalidInput, match="Fake cannot make characters"):
        await unable.characters.create(unable.owner_id, "Nova", chunks(clip))
    with pytest.raises(InvalidInput, match="nobody cannot make characters"):
        await unable.characters.create(unable.owner_id, "Nova", chunks(clip), provider="nobody")


async def test_a_video_names_its_characters(background: Studio, clip: bytes):
    nova = await background.characters.create(background.owner_id, "Nova", chunks(clip))
    wish = VideoWish("Nova waves at the sea", characters=(nova.id, nova.id))
    view = await background.videos.create(background.owner_id, wish, idempotency_key="k")
    assert view.characters == (nova.remote_id,)
    await background.submit()
    assert background.provider.orders[0].characters == (nova.remote_id,)
    await background.characters.remove(background.owner_id, nova.id)
    assert (await background.videos.create(background.owner_id, wish, idempotency_key="k")).id == view.id
    with pytest.raises(IdempotencyKeyReused):
        await background.videos.create(
            background.owner_id, VideoWish("Nova waves at the sea"), idempotency_key="k"
        )


async def test_characters_that_cannot_appear(background: Studio, clip: bytes):
    cast = [
        await background.characters.create(background.owner_id, name, chunks(clip))
        for name in ("Nova", "Rex", "Bo")
    ]
    nova = cast[0]
    bad = (
        ("nova waves", (nova.id,), "“Nova” is not in it"),
        ("Nova, Rex and Bo wave", tuple(each.id for each in cast), "at most 2"),
    )
    for prompt, characters, words in bad:
        with pytest.raises(InvalidInput, match=words):
            await background.videos.create(background.owner_id, VideoWish(prompt, characters=characters))
    await background.sql("UPDATE character SET provider = 'elsewhere'")
    with pytest.raises(InvalidInput, match="another provider"):
        await background.videos.create(background.owner_id, VideoWish("Nova waves", characters=(nova.id,)))
    assert (await background.videos.count_library(background.owner_id)).all == 0
