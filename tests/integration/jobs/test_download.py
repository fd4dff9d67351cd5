"""Files that come slowly, in pieces, without end, or from a disk that is full."""

import asyncio
import errno
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from sora_studio.domain.errors import ProviderUnavailable
from sora_studio.domain.ports import Content, ResumePoint
from sora_studio.domain.video import Phase, Variant, VideoView
from sora_studio.services.jobs.background import Options
from sora_studio.services.jobs.download import Limits
from sora_studio.services.jobs.partial_file import open_partial
from sora_studio.storage.local import LocalStorage
from tests.integration.jobs.conftest import Background
from tests.support.films import film
from tests.support.provider import Break
from tests.support.source import ROOT

TAG = '"film"'


async def finished(background: Background, data: bytes, prompt: str = "a paper boat") -> VideoView:
    view = await background.wish(prompt)
    await background.submit()
    background.provider.finish(f"remote-{len(background.provider.jobs) - 1}", data)
    await background.refresh()
    return view


async def again(background: Background) -> None:
    await background.due_now()
    await background.archive()


async def phase_and_code(background: Background, view: VideoView) -> tuple[Phase, str | None]:
    seen = await background.look(view)
    return seen.phase, seen.problem.code if seen.problem else None


async def told(background: Background, view: VideoView) -> str:
    problem = (await background.look(view)).problem
    return problem.message if problem else ""


async def stored(background: Background, view: VideoView) -> bytes:
    file = await background.media.file(view.owner_id, view.id, Variant.VIDEO)
    return await background.storage.read(file.key)


async def hang_up() -> None:
    raise ProviderUnavailable("The connection to the provider broke.", "connection_lost")


async def stall() -> None:
    await asyncio.Event().wait()


def spooled(background: Background) -> dict[str, int]:
    folder = background.storage.spool("probe").parent
    (folder / "probe.part").unlink()
    return {path.name: path.stat().st_size for path in folder.iterdir()}


async def test_a_file_that_breaks_off_is_gone_on_with(background: Background, mp4: bytes):
    background.provider.etag = TAG
    background.provider.breaks = [Break(2048, hang_up), Break(1024, hang_up)]
    view = await finished(background, mp4)
    await background.archive()
    assert await phase_and_code(background, view) == (Phase.SAVING, "saving_delayed")
    assert max(spooled(background).values()) == 2048
    background.provider.on_content = [ProviderUnavailable("busy", "busy")]
    await again(background)  # a look in vain takes nothing away
    await again(background)
    await again(background)
    assert background.provider.beginnings == [None, ResumePoint(2048, TAG), ResumePoint(3072, TAG)]
    assert (await background.look(view)).phase is Phase.COMPLETED
    assert await stored(background, view) == mp4
    assert spooled(background) == {}


async def test_another_file_under_the_same_name_is_not_mixed_in(
    background: Background, mp4: bytes, tmp_path: Path
):
    background.provider.etag = TAG
    background.provider.breaks = [Break(2048, hang_up)]
    view = await finished(background, mp4)
    await background.archive()
    other = film(tmp_path / "other.mp4", seconds=4.0, fps=6).read_bytes()
    background.provider.etag, background.provider.files["remote-0"] = '"other"', other
    await again(background)
    assert await stored(background, view) == other


async def test_without_a_strong_tag_it_starts_over(background: Background, mp4: bytes):
    background.provider.breaks = [Break(2048, hang_up)]
    view = await finished(background, mp4)
    await background.archive()
    assert spooled(background) == {}
    await again(background)
    assert background.provider.beginnings == [None, None]
    assert await stored(background, view) == mp4


async def test_a_part_that_turns_out_bad_is_thrown_away(background: Background, mp4: bytes):
    """The bytes of another file before the end of this one: nothing but looking into it tells."""
    background.provider.etag = TAG
    background.provider.breaks = [Break(2048, hang_up)]
    view = await finished(background, bytes(len(mp4)))
    await background.archive()
    background.provider.files["remote-0"] = mp4
    await again(background)
    assert await phase_and_code(background, view) == (Phase.SAVING, "file_damaged")
    await again(background)
    assert await stored(background, view) == mp4


async def no_chunks() -> AsyncIterator[bytes]:
    for chunk in ():
        yield chunk


