"""Local storage on a real disk."""

import os
import stat

import pytest

from sora_studio.domain.errors import StorageError
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


async def test_a_kept_file_is_found_and_its_spool_is_empty(storage):
    path = spooled(storage)
    await storage.keep(path, KEY)
    assert storage.locate(KEY).read_bytes() == b"film"
    assert not path.exists()


async def test_spooled_files_are_apart(storage):
    assert storage.spool() != storage.spool()


async def test_only_the_owner_may_read(storage, tmp_path):
    path = spooled(storage)
    path.chmod(0o644)
    before = os.umask(0o000)
    try:
        await storage.keep(path, KEY)
        storage.spool()
    finally:
        os.umask(before)
    modes = {entry.relative_to(tmp_path): stat.S_IMODE(entry.stat().st_mode) for entry in tmp_path.rglob("*")}
    assert set(modes.values()) == {0o700, 0o600}
    assert all(mode == (0o700 if (tmp_path / entry).is_dir() else 0o600) for entry, mode in modes.items())


async def test_keeping_again_replaces_in_one_step(storage):
    await storage.keep(spooled(storage, b"old"), KEY)
    with storage.locate(KEY).open("rb") as reader:
        await storage.keep(spooled(storage, b"new"), KEY)
        assert reader.read() == b"old"  # somebody who is reading goes on
    assert storage.locate(KEY).read_bytes() == b"new"


async def test_keeping_is_durable(storage, tmp_path, monkeypatch):
    """The bytes are on the disk before the name; the name and its folders before `keep` returns."""
    synced = []
    fsync = os.fsync

    def note_and_sync(handle: int) -> None:
        synced.append((os.fstat(handle).st_ino, path.exists()))
        fsync(handle)

    path = spooled(storage)
    monkeypatch.setattr(os, "fsync", note_and_sync)
    await storage.keep(path, KEY)
    media = tmp_path / "media"
    folders = (media / "videos/0b1c", media / "videos", media)
    assert synced[0] == (storage.locate(KEY).stat().st_ino, True)
    assert synced[1:] == [(folder.stat().st_ino, False) for folder in folders]


async def test_when_the_disk_refuses_the_spooled_file_stays(storage, tmp_path):
    path = spooled(storage)
    (tmp_path / "media" / "videos").write_text("a file where a folder should be")
    with pytest.raises(StorageError) as caught:
        await storage.keep(path, KEY)
    assert isinstance(caught.value.__cause__, OSError)
    assert path.read_bytes() == b"film"


async def test_a_spooled_file_that_is_gone(storage, tmp_path):
    with pytest.raises(StorageError):
        await storage.keep(tmp_path / "gone", KEY)


async def test_dropping(storage, tmp_path):
    await storage.keep(spooled(storage), KEY)
    await storage.keep(spooled(storage), "videos/0b1c/poster.webp")
    await storage.drop(KEY)
    with pytest.raises(StorageError):
        storage.locate(KEY)
    assert storage.locate("videos/0b1c/poster.webp").is_file()
    await storage.drop("videos/0b1c/poster.webp")
    assert not (tmp_path / "media/videos/0b1c").exists()
    await storage.drop(KEY)  # gone already


def test_a_folder_is_no_kept_file(storage, tmp_path):
    (tmp_path / "media/videos").mkdir(parents=True)
    with pytest.raises(StorageError):
        storage.locate("videos")


async def test_a_sweep_removes_what_a_killed_process_left(storage):
    await storage.keep(spooled(storage), KEY)
    leftovers = [spooled(storage) for _ in range(3)]
    assert storage.sweep() == 3
    assert not any(leftover.exists() for leftover in leftovers)
    assert storage.locate(KEY).is_file()
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
