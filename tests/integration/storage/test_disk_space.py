"""Whether there is room, on disks that are full, not writable, or not there."""

import asyncio
import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sora_studio.db.engine import Database
from sora_studio.domain.errors import InsufficientStorage, StorageError
from sora_studio.services.disk_space import DiskSpace
from sora_studio.services.health import HealthService, Reason, ReasonCode
from sora_studio.storage.local import LocalStorage


class Disk(LocalStorage):
    """A disk that is as its test says, and counts how often it is written to."""

    disk_space = 10**12
    refusal: int | None = None
    probes = 0

    def free_bytes(self) -> int:
        return self.disk_space

    async def probe(self) -> None:
        self.probes += 1
        if self.refusal:
            raise StorageError(os.strerror(self.refusal))
        await super().probe()


async def codes(disk_space: DiskSpace) -> str | None:
    trouble = await disk_space.trouble()
    return trouble.code if trouble else None


async def test_below_the_floor_there_is_no_room(tmp_path: Path):
    disk = Disk(tmp_path)
    disk_space = DiskSpace(disk, floor=1000, fresh=0.0)
    assert await codes(disk_space) is None
    await disk_space.make_sure()
    disk.disk_space = 999
    assert await codes(disk_space) == "no_room"
    with pytest.raises(InsufficientStorage, match=r"nearly full.*nothing was charged"):
        await disk_space.make_sure()
    disk.disk_space = 1000
    assert await codes(disk_space) is None


async def test_a_disk_that_refuses_has_no_room(tmp_path: Path):
    disk = Disk(tmp_path)
    disk_space = DiskSpace(disk, fresh=0.0)
    for refusal in (errno.EROFS, errno.EACCES, errno.EIO):
        disk.refusal = refusal
        assert await codes(disk_space) == "disk_refused"
    with pytest.raises(InsufficientStorage, match="not writable") as refused:
        await disk_space.make_sure()
    assert os.strerror(errno.EIO) not in str(refused.value)
    disk.refusal = None
    assert await codes(disk_space) is None


async def test_a_folder_that_is_none(tmp_path: Path):
    (tmp_path / "media").write_text("a file")
    assert await codes(DiskSpace(LocalStorage(tmp_path / "media"), floor=0)) == "disk_refused"


async def test_the_disk_is_not_asked_for_every_request(tmp_path: Path):
    disk = Disk(tmp_path)
    disk_space = DiskSpace(disk, fresh=3600.0)
    for _ in range(100):
        await disk_space.trouble()
    assert disk.probes == 1


async def test_those_who_ask_at_the_same_time_get_the_same_answer(tmp_path: Path):
    """A studio that starts on a full disk takes up several wishes at once."""
    disk = Disk(tmp_path)
    disk.disk_space = 0
    disk_space = DiskSpace(disk, fresh=3600.0)
    assert await asyncio.gather(*(codes(disk_space) for _ in range(8))) == ["no_room"] * 8


async def test_a_probe_leaves_nothing(tmp_path: Path):
    storage = LocalStorage(tmp_path)
    await storage.probe()
    assert [*(tmp_path / "tmp").iterdir()] == []


async def test_readiness_says_why(database: Database, tmp_path: Path):
    disk = Disk(tmp_path)
    health = HealthService(db=database, disk_space=DiskSpace(disk, fresh=0.0), last_run=lambda: 10.0**12)
    assert (await health.look()).reasons == ()
    disk.refusal = errno.EROFS
    said = "The studio's storage is not writable: another video could not be saved."
    assert (await health.look()).reasons == (Reason(ReasonCode.DISK_REFUSED, said),)


@contextmanager
def small_disk(path: Path) -> Iterator[bool]:
    """Mount a disk of a megabyte, where one may; tell whether it is one."""
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(path)]
    mounted = os.geteuid() == 0 and subprocess.run(command, check=False, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(path)], check=True)  # noqa: S607 -- of the system


async def test_a_real_disk_that_is_full_or_read_only(tmp_path: Path):
    """Where nobody may mount a small disk, the folder's own disk has to do, which is not full."""
    with small_disk(tmp_path / "small") as is_small:
        storage = LocalStorage(tmp_path / "small/media")
        disk_space = DiskSpace(storage, floor=0, fresh=0.0)
        assert await codes(disk_space) is None
        if is_small:
            filler = storage.spool()
            with pytest.raises(OSError, match="No space left"):
                filler.write_bytes(bytes(2 * 1024 * 1024))
            assert await codes(disk_space) == "disk_refused"
            filler.unlink()
            assert await codes(disk_space) is None
            remount = ["mount", "-o", "remount,ro", str(tmp_path / "small")]
            subprocess.run(remount, check=True)  # noqa: ASYNC221 - a moment
            assert await codes(disk_space) == "disk_refused"
