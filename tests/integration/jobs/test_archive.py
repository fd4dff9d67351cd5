"""Our own copy, and what becomes of it."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from bench.lab.statements import watched
from sora_studio.db.models import SessionRow
from sora_studio.domain.access import Action
from sora_studio.domain.account import Identity
from sora_studio.domain.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    NotSignedIn,
    ProviderUnavailable,
    Unsupported,
)
from sora_studio.domain.ids import new_id
from sora_studio.domain.media import SPRITE_COLUMNS, SPRITE_ROWS
from sora_studio.domain.video import Phase, PosterWidth, Status, Variant
from sora_studio.services.people.authentication import AccessRequest
from tests.integration.jobs.conftest import Background
from tests.support.library import START

_WAITS_SINCE = """
UPDATE job SET created_at = now() - CAST(:ago AS interval), rendered_at = now() - CAST(:ago AS interval)
"""


async def finished(background: Background, data: bytes):
    view = await background.wish("a paper boat")
    await background.submit()
    background.provider.finish("remote-0", data)
    await background.refresh()
    return view


async def test_the_file_is_ours_before_the_video_is_called_completed(background: Background, mp4: bytes):
    view = await finished(background, mp4)
    with pytest.raises(Conflict):
        await background.media.file(view.owner_id, view.id, Variant.VIDEO)
    await background.archive()
    seen = await background.look(view)
    assert (seen.phase, seen.status, seen.progress) == (Phase.COMPLETED, Status.COMPLETED, 100)
    assert seen.completed_at
    assert (seen.problem, seen.expires_at) == (None, None)
    file = await background.media.file(view.owner_id, view.id, Variant.VIDEO)
    assert await background.storage.read(file.key) == mp4
    assert (file.sha256, file.bytes) == (hashlib.sha256(mp4).hexdigest(), len(mp4))
    assert (file.filename, file.width, file.height) == ("a paper boat.mp4", 320, 180)
    for variant, magic in ((Variant.THUMBNAIL, b"RIFF"), (Variant.SPRITESHEET, b"\xff\xd8\xff")):
        made = await background.media.file(view.owner_id, view.id, variant)
        assert (await background.storage.read(made.key)).startswith(magic)
    assert SPRITE_COLUMNS * SPRITE_ROWS == 20


async def test_a_bad_file_is_never_called_completed(background: Background, mp4: bytes):
    view = await finished(background, mp4)
    for bad in (mp4[: len(mp4) // 2], b'{"error": {"message": "no"}}', b"<html>502</html>", b""):
        background.provider.files["remote-0"] = bad
        await background.due_now()
        await background.archive()
        seen = await background.look(view)
        assert seen.phase is Phase.SAVING
    background.provider.files["remote-0"] = mp4
    await background.due_now()
    await background.archive()
    assert (await background.look(view)).phase is Phase.COMPLETED


async def test_a_provider_that_is_away_is_asked_again(background: Background, mp4: bytes):
    view = await finished(background, mp4)
    for _ in range(10):
        background.provider.on_content = [ProviderUnavailable("502", "server_error")]
        await background.due_now()
        await background.archive()
    assert (await background.look(view)).phase is Phase.SAVING
    await background.due_now()
    await background.archive()
    assert (await background.look(view)).phase is Phase.COMPLETED


async def gone(background: Background, times: int) -> None:
    background.provider.files.clear()
    for _ in range(times):
        await background.due_now()
        await background.archive()


async def test_a_file_that_is_not_there_yet_is_waited_for_until_its_deadline(
    background: Background, mp4: bytes
):
    view = await finished(background, mp4)
    await gone(background, 6)
    assert (await background.look(view)).phase is Phase.SAVING
    background.provider.files["remote-0"] = mp4
    await background.due_now()
    await background.archive()
    assert (await background.look(view)).phase is Phase.COMPLETED


@pytest.mark.parametrize("deadline", [datetime.now(UTC) - timedelta(minutes=1), START, None])
async def test_a_file_that_is_gone_is_said_to_be_gone(
    background: Background, mp4: bytes, deadline: datetime | None
):
    """After a deadline that was ever so long ago, or an hour where none was named; four looks at least."""
    view = await finished(background, mp4)
    await background.sql("UPDATE job SET remote_expires_at = :deadline", deadline=deadline)
    if deadline is None:
        await background.sql(_WAITS_SINCE, ago=timedelta(hours=2))
    await gone(background, 3)
    assert (await background.look(view)).phase is Phase.SAVING
    await gone(background, 1)
    seen = await background.look(view)
    assert seen.phase is Phase.NEEDS_ATTENTION
    assert seen.problem
    assert seen.problem.code == "content_unavailable"
    assert "no longer hands out its file: No such file." in seen.problem.message
    assert seen.charged


async def test_a_file_that_was_called_gone_is_taken_when_it_is_there_after_all(
    background: Background, mp4: bytes
):
    view = await finished(background, mp4)
    await background.sql("UPDATE job SET remote_expires_at = now()")
    await gone(background, 4)
    assert (await background.look(view)).phase is Phase.NEEDS_ATTENTION
    background.provider.files["remote-0"] = mp4
    await background.videos.check_again(view.owner_id, view.id)
    await background.refresh()
    await background.archive()
    assert (await background.look(view)).phase is Phase.COMPLETED


async def test_nothing_temporary_is_left(background: Background, mp4: bytes):
    await finished(background, mp4[:1000])
    await background.archive()
    assert [path for path in background.storage.spool().parent.iterdir() if path.stat().st_size] == []


async def test_a_poster_of_the_width_that_is_asked_for(background: Background, mp4: bytes):
    """Where no smaller one was kept, the whole one is served; and nothing once the session has ended.

    A page asks for dozens at a time: session and file are looked up together, without a ping before.
    """
    view = await finished(background, mp4)
    await background.archive()
    async with background.db.transaction() as tx:
        session = SessionRow(
            id=new_id(), user_id=background.owner_id, expires_at=datetime(2100, 1, 1, tzinfo=UTC)
        )
        tx.add(session)
    me = AccessRequest(Identity(background.owner_id, session.id), Action.READ_VIDEOS)

    async def poster(width: PosterWidth | None) -> str:
        return (await background.media.file_for(me, view.id, Variant.THUMBNAIL, width)).key

    with watched(background.db) as seen:
        keys = [await poster(width) for width in (None, *PosterWidth)]
    assert len(seen) <= 2 * len(keys) + 1  # the settings, which are read once in a while
    assert [key.removeprefix(keys[0].removesuffix(".webp")) for key in keys] == [
        ".webp",
        "-320.webp",
        "-640.webp",
    ]
    await background.sql("DELETE FROM asset WHERE variant = :name", name=PosterWidth.NARROW.variant)
    assert await poster(PosterWidth.NARROW) == keys[0]
    with pytest.raises(InvalidInput):
        await background.media.file_for(me, view.id, Variant.VIDEO, PosterWidth.NARROW)
    await background.sql("UPDATE session SET ended_at = now()")
    for variant in Variant:
        with pytest.raises(NotSignedIn):
            await background.media.file_for(me, view.id, variant)


async def test_the_purge_takes_files_rows_and_the_providers_copy(background: Background, mp4: bytes):
    view = await finished(background, mp4)
    await background.archive()
    pages = [page async for page in background.storage.list_pages()]
    paths = [background.path(file) for page in pages for file in page]
    assert len(paths) == len(Variant) + len(PosterWidth)
    await background.videos.remove(view.owner_id, view.id)
    with pytest.raises(NotFound):
        await background.media.file(view.owner_id, view.id, Variant.VIDEO)
    await background.purger.run()
    assert all(path.exists() for path in paths)  # it can still be brought back
    await background.sql("UPDATE video SET deleted_at = deleted_at - interval '2 minutes'")
    await background.purger.run()
    assert not any(path.exists() for path in paths)
    assert background.provider.deleted == ["remote-0"]
    with pytest.raises(NotFound):
        await background.videos.restore(view.owner_id, view.id)


async def test_a_remix_goes_to_the_parents_provider_under_its_remote_id(background: Background, mp4: bytes):
    view = await finished(background, mp4)
    with pytest.raises(Conflict):
        await background.derivations.remix(view.owner_id, view.id, "at night")
    await background.archive()
    remix = await background.derivations.remix(view.owner_id, view.id, "at night")
    await background.submit()
    assert background.provider.orders[-1].source == "remote-0"
    background.provider.before_submit = [Unsupported("405", "unsupported")]
    await background.derivations.remix(view.owner_id, view.id, "by day")
    await background.submit()
    assert [order.source for order in background.provider.orders[-2:]] == ["remote-0", None]
    family = await background.videos.family(view.owner_id, view.id)
    assert family.made[0].id == remix.id
    back = await background.videos.family(view.owner_id, remix.id)
    assert back.parent
    assert back.parent.id == view.id


async def not_saved_for_a_day(background: Background, mp4: bytes):
    """Finish a video whose file does not come, until its person has to decide."""
    view = await finished(background, mp4)
    await background.sql(_WAITS_SINCE, ago=timedelta(hours=25))
    background.provider.on_content = [ProviderUnavailable("502 Bad Gateway", "server_error")]
    await background.archive()
    return await background.look(view)


async def test_what_was_rendered_stays_charged_when_it_is_given_up(background: Background, mp4: bytes):
    view = await not_saved_for_a_day(background, mp4)
    assert (view.phase, view.problem and view.problem.code) == (Phase.NEEDS_ATTENTION, "not_saved")
    given_up = await background.videos.give_up(view.owner_id, view.id)
    assert (given_up.phase, given_up.charged) == (Phase.FAILED, True)


async def test_a_problem_ends_with_the_phase_that_it_was_met_in(background: Background, mp4: bytes):
    view = await not_saved_for_a_day(background, mp4)
    assert (await background.videos.check_again(view.owner_id, view.id)).problem is None
    await background.refresh()
    background.provider.on_content = [ProviderUnavailable("502 Bad Gateway", "server_error")]
    await background.archive()
    delayed = await background.look(view)
    assert (delayed.phase, delayed.problem and delayed.problem.code) == (Phase.SAVING, "saving_delayed")
    await background.due_now()
    await background.archive()
    saved = await background.look(view)
    assert (saved.phase, saved.problem) == (Phase.COMPLETED, None)
