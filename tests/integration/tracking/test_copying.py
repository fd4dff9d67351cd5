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
from sora_studio.domain.ports import Beginning, Content
from sora_studio.domain.video import Phase, Variant, VideoView
from sora_studio.services.tracking.copying import Limits
from sora_studio.services.tracking.part import open_part
from sora_studio.storage.local import LocalStorage
from tests.integration.tracking.conftest import Bench
from tests.support.films import film
from tests.support.provider import Break
from tests.support.source import ROOT

TAG = '"film"'


async def finished(bench: Bench, data: bytes, prompt: str = "a paper boat") -> VideoView:
    view = await bench.wish(prompt)
    await bench.submit()
    bench.provider.finish(f"remote-{len(bench.provider.jobs) - 1}", data)
    await bench.refresh()
    return view


async def again(bench: Bench) -> None:
    await bench.due_now()
    await bench.archive()


async def phase_and_code(bench: Bench, view: VideoView) -> tuple[Phase, str | None]:
    seen = await bench.look(view)
    return seen.phase, seen.problem.code if seen.problem else None


async def told(bench: Bench, view: VideoView) -> str:
    problem = (await bench.look(view)).problem
    return problem.message if problem else ""


async def stored(bench: Bench, view: VideoView) -> bytes:
    return (await bench.media.file(view.owner_id, view.id, Variant.VIDEO)).path.read_bytes()


async def hang_up() -> None:
    raise ProviderUnavailable("The connection to the provider broke.", "connection_lost")


async def stall() -> None:
    await asyncio.Event().wait()


def spooled(bench: Bench) -> dict[str, int]:
    folder = bench.storage.spool("probe").parent
    (folder / "probe.part").unlink()
    return {path.name: path.stat().st_size for path in folder.iterdir()}


async def test_a_file_that_breaks_off_is_gone_on_with(bench: Bench, mp4: bytes):
    bench.provider.etag = TAG
    bench.provider.breaks = [Break(2048, hang_up), Break(1024, hang_up)]
    view = await finished(bench, mp4)
    await bench.archive()
    assert await phase_and_code(bench, view) == (Phase.SAVING, "saving_delayed")
    assert max(spooled(bench).values()) == 2048
    bench.provider.on_content = [ProviderUnavailable("busy", "busy")]
    await again(bench)  # a look in vain takes nothing away
    await again(bench)
    await again(bench)
    assert bench.provider.beginnings == [None, Beginning(2048, TAG), Beginning(3072, TAG)]
    assert (await bench.look(view)).phase is Phase.COMPLETED
    assert await stored(bench, view) == mp4
    assert spooled(bench) == {}


async def test_another_file_under_the_same_name_is_not_mixed_in(bench: Bench, mp4: bytes, tmp_path: Path):
    bench.provider.etag = TAG
    bench.provider.breaks = [Break(2048, hang_up)]
    view = await finished(bench, mp4)
    await bench.archive()
    other = film(tmp_path / "other.mp4", seconds=4.0, fps=6).read_bytes()
    bench.provider.etag, bench.provider.files["remote-0"] = '"other"', other
    await again(bench)
    assert await stored(bench, view) == other


async def test_without_a_strong_tag_it_starts_over(bench: Bench, mp4: bytes):
    bench.provider.breaks = [Break(2048, hang_up)]
    view = await finished(bench, mp4)
    await bench.archive()
    assert spooled(bench) == {}
    await again(bench)
    assert bench.provider.beginnings == [None, None]
    assert await stored(bench, view) == mp4


async def test_a_part_that_turns_out_bad_is_thrown_away(bench: Bench, mp4: bytes):
    """The bytes of another file before the end of this one: nothing but looking into it tells."""
    bench.provider.etag = TAG
    bench.provider.breaks = [Break(2048, hang_up)]
    view = await finished(bench, bytes(len(mp4)))
    await bench.archive()
    bench.provider.files["remote-0"] = mp4
    await again(bench)
    assert await phase_and_code(bench, view) == (Phase.SAVING, "file_damaged")
    await again(bench)
    assert await stored(bench, view) == mp4


