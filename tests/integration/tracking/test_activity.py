"""What happened to a video is written down as it happens, once."""

import pytest

from sora_studio.db import activity
from sora_studio.domain.errors import NotFound, ProviderUnavailable, SubmitUnclear
from sora_studio.domain.ids import new_id
from sora_studio.domain.video import Status, VideoView
from tests.integration.tracking.conftest import Bench


async def told(bench: Bench, view: VideoView) -> list[str]:
    return [line.happening for line in await bench.videos.activity(view.owner_id, view.id)]


async def test_an_untroubled_life(bench: Bench, mp4: bytes):
    view = await bench.wish()
    await bench.submit()
    for progress in (10, 20):
        bench.provider.report("remote-0", Status.IN_PROGRESS, progress)
        await bench.refresh()
    bench.provider.finish("remote-0", mp4)
    await bench.refresh()
    await bench.archive()
    assert await told(bench, view) == ["submitted", "seen", "rendered", "saved"]


async def test_a_lost_answer_is_told_and_so_is_what_became_of_it(bench: Bench):
    bench.provider.after_submit = [SubmitUnclear("The connection broke.", "connection_lost")]
    view = await bench.wish()
    await bench.submit()
    bench.provider.fail("remote-0", "x", "Out of memory.")
    await bench.reconcile()
    assert await told(bench, view) == ["unclear", "adopted", "failed"]
    notes = [line.note for line in await bench.videos.activity(view.owner_id, view.id)]
    assert notes == ["", "", "Out of memory."], "the reason is of what it was the reason for"


async def test_a_persons_decisions_are_told(bench: Bench):
    bench.provider.before_submit = [SubmitUnclear("The connection broke.", "connection_lost")] * 2
    view = await bench.wish()
    await bench.submit()
    for decide in (bench.videos.look_again, bench.videos.submit_again, bench.videos.give_up):
        await bench.sql("UPDATE job SET post_begun_at = now() - interval '95 seconds', looks = 3")
        await bench.reconcile()
        await decide(view.owner_id, view.id)
        await bench.submit()
    assert await told(bench, view) == [
        *("unclear", "attention", "looked_again"),
        *("attention", "sent_again"),
        *("unclear", "attention", "given_up"),
    ]


async def test_nothing_has_happened_to_what_was_only_written_down(bench: Bench):
    view = await bench.wish()
    assert await told(bench, view) == []


async def test_what_happened_to_somebody_elses_or_a_deleted_video_is_not_told(bench: Bench):
    view = await bench.wish()
    await bench.submit()
    with pytest.raises(NotFound):
        await bench.videos.activity(new_id(), view.id)
    await bench.videos.remove(view.owner_id, view.id)
    with pytest.raises(NotFound):
        await told(bench, view)


async def test_the_newest_lines_are_told(bench: Bench):
    view = await bench.wish()
    await bench.sql(
        "INSERT INTO activity (video_id, happening, note) "
        "SELECT :video, 'busy', number FROM generate_series(1, :most) AS number",
        video=view.id,
        most=activity.MOST + 7,
    )
    notes = [line.note for line in await bench.videos.activity(view.owner_id, view.id)]
    assert notes == [str(number) for number in range(8, activity.MOST + 8)]


async def test_a_provider_that_is_busy_is_told_of_once(bench: Bench):
    busy = ProviderUnavailable("Slow down.", "rate_limit_exceeded", 2)
    bench.provider.before_submit = [busy, busy, ProviderUnavailable("Away.", "unreachable")]
    view = await bench.wish()
    for _ in range(4):
        await bench.due_now()
        await bench.submit()
    assert await told(bench, view) == ["busy", "submitted"]