_DOWNLOADS_AND_DIES = """
import os, signal, sys
from pathlib import Path
from sora_studio.domain.ports import Content
from sora_studio.services.jobs.partial_file import open_partial
from sora_studio.storage.local import LocalStorage

with open_partial(LocalStorage(Path(sys.argv[1])), sys.argv[2]) as part:
    part.begin(Content("video/mp4", None, None, 0, sys.argv[3]))
    part.write(Path(sys.argv[4]).read_bytes())
    part._file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


async def test_what_a_killed_process_got_is_gone_on_with(background: Background, mp4: bytes, tmp_path: Path):
    background.provider.etag = TAG
    view = await finished(background, mp4)
    (claimed,) = await background.claims.take(Phase.SAVING, most=1)
    await background.claims.release()
    half = tmp_path / "half"
    half.write_bytes(mp4[: len(mp4) // 2])
    arguments = [str(tmp_path / "media"), claimed.id.hex, TAG, str(half)]
    await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", _DOWNLOADS_AND_DIES, *arguments], cwd=ROOT, check=False
    )
    LocalStorage(tmp_path / "media").spool()  # nameless: nobody resumes it
    assert background.storage.sweep() == 1
    await again(background)
    assert background.provider.beginnings == [ResumePoint(len(mp4) // 2, TAG)]
    assert await stored(background, view) == mp4


def test_what_was_begun_before_a_power_cut_is_not_trusted(tmp_path: Path):
    """Its end may hold something else than what was written."""
    storage = LocalStorage(tmp_path)
    with open_partial(storage, "job") as part:
        part.begin(Content("video/mp4", None, no_chunks(), etag=TAG))
        part.write(b"half a film")
    with open_partial(storage, "job") as part:
        assert part.beginning() == ResumePoint(11, TAG)
        part.path.with_name(f"{part.path.name}.etag").write_text(f"another run of this machine\n{TAG}")
        assert part.beginning() is None


def test_two_never_write_to_one_part(tmp_path: Path):
    storage = LocalStorage(tmp_path)
    with open_partial(storage, "job") as one, open_partial(storage, "job") as other:
        assert one.path != other.path


def test_parts_that_are_old_are_swept(tmp_path: Path):
    storage = LocalStorage(tmp_path)
    young, old = storage.spool("young"), storage.spool("old")
    note = old.with_name(f"{old.name}.etag")
    note.write_text(TAG)
    for path in (old, note):
        subprocess.run(["touch", "-d", "2 days ago", str(path)], check=True)  # noqa: S607 - the system's own
    assert storage.sweep() == 2
    assert young.exists()


async def test_a_file_that_drips_is_given_up_and_gone_on_with(background: Background, mp4: bytes):
    """It holds up nobody: the place is free again, and the next one is copied meanwhile."""
    background.provider.etag = TAG
    background.provider.breaks = [Break(1024, stall)]
    slow = await finished(background, mp4, "slow")
    archiver = background.assembled(
        Options(limits=Limits(window=timedelta(seconds=1), least=len(mp4)), files_at_once=2)
    ).archiver
    quick = await finished(background, mp4, "quick")
    await archiver.run()
    await archiver.pool.idle()
    assert await phase_and_code(background, slow) == (Phase.SAVING, "saving_slow")
    assert "What has arrived is kept" in await told(background, slow)
    assert (await background.look(quick)).phase is Phase.COMPLETED
    await again(background)
    assert background.provider.beginnings[-1] == ResumePoint(1024, TAG)
    assert await stored(background, slow) == mp4


async def test_a_file_that_takes_too_long_in_all(background: Background, mp4: bytes):
    background.provider.breaks = [Break(1024, stall)]
    view = await finished(background, mp4)
    archiver = background.assembled(Options(limits=Limits(time=timedelta(milliseconds=50)))).archiver
    await archiver.run()
    await archiver.pool.idle()
    assert await phase_and_code(background, view) == (Phase.SAVING, "saving_slow")
    assert "starts over" in await told(background, view)  # it has no tag, so nothing of it is kept
    assert spooled(background) == {}


@pytest.mark.parametrize("says_so", [True, False])
async def test_a_file_that_is_too_large_is_cut_off_and_flagged(
    background: Background, mp4: bytes, says_so: bool
):
    view = await finished(background, mp4)
    background.provider.says_length = says_so
    archiver = background.assembled(Options(limits=Limits(bytes=4096))).archiver
    await archiver.run()
    await archiver.pool.idle()
    assert await phase_and_code(background, view) == (Phase.NEEDS_ATTENTION, "file_too_large")
    assert spooled(background) == {}


async def test_the_soonest_deadline_comes_first(background: Background, mp4: bytes):
    views = [await finished(background, mp4, word) for word in ("later", "soon", "sooner")]
    for view, minutes in zip(views, (50, 20, 5), strict=True):
        await background.sql(
            "UPDATE job SET remote_expires_at = now() + make_interval(mins => :minutes) WHERE video_id = :id",
            minutes=minutes,
            id=view.id,
        )
    archiver = background.assembled(Options(files_at_once=1)).archiver
    order: list[str] = []
    while await archiver.run():
        await archiver.pool.idle()
        seen = [await background.look(view) for view in views]
        order += [each.title for each in seen if each.phase is Phase.COMPLETED and each.title not in order]
    assert order == ["sooner", "soon", "later"]


async def test_a_film_much_shorter_than_asked_is_fetched_again_and_then_believed(
    background: Background, tmp_path: Path
):
    short = film(tmp_path / "short.mp4", seconds=1.0, fps=12).read_bytes()
    view = await finished(background, short)
    for _ in range(2):
        await again(background)
        assert await phase_and_code(background, view) == (Phase.SAVING, "file_damaged")
    await again(background)
    assert await stored(background, view) == short


class SmallDisk(LocalStorage):
    """A disk with little room, which a test makes larger."""

    disk_space = 1000

    def free_bytes(self) -> int:
        return self.disk_space


async def test_a_full_disk_loses_nothing(background: Background, mp4: bytes, tmp_path: Path):
    disk = SmallDisk(tmp_path / "small")
    view = await finished(background, mp4)
    small = Background(
        background.db,
        background.provider,
        disk,
        background.worker_pool,
        background.owner_id,
        background.holder,
    )
    await again(small)
    assert await phase_and_code(small, view) == (Phase.SAVING, "no_room")
    seen = await small.look(view)
    assert seen.problem
    assert "no room" in seen.problem.message
    disk.disk_space = 10**9
    await again(small)
    assert await stored(small, view) == mp4


class StrangersDisk(LocalStorage):
    """A disk on which somebody else, such as an operator's root, has begun the same file."""

    def spool(self, name: str | None = None) -> Path:
        path = super().spool(name)
        if name is not None:
            path.unlink()
            path.mkdir()  # nobody may write to it, root neither
        return path


