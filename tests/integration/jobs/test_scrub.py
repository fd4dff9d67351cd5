"""Rows and files agree again."""

import errno
import os
import shutil
import time
from pathlib import Path

import pytest

from sora_studio.domain.errors import NotFound, ProviderUnavailable, StorageError, Unavailable
from sora_studio.domain.video import Phase, Variant, VideoView
from sora_studio.storage.local import LocalStorage
from tests.integration.jobs.conftest import Background
from tests.support.films import picture
from tests.support.inputs import once
from tests.support.library import add_videos


@pytest.fixture
async def video(background: Background, mp4: bytes) -> VideoView:
    view = await background.wish()
    await background.submit()
    background.provider.finish("remote-0", mp4)
    await background.refresh()
    await background.archive()
    return await background.look(view)


async def path_of(background: Background, view: VideoView, variant: Variant = Variant.VIDEO) -> Path:
    return background.path(await background.media.file(view.owner_id, view.id, variant))


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


async def test_nothing_to_say(background: Background, video: VideoView):
    findings = await background.scrubber.run(fix=False, deep=True)
    assert findings.is_well
    assert findings.videos == 1
    assert (await background.look(video)).problem is None


@pytest.mark.parametrize("how", ["missing", "short", "rotten", "rowless"])
async def test_a_film_that_is_not_what_it_was_is_fetched_again(
    background: Background, video: VideoView, mp4: bytes, how: str
):
    path = await path_of(background, video)
    match how:
        case "missing":
            path.unlink()
        case "short":
            path.write_bytes(mp4[:-1])
        case "rotten":
            path.write_bytes(mp4[:-1] + b"?")
        case _:
            await background.sql("DELETE FROM asset WHERE variant = 'video'")
    assert not (await background.scrubber.run(fix=False, deep=True)).is_well
    assert not path.is_file() or path.read_bytes() != mp4 or how == "rowless"
    findings = await background.scrubber.run(fix=True, deep=True)
    assert findings.mended == 1
    assert (await path_of(background, video)).read_bytes() == mp4
    assert (await background.scrubber.run(fix=False, deep=True)).is_well
    assert (await background.look(video)).phase is Phase.COMPLETED


async def test_stills_are_made_from_our_own_film(background: Background, video: VideoView):
    poster = await path_of(background, video, Variant.THUMBNAIL)
    poster.unlink()
    lookups = len(background.provider.beginnings)
    assert (await background.scrubber.run(fix=True)).mended == 1
    assert poster.read_bytes().startswith(b"RIFF")
    assert len(background.provider.beginnings) == lookups


class CrampedDisk(LocalStorage):
    """A disk that has room for a probe, and none for a picture."""

    cramped = False

    async def probe(self) -> None:
        """Fit in."""

    def spool(self, name: str | None = None) -> Path:
        if self.cramped:
            raise StorageError(os.strerror(errno.ENOSPC))
        return super().spool(name)


async def test_a_film_is_not_lost_because_its_stills_are(
    background: Background, video: VideoView, tmp_path: Path
):
    disk = CrampedDisk(tmp_path / "media")
    cramped = Background(
        background.db, background.provider, disk, background.worker_pool, background.owner_id
    )
    (await path_of(background, video, Variant.THUMBNAIL)).unlink()
    disk.cramped = True
    findings = await cramped.scrubber.run(fix=True)
    assert (findings.bad, findings.mended) == (1, 0)
    assert (await background.look(video)).problem is None
    assert await path_of(background, video)
    disk.cramped = False
    assert (await cramped.scrubber.run(fix=True)).mended == 1


async def test_a_film_that_is_lost_is_said_to_be_lost(background: Background, video: VideoView):
    path = await path_of(background, video)
    kept = path.with_name("kept")
    path.rename(kept)
    files = dict(background.provider.files)
    background.provider.files.clear()
    with pytest.raises(NotFound, match="missing from the studio's storage"):
        await path_of(background, video)
    await background.scrubber.run_daily()
    seen = await background.look(video)
    assert seen.phase is Phase.COMPLETED  # nothing leaves an end
    assert seen.problem
    assert seen.problem.code == "file_lost"
    assert "no longer has it" in seen.problem.message
    kept.rename(path)
    background.provider.files.update(files)
    await background.scrubber.run_daily()
    assert (await background.look(video)).problem is None


async def test_a_provider_that_is_away_is_asked_again_the_next_day(background: Background, video: VideoView):
    (await path_of(background, video)).unlink()
    background.provider.on_content = [ProviderUnavailable("502", "server_error")]
    await background.scrubber.run_daily()
    problem = (await background.look(video)).problem
    assert problem
    assert "could not be fetched again yet" in problem.message
    await background.scrubber.run_daily()
    assert (await background.look(video)).problem is None
    assert await path_of(background, video)


