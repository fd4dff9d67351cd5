"""What happened to a video is written down as it happens, once."""

import pytest

from sora_studio.db import activity
from sora_studio.domain.errors import NotFound, ProviderUnavailable, SubmitUnclear
from sora_studio.domain.ids import new_id
from sora_studio.domain.video import Status, VideoView
from tests.integration.jobs.conftest import Background


async def told(background: Background, view: VideoView) -> list[str]:
    return [line.kind for line in await background.videos.activity(view.owner_id, view.id)]


async def test_an_untroubled_life(background: Background, mp4: bytes):
    view = await background.wish()
    await background.submit()
    for progress in (10, 20):
        background.provider.report("remote-0", Status.IN_PROGRESS, progress)
        await background.refresh()
    background.provider.finish("remote-0", mp4)
    await background.refresh()
    await background.archive()
    assert await told(background, view) == ["submitted", "rendering", "rendered", "saved"]


async def test_a_lost_answer_is_told_and_so_is_what_became_of_it(background: Background):
    background.provider.after_submit = [SubmitUnclear("The connection broke.", "connection_lost")]
    view = await background.wish()
    await background.submit()
    background.provider.fail("remote-0", "x", "Out of memory.")
    await background.reconcile()
    assert await told(background, view) == ["unclear", "adopted", "failed"]
    notes = [line.note for line in await background.videos.activity(view.owner_id, view.id)]
    assert notes == ["", "", "Out of memory."], "the reason is of what it was the reason for"


async def test_a_persons_decisions_are_told(background: Background):
    background.provider.before_submit = [SubmitUnclear("The connection broke.", "connection_lost")] * 2
    view = await background.wish()
    await background.submit()
    for decide in (background.videos.check_again, background.videos.submit_again, background.videos.give_up):
        await background.sql("UPDATE job SET submit_started_at = now() - interval '95 seconds', lookups = 3")
        await background.reconcile()
        await decide(view.owner_id, view.id)
        await background.submit()
    assert await told(background, view) == [
        *("unclear", "needs_attention", "rechecked"),
        *("needs_attention", "resubmitted"),
        *("unclear", "needs_attention", "given_up"),
    ]


async def test_nothing_has_happened_to_what_was_only_written_down(background: Background):
    view = await background.wish()
    assert await told(background, view) == []


async def test_what_happened_to_somebody_elses_or_a_deleted_video_is_not_told(background: Background):
    view = await background.wish()
    await background.submit()
    with pytest.raises(NotFound):
        await background.videos.activity(new_id(), view.id)
    await background.videos.remove(view.owner_id, view.id)
    with pytest.raises(NotFound):
        await told(background, view)


async def test_the_newest_lines_are_told(background: Background):
    view = await background.wish()
    await background.sql(
        "INSERT INTO activity (video_id, kind, note) "
        "SELECT :video, 'busy', number FROM generate_series(1, :most) AS number",
        video=view.id,
        most=activity.MOST + 7,
    )
    notes = [line.note for line in await background.videos.activity(view.owner_id, view.id)]
    assert notes == [str(number) for number in range(8, activity.MOST + 8)]


async def test_a_provider_that_is_busy_is_told_of_once(background: Background):
    busy = ProviderUnavailable("Slow down.", "rate_limit_exceeded", 2)
    background.provider.before_submit = [busy, busy, ProviderUnavailable("Away.", "unreachable")]
    view = await background.wish()
    for _ in range(4):
        await background.due_now()
        await background.submit()
    assert await told(background, view) == ["busy", "submitted"]
