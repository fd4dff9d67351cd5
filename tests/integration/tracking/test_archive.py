"""Our own copy, and what becomes of it."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from sora_studio.domain.errors import Conflict, NotFound, ProviderUnavailable, Unsupported
from sora_studio.domain.media import SPRITE_COLUMNS, SPRITE_ROWS
from sora_studio.domain.video import Phase, Status, Variant
from tests.integration.tracking.conftest import Bench
from tests.support.library import START

_WAITS_SINCE = """
UPDATE job SET created_at = now() - CAST(:ago AS interval), finished_at = now() - CAST(:ago AS interval)
"""


async def finished(bench: Bench, data: bytes):
    view = await bench.wish("a paper boat")
    await bench.submit()
    bench.provider.finish("remote-0", data)
    await bench.refresh()
    return view


async def test_the_file_is_ours_before_the_video_is_called_completed(bench: Bench, mp4: bytes):
    view = await finished(bench, mp4)
    with pytest.raises(Conflict):
        await bench.media.file(view.owner_id, view.id, Variant.VIDEO)
    await bench.archive()
    seen = await bench.look(view)
    assert (seen.phase, seen.status, seen.progress) == (Phase.COMPLETED, Status.COMPLETED, 100)
    assert seen.completed_at
    assert (seen.problem, seen.expires_at) == (None, None)
    file = await bench.media.file(view.owner_id, view.id, Variant.VIDEO)
    assert file.path.read_bytes() == mp4
    assert (file.sha256, file.bytes) == (hashlib.sha256(mp4).hexdigest(), len(mp4))
    assert (file.filename, file.width, file.height) == ("a paper boat.mp4", 320, 180)
    for variant, magic in ((Variant.THUMBNAIL, b"RIFF"), (Variant.SPRITESHEET, b"\xff\xd8\xff")):
        made = await bench.media.file(view.owner_id, view.id, variant)
        assert made.path.read_bytes().startswith(magic)
    assert SPRITE_COLUMNS * SPRITE_ROWS == 20


async def test_a_bad_file_is_never_called_completed(bench: Bench, mp4: bytes):
    view = await finished(bench, mp4)
    for bad in (mp4[: len(mp4) // 2], b'{"error": {"message": "no"}}', b"<html>502</html>", b""):
        bench.provider.files["remote-0"] = bad
        await bench.due_now()
        await bench.archive()
        seen = await bench.look(view)
        assert seen.phase is Phase.SAVING
    bench.provider.files["remote-0"] = mp4
    await bench.due_now()
    await bench.archive()
    assert (await bench.look(view)).phase is Phase.COMPLETED


async def test_a_provider_that_is_away_is_asked_again(bench: Bench, mp4: bytes):
    view = await finished(bench, mp4)
    for _ in range(10):
        bench.provider.on_content = [ProviderUnavailable("502", "server_error")]
        await bench.due_now()
        await bench.archive()
    assert (await bench.look(view)).phase is Phase.SAVING
    await bench.due_now()
    await bench.archive()
    assert (await bench.look(view)).phase is Phase.COMPLETED


async def gone(bench: Bench, times: int) -> None:
    bench.provider.files.clear()
    for _ in range(times):
        await bench.due_now()
        await bench.archive()


async def test_a_file_that_is_not_there_yet_is_waited_for_until_its_deadline(bench: Bench, mp4: bytes):
    view = await finished(bench, mp4)
    await gone(bench, 6)
    assert (await bench.look(view)).phase is Phase.SAVING
    bench.provider.files["remote-0"] = mp4
    await bench.due_now()
    await bench.archive()
    assert (await bench.look(view)).phase is Phase.COMPLETED


@pytest.mark.parametrize("deadline", [datetime.now(UTC) - timedelta(minutes=1), START, None])
async def test_a_file_that_is_gone_is_said_to_be_gone(bench: Bench, mp4: bytes, deadline: datetime | None):
    """After a deadline that was ever so long ago, or an hour where none was named; four looks at least."""
    view = await finished(bench, mp4)
    await bench.sql("UPDATE job SET remote_expires_at = :deadline", deadline=deadline)
    if deadline is None:
        await bench.sql(_WAITS_SINCE, ago=timedelta(hours=2))
    await gone(bench, 3)
    assert (await bench.look(view)).phase is Phase.SAVING
    await gone(bench, 1)
    seen = await bench.look(view)
    assert seen.phase is Phase.FAILED
    assert seen.problem
    assert seen.problem.code == "content_unavailable"
    assert "does not hand out its file any more: No such file." in seen.problem.message
    assert seen.charged


async def test_nothing_temporary_is_left(bench: Bench, mp4: bytes):
    await finished(bench, mp4[:1000])
    await bench.archive()
    assert [path for path in bench.storage.spool().parent.iterdir() if path.stat().st_size] == []


async def test_the_purge_takes_files_rows_and_the_providers_copy(bench: Bench, mp4: bytes):
    view = await finished(bench, mp4)
    await bench.archive()
    paths = [(await bench.media.file(view.owner_id, view.id, variant)).path for variant in Variant]
    await bench.videos.remove(view.owner_id, view.id)
    with pytest.raises(NotFound):
        await bench.media.file(view.owner_id, view.id, Variant.VIDEO)
    await bench.purger.run()
    assert all(path.exists() for path in paths)  # it can still be brought back
    await bench.sql("UPDATE video SET deleted_at = deleted_at - interval '2 minutes'")
    await bench.purger.run()
    assert not any(path.exists() for path in paths)
    assert bench.provider.deleted == ["remote-0"]
    with pytest.raises(NotFound):
        await bench.videos.restore(view.owner_id, view.id)


async def test_a_remix_goes_to_the_parents_provider_under_its_remote_id(bench: Bench, mp4: bytes):
    view = await finished(bench, mp4)
    with pytest.raises(Conflict):
        await bench.videos.remix(view.owner_id, view.id, "at night")
    await bench.archive()
    remix = await bench.videos.remix(view.owner_id, view.id, "at night")
    await bench.submit()
    assert bench.provider.orders[-1].source == "remote-0"
    bench.provider.before_submit = [Unsupported("405", "unsupported")]
    await bench.videos.remix(view.owner_id, view.id, "by day")
    await bench.submit()
    assert [order.source for order in bench.provider.orders[-2:]] == ["remote-0", None]
    family = await bench.videos.family(view.owner_id, view.id)
    assert family.made[0].id == remix.id
    back = await bench.videos.family(view.owner_id, remix.id)
    assert back.parent
    assert back.parent.id == view.id


async def not_saved_for_a_day(bench: Bench, mp4: bytes):
    """Finish a video whose file does not come, until its person has to decide."""
    view = await finished(bench, mp4)
    await bench.sql(_WAITS_SINCE, ago=timedelta(hours=25))
    bench.provider.on_content = [ProviderUnavailable("502 Bad Gateway", "server_error")]
    await bench.archive()
    return await bench.look(view)


async def test_what_was_rendered_stays_charged_when_it_is_given_up(bench: Bench, mp4: bytes):
    view = await not_saved_for_a_day(bench, mp4)
    assert (view.phase, view.problem and view.problem.code) == (Phase.NEEDS_ATTENTION, "not_saved")
    given_up = await bench.videos.give_up(view.owner_id, view.id)
    assert (given_up.phase, given_up.charged) == (Phase.FAILED, True)


async def test_a_problem_ends_with_the_phase_that_it_was_met_in(bench: Bench, mp4: bytes):
    view = await not_saved_for_a_day(bench, mp4)
    assert (await bench.videos.look_again(view.owner_id, view.id)).problem is None
    await bench.refresh()
    bench.provider.on_content = [ProviderUnavailable("502 Bad Gateway", "server_error")]
    await bench.archive()
    delayed = await bench.look(view)
    assert (delayed.phase, delayed.problem and delayed.problem.code) == (Phase.SAVING, "saving_delayed")
    await bench.due_now()
    await bench.archive()
    saved = await bench.look(view)
    assert (saved.phase, saved.problem) == (Phase.COMPLETED, None)
