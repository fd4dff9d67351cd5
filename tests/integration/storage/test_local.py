"""Local storage on a real disk."""

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sora_studio.domain.errors import StorageError
from sora_studio.domain.media import ByteRange
from sora_studio.storage.local import LocalStorage

KEY = "videos/0b1c/video.mp4"


@pytest.fixture
def storage(tmp_path):
    return LocalStorage(tmp_path / "media")


def spooled(storage, data=b"film"):
    """Spool a file with some bytes."""
    path = storage.spool()
    path.write_bytes(data)
    return path


async def test_a_stored_file_is_found_and_its_spool_is_empty(storage):
    path = spooled(storage)
    await storage.put(path, KEY)
    assert await storage.read(KEY) == b"film"
    assert not path.exists()


async def opened(storage, span=None):
    async with storage.open(KEY, span) as chunks:
        return [chunk async for chunk in chunks]


async def test_a_file_is_read_in_chunks(storage):
    data = os.urandom(600_000)
    await storage.put(spooled(storage, data), KEY)
    chunks = await opened(storage)
    assert len(chunks) > 2
    assert b"".join(chunks) == data


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ((0, 10), b"0123456789"),
        ((0, 1), b"0"),
        ((3, 7), b"3456"),
        ((9, 10), b"9"),
        ((4, 4), b""),
        ((8, 99), b"89"),
        ((99, 100), b""),
    ],
    ids=str,
)
async def test_some_bytes_of_a_file(storage, span, expected):
    await storage.put(spooled(storage, b"0123456789"), KEY)
    assert b"".join(await opened(storage, ByteRange(*span))) == expected


async def test_a_long_range_is_read_to_its_end_and_no_further(storage):
    data = os.urandom(900_000)
    await storage.put(spooled(storage, data), KEY)
    assert b"".join(await opened(storage, ByteRange(1, 800_001))) == data[1:800_001]


async def test_a_file_that_is_read_is_closed_at_the_end_of_the_block(storage):
    await storage.put(spooled(storage, bytes(600_000)), KEY)
    before = len([*Path("/proc/self/fd").iterdir()])
    async with storage.open(KEY) as chunks:
        await anext(chunks)  # a reader may leave early
    assert len([*Path("/proc/self/fd").iterdir()]) == before


async def test_what_is_known_of_a_file(storage):
    assert await storage.stat(KEY) is None
    before = datetime.now(UTC) - timedelta(seconds=1)  # file systems round
    await storage.put(spooled(storage), KEY)
    known = await storage.stat(KEY)
    assert (known.key, known.bytes) == (KEY, 4)
    assert before < known.modified_at <= datetime.now(UTC)


async def test_every_file_is_listed_once(storage):
    keys = {f"videos/{number:03}/film.mp4" for number in range(450)}
    for key in keys:
        (storage._root / key).parent.mkdir(parents=True)
        (storage._root / key).write_bytes(b"film")
    spooled(storage)
    pages = [page async for page in storage.list_pages()]
    assert len(pages) == 3
    listed = [file.key for page in pages for file in page]
    assert (len(listed), set(listed)) == (450, keys)


async def test_nothing_is_listed_before_there_is_a_folder(storage):
    assert [page async for page in storage.list_pages()] == []


async def test_a_file_on_this_disk_is_its_own_local_copy(storage):
    await storage.put(spooled(storage), KEY)
    async with storage.materialise(KEY) as path:
        assert path.read_bytes() == b"film"
        assert path.stat().st_nlink == 1
    assert path.exists()


async def missing(storage, key=KEY):
    """Tell whether everything that reads a file says that it is not there."""
    for use in (storage.read(key), storage.open(key).__aenter__(), storage.materialise(key).__aenter__()):
        with pytest.raises(StorageError):
            await use
    return await storage.stat(key) is None


async def test_spooled_files_are_apart(storage):
    assert storage.spool() != storage.spool()