async def test_files_without_rows_go_after_an_hour(background: Background, video: VideoView):
    folder = (await path_of(background, video)).parent
    old, young, upload = (
        folder / "old.mp4",
        folder / "young.mp4",
        folder.parent.parent / f"uploads/{'0' * 32}.png",
    )
    upload.parent.mkdir(exist_ok=True)
    for stray in (old, young, upload):
        stray.write_bytes(b"stray")
    for stray in (old, upload):
        age(stray, 7200)
    spooled = background.storage.spool()
    age(spooled, 7200)
    assert (await background.scrubber.run(fix=False)).strays == 2
    assert old.exists()
    findings = await background.scrubber.run(fix=True)
    assert findings.removed == 2
    assert [old.exists(), upload.exists(), young.exists(), spooled.exists()] == [False, False, True, False]
    assert await path_of(background, video)


async def test_an_uploaded_picture_is_no_stray(background: Background, video: VideoView):
    """It belongs to no video yet, and to its owner all the same."""
    upload = await background.uploads.add(video.owner_id, once(picture((320, 180), "PNG")))
    file = await background.uploads.file(video.owner_id, upload.id)
    age(background.path(file), 7200)
    assert (await background.scrubber.run(fix=True)).strays == 0
    assert background.path(file).exists()


async def test_a_link_is_left_alone_and_not_followed(
    background: Background, video: VideoView, tmp_path: Path
):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("private")
    link = (await path_of(background, video)).with_name("link.mp4")
    link.symlink_to(elsewhere)
    assert (await background.scrubber.run(fix=True)).strays == 0
    assert elsewhere.exists()


@pytest.mark.parametrize("name", ["readme.txt", "videos/by-hand/film.mp4", f"new/videos/{'0' * 32}/film.mp4"])
async def test_what_has_no_name_of_ours_stays(background: Background, video: VideoView, name: str):
    """A folder or a bucket may hold more than one studio's files."""
    others = (await path_of(background, video)).parents[2] / name
    others.parent.mkdir(parents=True, exist_ok=True)
    others.write_bytes(b"theirs")
    age(others, 7200)
    findings = await background.scrubber.run(fix=True)
    assert (findings.strays, findings.removed) == (1, 0)
    assert others.exists()


async def test_films_of_videos_that_the_database_does_not_know_stay(background: Background, video: VideoView):
    """It may have been restored from an old backup: these may be all that is left of something paid."""
    stranger = (await path_of(background, video)).parent.with_name("0" * 31 + "1") / "film.mp4"
    stranger.parent.mkdir()
    stranger.write_bytes(b"paid")
    given = stranger.with_name("reference.png")  # the first frame of a wish that was never written down
    given.write_bytes(b"free")
    for file in (stranger, given):
        age(file, 7200)
    findings = await background.scrubber.run(fix=True)
    assert (findings.strays, findings.removed, findings.is_well) == (2, 1, False)
    assert findings.complaints == ["Files that belong to no video of this database were left in place: 1."]
    assert [stranger.exists(), given.exists()] == [True, False]


async def test_an_empty_disk_is_not_filled_again_unasked(background: Background, video: VideoView):
    await add_videos(background.db, background.owner_id, *map(str, range(30)))
    findings = await background.scrubber.run(fix=True)
    assert findings.mended == 0
    assert "another database" in findings.complaints[0]
    assert (await background.look(video)).problem is None


async def test_a_disk_that_is_not_there(background: Background, video: VideoView, tmp_path: Path):
    shutil.rmtree(tmp_path / "media")
    (tmp_path / "media").write_text("not a folder")
    with pytest.raises(Unavailable):
        await path_of(background, video)
    findings = await background.scrubber.run(fix=True)
    assert "Nothing was compared" in findings.complaints[0]
    assert (await background.look(video)).problem is None


async def test_the_next_run_goes_on_where_the_last_one_ended(background: Background):
    await add_videos(background.db, background.owner_id, *map(str, range(3)), phase=Phase.QUEUED)
    background.scrubber._most = 2
    seen = [(await background.scrubber.run(fix=True)).videos for _ in range(2)]
    assert seen == [2, 1]


async def test_a_video_that_is_deleted_is_nobodys_concern(background: Background, video: VideoView):
    (await path_of(background, video)).unlink()
    await background.videos.remove(video.owner_id, video.id)
    assert (await background.scrubber.run(fix=True)).is_well