async def test_people_are_not_told_where_files_lie(background: Background, mp4: bytes, tmp_path: Path):
    view = await finished(background, mp4)
    disk = StrangersDisk(tmp_path / "strange")
    strange = Background(
        background.db,
        background.provider,
        disk,
        background.worker_pool,
        background.owner_id,
        background.holder,
    )
    await again(strange)
    assert await told(background, view) == "The studio cannot write the file: Is a directory"


class BrokenDisk(LocalStorage):
    """A disk that refuses in the middle of things."""

    broken = True

    def spool(self, name: str | None = None) -> Path:
        if self.broken and name is None:  # where the stills go
            raise OSError(errno.EROFS, "Read-only file system")
        return super().spool(name)


async def test_a_disk_that_refuses_is_tried_again(background: Background, mp4: bytes, tmp_path: Path):
    disk = BrokenDisk(tmp_path / "broken")
    view = await finished(background, mp4)
    broken = Background(
        background.db,
        background.provider,
        disk,
        background.worker_pool,
        background.owner_id,
        background.holder,
    )
    await again(broken)
    assert await phase_and_code(broken, view) == (Phase.SAVING, "disk_refused")
    disk.broken = False
    await again(broken)
    assert await stored(broken, view) == mp4
    assert len(background.provider.beginnings) == 1  # it may not have handed it out again
    assert spooled(broken) == {}


async def test_a_provider_that_is_gone_from_the_settings(background: Background, mp4: bytes):
    view = await finished(background, mp4)
    provider = background.catalog._providers["fake"]
    background.catalog._providers = {}
    await again(background)
    assert await phase_and_code(background, view) == (Phase.SAVING, "provider_missing")
    background.catalog._providers = {"fake": provider}
    await again(background)
    assert await stored(background, view) == mp4