async def no_chunks() -> AsyncIterator[bytes]:
    for chunk in ():
        yield chunk


_DOWNLOADS_AND_DIES = """
import os, signal, sys
from pathlib import Path
from sora_studio.domain.ports import Content
from sora_studio.services.tracking.part import open_part
from sora_studio.storage.local import LocalStorage

with open_part(LocalStorage(Path(sys.argv[1])), sys.argv[2]) as part:
    part.begin(Content("video/mp4", None, None, 0, sys.argv[3]))
    part.write(Path(sys.argv[4]).read_bytes())
    part._file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


async def test_what_a_killed_process_got_is_gone_on_with(bench: Bench, mp4: bytes, tmp_path: Path):
    bench.provider.etag = TAG
    view = await finished(bench, mp4)
    (claimed,) = await bench.claims.take(Phase.SAVING, most=1)
    await bench.claims.release()
    half = tmp_path / "half"
    half.write_bytes(mp4[: len(mp4) // 2])
    arguments = [str(tmp_path / "media"), claimed.id.hex, TAG, str(half)]
    await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", _DOWNLOADS_AND_DIES, *arguments], cwd=ROOT, check=False
    )
    LocalStorage(tmp_path / "media").spool()  # nameless: nobody goes on with it
    assert bench.storage.sweep() == 1
    await again(bench)
    assert bench.provider.beginnings == [Beginning(len(mp4) // 2, TAG)]
    assert await stored(bench, view) == mp4


def test_what_was_begun_before_a_power_cut_is_not_trusted(tmp_path: Path):
    """Its end may hold something else than what was written."""
    storage = LocalStorage(tmp_path)
    with open_part(storage, "job") as part:
        part.begin(Content("video/mp4", None, no_chunks(), etag=TAG))
        part.write(b"half a film")
    with open_part(storage, "job") as part:
        assert part.beginning() == Beginning(11, TAG)
        part.path.with_name(f"{part.path.name}.etag").write_text(f"another run of this machine\n{TAG}")
        assert part.beginning() is None


def test_two_never_write_to_one_part(tmp_path: Path):
    storage = LocalStorage(tmp_path)
    with open_part(storage, "job") as one, open_part(storage, "job") as other:
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


async def test_a_file_that_drips_is_given_up_and_gone_on_with(bench: Bench, mp4: bytes):
    """It holds up nobody: the place is free again, and the next one is copied meanwhile."""
    bench.provider.etag = TAG
    bench.provider.breaks = [Break(1024, stall)]
    slow = await finished(bench, mp4, "slow")
    archiver = bench.make_archiver(Limits(window=timedelta(seconds=1), least=len(mp4)), at_once=2)
    quick = await finished(bench, mp4, "quick")
    await archiver.run()
    await archiver.crew.idle()
    assert await phase_and_code(bench, slow) == (Phase.SAVING, "saving_slow")
    assert "What has come is kept" in await told(bench, slow)
    assert (await bench.look(quick)).phase is Phase.COMPLETED
    await again(bench)
    assert bench.provider.beginnings[-1] == Beginning(1024, TAG)
    assert await stored(bench, slow) == mp4


async def test_a_file_that_takes_too_long_in_all(bench: Bench, mp4: bytes):
    bench.provider.breaks = [Break(1024, stall)]
    view = await finished(bench, mp4)
    archiver = bench.make_archiver(Limits(time=timedelta(milliseconds=50)))
    await archiver.run()
    await archiver.crew.idle()
    assert await phase_and_code(bench, view) == (Phase.SAVING, "saving_slow")
    assert "from the start" in await told(bench, view)  # it has no tag, so nothing of it is kept
    assert spooled(bench) == {}


@pytest.mark.parametrize("says_so", [True, False])
async def test_a_file_that_is_too_large_is_cut_off_and_flagged(bench: Bench, mp4: bytes, says_so: bool):
    view = await finished(bench, mp4)
    bench.provider.says_length = says_so
    archiver = bench.make_archiver(Limits(bytes=4096))
    await archiver.run()
    await archiver.crew.idle()
    assert await phase_and_code(bench, view) == (Phase.NEEDS_ATTENTION, "file_too_large")
    assert spooled(bench) == {}


async def test_the_soonest_deadline_comes_first(bench: Bench, mp4: bytes):
    views = [await finished(bench, mp4, word) for word in ("later", "soon", "sooner")]
    for view, minutes in zip(views, (50, 20, 5), strict=True):
        await bench.sql(
            "UPDATE job SET remote_expires_at = now() + make_interval(mins => :minutes) WHERE video_id = :id",
            minutes=minutes,
            id=view.id,
        )
    archiver = bench.make_archiver(at_once=1)
    order: list[str] = []
    while await archiver.run():
        await archiver.crew.idle()
        seen = [await bench.look(view) for view in views]
        order += [each.title for each in seen if each.phase is Phase.COMPLETED and each.title not in order]
    assert order == ["sooner", "soon", "later"]


async def test_a_film_much_shorter_than_asked_is_fetched_again_and_then_believed(
    bench: Bench, tmp_path: Path
):
    short = film(tmp_path / "short.mp4", seconds=1.0, fps=12).read_bytes()
    view = await finished(bench, short)
    for _ in range(2):
        await again(bench)
        assert await phase_and_code(bench, view) == (Phase.SAVING, "file_damaged")
    await again(bench)
    assert await stored(bench, view) == short


class SmallDisk(LocalStorage):
    """A disk with little room, which a test makes larger."""

    room = 1000

    def free_bytes(self) -> int:
        return self.room


async def test_a_full_disk_loses_nothing(bench: Bench, mp4: bytes, tmp_path: Path):
    disk = SmallDisk(tmp_path / "small")
    view = await finished(bench, mp4)
    small = Bench(bench.db, bench.provider, disk, bench.workshop, bench.owner_id, bench.holder)
    await again(small)
    assert await phase_and_code(small, view) == (Phase.SAVING, "no_room")
    seen = await small.look(view)
    assert seen.problem
    assert "no room" in seen.problem.message
    disk.room = 10**9
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


async def test_people_are_not_told_where_files_lie(bench: Bench, mp4: bytes, tmp_path: Path):
    view = await finished(bench, mp4)
    disk = StrangersDisk(tmp_path / "strange")
    strange = Bench(bench.db, bench.provider, disk, bench.workshop, bench.owner_id, bench.holder)
    await again(strange)
    assert await told(bench, view) == "The studio cannot write the file: Is a directory"


class BrokenDisk(LocalStorage):
    """A disk that refuses in the middle of things."""

    broken = True

    def spool(self, name: str | None = None) -> Path:
        if self.broken and name is None:  # where the stills go
            raise OSError(errno.EROFS, "Read-only file system")
        return super().spool(name)


async def test_a_disk_that_refuses_is_tried_again(bench: Bench, mp4: bytes, tmp_path: Path):
    disk = BrokenDisk(tmp_path / "broken")
    view = await finished(bench, mp4)
    broken = Bench(bench.db, bench.provider, disk, bench.workshop, bench.owner_id, bench.holder)
    await again(broken)
    assert await phase_and_code(broken, view) == (Phase.SAVING, "disk_refused")
    disk.broken = False
    await again(broken)
    assert await stored(broken, view) == mp4


async def test_a_provider_that_is_gone_from_the_settings(bench: Bench, mp4: bytes):
    view = await finished(bench, mp4)
    provider = bench.offers._providers["fake"]
    bench.offers._providers = {}
    await again(bench)
    assert await phase_and_code(bench, view) == (Phase.SAVING, "provider_missing")
    bench.offers._providers = {"fake": provider}
    await again(bench)
    assert await stored(bench, view) == mp4
