"""Files in an object store, over S3's own protocol."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from sora_studio.config import load
from sora_studio.domain.errors import StorageError
from sora_studio.domain.media import ByteRange
from sora_studio.domain.ports import Storage
from sora_studio.storage.near_copies import NearCopies
from sora_studio.storage.opening import open_storage
from tests.support.object_store import Bucket
from tests.support.proxy import Proxy, proxied
from tests.support.waiting import eventually

FILM, PICTURE = "videos/0b1c/film.mp4", "videos/0b1c/film-320.webp"
LARGE = 20 * 1024 * 1024  # bytes: four parts


def storage_in(bucket: Bucket, folder: Path, **environ: str) -> Storage:
    return open_storage(load({**bucket.environ(), **environ}, data_dir=folder))


@pytest.fixture
def storage(bucket: Bucket, tmp_path: Path) -> Storage:
    return storage_in(bucket, tmp_path)


@pytest.fixture
async def line(bucket: Bucket) -> AsyncIterator[Proxy]:
    async with proxied(bucket.upstream) as proxy:
        yield proxy


@pytest.fixture
def far_storage(bucket: Bucket, line: Proxy, tmp_path: Path) -> Storage:
    """Return a storage behind a line that can be made bad."""
    return storage_in(bucket, tmp_path, SORA_STUDIO_S3_ENDPOINT=f"http://127.0.0.1:{line.port}")


def spooled(storage: Storage, data: bytes = b"film") -> Path:
    path = storage.spool()
    path.write_bytes(data)
    return path


async def opened(storage: Storage, key: str = FILM, span: ByteRange | None = None) -> bytes:
    async with storage.open(key, span) as chunks:
        return b"".join([chunk async for chunk in chunks])


async def test_a_stored_file_is_found_under_the_prefix_and_its_spool_is_empty(
    storage: Storage, bucket: Bucket
):
    path = spooled(storage)
    await storage.put(path, FILM)
    assert (await storage.read(FILM), path.exists(), bucket.content()) == (b"film", False, {f"studio/{FILM}"})
    known = await storage.stat(FILM)
    assert known
    assert (known.key, known.bytes) == (FILM, 4)
    assert datetime.now(UTC) - known.modified_at < timedelta(minutes=1)


async def test_a_large_file_goes_in_parts_and_comes_back_whole(storage: Storage, bucket: Bucket):
    data = os.urandom(LARGE)
    await storage.put(spooled(storage, data), FILM)
    assert bucket.etag(f"studio/{FILM}").endswith('-4"')
    assert await opened(storage) == data
    assert await opened(storage, span=ByteRange(LARGE - 6_000_000, LARGE - 1)) == data[-6_000_000:-1]
    async with storage.materialise(FILM) as path:
        assert path.read_bytes() == data
    assert not path.exists()


@pytest.mark.parametrize("key", [FILM, PICTURE])
@pytest.mark.parametrize(
    ("span", "expected"),
    [((0, 10), b"0123456789"), ((3, 7), b"3456"), ((9, 10), b"9"), ((8, 99), b"89"), ((99, 100), b"")],
    ids=str,
)
async def test_some_bytes_of_a_file(storage: Storage, key: str, span: tuple[int, int], expected: bytes):
    await storage.put(spooled(storage, b"0123456789"), key)
    assert await opened(storage, key, ByteRange(*span)) == expected


async def test_what_is_not_there_is_said_by_everything_that_reads(storage: Storage):
    for use in (
        storage.read(FILM),
        storage.open(FILM).__aenter__(),
        storage.open(PICTURE).__aenter__(),
        storage.materialise(FILM).__aenter__(),
    ):
        with pytest.raises(StorageError, match="is missing from storage"):
            await use
    assert await storage.stat(FILM) is None
    await storage.delete(FILM)
    with pytest.raises(StorageError):
        await storage.put(Path("/gone"), FILM)
    with pytest.raises(StorageError, match="is not a storage key"):
        await storage.stat("../secret")


async def test_every_file_is_listed_and_a_probe_is_none(storage: Storage, bucket: Bucket, tmp_path: Path):
    assert [page async for page in storage.list_pages()] == []
    await storage.probe()
    keys = {f"videos/{number:03}/film.mp4" for number in range(12)}
    await asyncio.gather(*(storage.put(spooled(storage), key) for key in keys))
    other = storage_in(bucket, tmp_path, SORA_STUDIO_MEDIA_URL=f"s3://{bucket.name}/other")
    await other.put(spooled(other), FILM)
    listed = [file.key for page in [page async for page in storage.list_pages()] for file in page]
    assert (len(listed), set(listed)) == (12, keys)
    await storage.delete(min(keys))
    assert await storage.stat(min(keys)) is None


async def test_a_reader_is_not_given_halves_of_two_files(storage: Storage):
    await storage.put(spooled(storage, bytes(2_000_000)), FILM)
    async with storage.open(FILM) as chunks:
        assert await anext(chunks)
        await storage.put(spooled(storage, b"?" * 2_000_000), FILM)
        with pytest.raises(StorageError, match="412"):
            await anext(chunks)


async def test_a_picture_is_kept_near_for_an_hour(bucket: Bucket, storage: Storage, tmp_path: Path):
    await storage.put(spooled(storage, b"old"), PICTURE)
    assert await storage.read(PICTURE) == b"old"
    elsewhere = storage_in(bucket, tmp_path / "two")
    await elsewhere.put(spooled(elsewhere, b"new"), PICTURE)
    assert (await storage.read(PICTURE), await elsewhere.read(PICTURE)) == (b"old", b"new")
    [near] = (tmp_path / "cache/pictures").iterdir()
    an_hour_ago = time.time() - 3601
    os.utime(near, (an_hour_ago, an_hour_ago))
    assert await opened(storage, PICTURE) == b"new"
    os.utime(near, (an_hour_ago, an_hour_ago))
    storage.sweep()
    assert not near.exists()
    await storage.put(spooled(storage, b"last"), PICTURE)
    assert await storage.read(PICTURE) == b"last"
    await elsewhere.put(spooled(elsewhere, b"more"), PICTURE)
    assert await storage.stat(PICTURE), "an answer says its length, and then has to have as much"
    assert await storage.read(PICTURE) == b"more"


def test_only_so_much_is_kept_near_and_nothing_that_has_changed_meanwhile(tmp_path: Path):
    near = NearCopies(tmp_path, most=40)
    near.keep("a", b"1" * 8, "etag", before := near.changes)
    near.drop("b")
    near.keep("b", b"2" * 8, "etag", before)
    assert (near.find("a"), near.find("b"), len([*tmp_path.iterdir()])) == (b"1" * 8, None, 1)
    for number in range(9):
        near.keep(f"{number}", b"3" * 8, "etag", near.changes)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 40 * 1.5


async def test_what_a_killed_process_left_is_swept(storage: Storage):
    left = spooled(storage)
    assert (storage.sweep(), left.exists()) == (1, False)
    assert 0 < storage.free_bytes() <= storage.size_bytes()


@pytest.mark.parametrize("size", [4, LARGE])
async def test_a_server_that_goes_away_loses_nothing(
    far_storage: Storage, storage: Storage, line: Proxy, size: int
):
    """In the middle, for good: the spooled file is there, a sentence says why, and the next attempt works."""
    path = spooled(far_storage, data := os.urandom(size))
    line.limit_data(40)  # of answers
    putting = asyncio.create_task(far_storage.put(path, FILM))
    await eventually(lambda: line.accepted > 0)
    await line.down()
    with pytest.raises(StorageError, match="The object store does not answer"):
        await putting
    assert path.read_bytes() == data
    line.clear()
    line.up()
    await far_storage.put(path, FILM)
    assert await opened(storage) == data


async def test_a_line_that_breaks_is_tried_again(far_storage: Storage, line: Proxy):
    data = os.urandom(3_000_000)
    await far_storage.put(spooled(far_storage, data), FILM)
    async with far_storage.open(FILM) as chunks:
        got = await anext(chunks)
        line.reset_peer()
        got += b"".join([chunk async for chunk in chunks])
    assert got == data


async def test_without_a_server_nothing_is_said_to_be_lost(far_storage: Storage, line: Proxy):
    await line.down()
    for use in (far_storage.stat(FILM), far_storage.probe()):
        with pytest.raises(StorageError, match="The object store does not answer"):
            await use


async def test_a_bucket_that_is_not_there_is_said_by_its_status(bucket: Bucket, tmp_path: Path):
    storage = storage_in(bucket, tmp_path, SORA_STUDIO_MEDIA_URL="s3://nobodys-bucket")
    for use in (storage.probe(), storage.stat(FILM)):
        with pytest.raises(StorageError, match=r"404 \(NoSuchBucket\)"):
            await use


async def test_a_browser_reads_a_film_by_itself_where_that_is_wanted(bucket: Bucket, tmp_path: Path):
    storage = storage_in(bucket, tmp_path, SORA_STUDIO_S3_PUBLIC_ENDPOINT=bucket.endpoint)
    await storage.put(spooled(storage, b"0123456789"), FILM)
    link = storage.link(FILM, "video/mp4", "attachment; filename*=UTF-8''Ein%20B%C3%A4r.mp4")
    assert link
    async with httpx.AsyncClient() as http:
        part = await http.get(link, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"234")
    assert part.headers["content-disposition"] == "attachment; filename*=UTF-8''Ein%20B%C3%A4r.mp4"
    assert part.headers["content-type"] == "video/mp4"
    assert storage.link(FILM, "video/mp4", "inline") == storage.link(FILM, "video/mp4", "inline")
    assert storage_in(bucket, tmp_path).link(FILM, "video/mp4", "inline") is None
