"""F33, F34, F36: a disk that is full, gone or tampered with loses nothing that was paid for, and says so."""

import shutil
from pathlib import Path

import pytest

from sora_studio.bootstrap import Parts
from sora_studio.domain.errors import NotFound, Unavailable
from sora_studio.domain.video import Phase, Variant
from sora_studio.storage.local import LocalStorage
from tests.support.harness import StudioHarness, opened_lab
from tests.support.sandbox import Box


class Disk(LocalStorage):
    """A folder whose disk fills up: what is spooled lands on /dev/full."""

    full = False

    def spool(self, name: str | None = None) -> Path:
        path = super().spool(name)
        if self.full:
            path.unlink()
            path.symlink_to("/dev/full")
        return path

    def free_bytes(self) -> int:
        return 0 if self.full else super().free_bytes()


async def test_a_full_disk_keeps_what_is_under_way_and_takes_nothing_new(
    box: Box, database_url: str, tmp_path: Path
):
    """F33: saving is delayed, nothing new is paid for, the readiness says why; with room it goes on."""
    disk = Disk(tmp_path / "data" / "media")
    parts = Parts(storage=lambda _: disk)
    async with opened_lab(box, database_url, tmp_path / "data", parts=parts) as harness:
        await harness.box.fault(job={"instant_ms": 1500})
        view = await harness.until(await harness.ask(), Phase.QUEUED, Phase.IN_PROGRESS, hurry=False)
        disk.full = True
        seen = await harness.met(view, lambda seen: seen.phase is Phase.SAVING and seen.problem is not None)
        assert seen.charged
        await harness.wait(lambda: _says(harness, "The studio's disk is nearly full"), hurry=False)
        with pytest.raises(Unavailable):
            await harness.ask("one too many")
        disk.full = False
        assert (await harness.until(view)).phase is Phase.COMPLETED
        assert await harness.posts(view) == len(await harness.taken()) == 1
        await harness.audit()


async def test_a_folder_that_cannot_be_written_takes_nothing_new(harness: StudioHarness):
    """F34: a file stands where the folder was, so that not even root can write there."""
    media = harness.settings.data_dir / "media"
    if media.exists():
        shutil.rmtree(media)
    media.write_text("")
    await harness.wait(lambda: _says(harness, "The studio's storage is not writable"), hurry=False)
    with pytest.raises(Unavailable):
        await harness.ask()
    assert await harness.taken() == []
    media.unlink()
    await harness.wait(lambda: _is_ready(harness), hurry=False)
    assert (await harness.until(await harness.ask())).phase is Phase.COMPLETED
    await harness.audit()


async def test_a_file_that_somebody_took_away_is_missed(harness: StudioHarness):
    """F36: a person who asks for it is told, and the rest of the video is still there."""
    view = await harness.until(await harness.ask(), Phase.COMPLETED)
    media = harness.studio.services.media
    folder = harness.settings.media_path
    (folder / (await media.file(view.owner_id, view.id, Variant.VIDEO)).key).unlink()
    with pytest.raises(NotFound, match="missing"):
        await media.file(view.owner_id, view.id, Variant.VIDEO)
    assert (folder / (await media.file(view.owner_id, view.id, Variant.THUMBNAIL)).key).exists()


async def _says(harness: StudioHarness, reason: str) -> bool:
    """Tell whether the studio is not ready, for a reason that begins so."""
    answer = await harness.http.get("/readyz")
    return answer.status_code == 503 and answer.json()["reasons"][0].startswith(reason)


async def _is_ready(harness: StudioHarness) -> bool:
    return (await harness.http.get("/readyz")).status_code == 200