async def test_only_the_owner_may_read(storage, tmp_path):
    path = spooled(storage)
    path.chmod(0o644)
    before = os.umask(0o000)
    try:
        await storage.put(path, KEY)
        storage.spool()
    finally:
        os.umask(before)
    modes = {entry.relative_to(tmp_path): stat.S_IMODE(entry.stat().st_mode) for entry in tmp_path.rglob("*")}
    assert set(modes.values()) == {0o700, 0o600}
    assert all(mode == (0o700 if (tmp_path / entry).is_dir() else 0o600) for entry, mode in modes.items())


async def test_storing_again_replaces_in_one_step(storage):
    await storage.put(spooled(storage, b"old"), KEY)
    async with storage.open(KEY) as chunks:
        await storage.put(spooled(storage, b"new"), KEY)
        assert await anext(chunks) == b"old"  # somebody who is reading goes on
    assert await storage.read(KEY) == b"new"


async def test_storing_is_durable(storage, tmp_path, monkeypatch):
    """The bytes are on the disk before the name; the name and its folders before `put` returns."""
    synced = []
    fsync = os.fsync

    def note_and_sync(handle: int) -> None:
        synced.append((os.fstat(handle).st_ino, path.exists()))
        fsync(handle)

    path = spooled(storage)
    monkeypatch.setattr(os, "fsync", note_and_sync)
    await storage.put(path, KEY)
    media = tmp_path / "media"
    folders = (media / "videos/0b1c", media / "videos", media)
    assert synced[0] == ((media / KEY).stat().st_ino, True)
    assert synced[1:] == [(folder.stat().st_ino, False) for folder in folders]


async def test_when_the_disk_refuses_the_spooled_file_stays(storage, tmp_path):
    path = spooled(storage)
    (tmp_path / "media" / "videos").write_text("a file where a folder should be")
    with pytest.raises(StorageError) as caught:
        await storage.put(path, KEY)
    assert isinstance(caught.value.__cause__, OSError)
    assert path.read_bytes() == b"film"


async def test_a_spooled_file_that_is_gone(storage, tmp_path):
    with pytest.raises(StorageError):
        await storage.put(tmp_path / "gone", KEY)


async def test_deleting(storage, tmp_path):
    await storage.put(spooled(storage), KEY)
    await storage.put(spooled(storage), "videos/0b1c/poster.webp")
    await storage.delete(KEY)
    assert await missing(storage)
    assert await storage.stat("videos/0b1c/poster.webp")
    await storage.delete("videos/0b1c/poster.webp")
    assert not (tmp_path / "media/videos/0b1c").exists()
    await storage.delete(KEY)  # gone already


async def test_a_folder_is_no_file(storage, tmp_path):
    (tmp_path / "media/videos").mkdir(parents=True)
    assert await missing(storage, "videos")


async def test_a_link_is_no_file_of_ours(storage, tmp_path):
    await storage.put(spooled(storage), KEY)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("private")
    (tmp_path / "media/link.mp4").symlink_to(elsewhere)
    assert await storage.stat("link.mp4") is None
    assert [[file.key for file in page] async for page in storage.list_pages()] == [[KEY]]


async def test_a_sweep_removes_what_a_killed_process_left(storage):
    await storage.put(spooled(storage), KEY)
    leftovers = [spooled(storage) for _ in range(3)]
    assert storage.sweep() == 3
    assert not any(leftover.exists() for leftover in leftovers)
    assert await storage.stat(KEY)
    assert storage.sweep() == 0


def test_a_sweep_of_nothing(storage, tmp_path):
    assert storage.sweep() == 0
    assert not (tmp_path / "media").exists()


def test_free_bytes_before_the_folder_exists(storage):
    assert storage.free_bytes() > 0


def test_a_disk_that_refuses_a_spool(tmp_path):
    (tmp_path / "media").write_text("a file where the root should be")
    with pytest.raises(StorageError):
        LocalStorage(tmp_path / "media").spool()
