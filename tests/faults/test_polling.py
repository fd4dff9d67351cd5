"""F44 to F48: what a provider says, or does not say, of a job that it has."""

import time
from functools import partial
from typing import Any

import pytest

from sora_studio.domain.rate_limit import FAILURES, PROBE_FIRST
from sora_studio.domain.video import Phase, VideoView
from tests.support.harness import StudioHarness

_LONGEST = 30.0  # seconds between the end of a trouble and the next look


@pytest.mark.parametrize("answer", ["500", "hang", "reset", "garbage", "html", "empty"])
async def test_looks_that_fail_mean_nothing(harness: StudioHarness, answer: str):
    """F44: however many there are, the job lives, and is looked at soon after."""
    view = await _under_way(harness)
    await harness.box.fault(poll=answer)
    for failures in (1, 2, 3, 4):
        await harness.wait(partial(_failed, harness, view, failures))
        assert await _due_in(harness, view) <= _LONGEST
    assert (await harness.look(view)).phase is Phase.IN_PROGRESS
    await _finish(harness, view)


async def test_a_provider_that_is_silent_is_left_alone(harness: StudioHarness):
    """F44, I10: after some failures in a row only one request goes out now and then, however many are due.

    The answer to a look at the models that was under way may let it begin to count once more.
    """
    view = await _under_way(harness)
    await harness.box.fault(poll="reset")
    await harness.wait(lambda: _failed(harness, view, 5))
    asked, lookups, began = await _polls(harness), (await harness.row(view)).fence, time.monotonic()
    await harness.wait(lambda: _looked(harness, view, lookups + 20))
    probes = (time.monotonic() - began) / PROBE_FIRST
    assert await _polls(harness) - asked <= FAILURES + probes + 1
    await _finish(harness, view)


async def test_a_job_that_is_unknown_for_two_minutes_is_not_lost(harness: StudioHarness):
    """F45: the person is asked, what it cost stays charged, and it is looked for all the same."""
    view = await _under_way(harness)
    await harness.box.fault(poll="404")
    waited = 0.0
    for lookups in (1, 2, 3, 4):
        await harness.wait(partial(_missed, harness, view, lookups), hurry=False)
        assert (await harness.look(view)).phase is Phase.IN_PROGRESS
        waited += await _due_in(harness, view)
        await harness.hurry()
    assert waited > 125
    seen = await harness.until(view)
    assert seen.problem
    assert (seen.phase, seen.problem.code, seen.charged) == (Phase.NEEDS_ATTENTION, "lost_at_provider", True)
    await _finish(harness, view)


@pytest.mark.parametrize("word", ["paused", "reticulating splines", "<b>"])
async def test_an_unknown_status_keeps_the_job_alive(harness: StudioHarness, word: str):
    """F46: it is shown as it is."""
    view = await _under_way(harness)
    await harness.box.fault(video={"set": {"status": word}})
    await harness.met(view, lambda seen: seen.remote_status == word)
    assert (await harness.look(view)).phase is Phase.IN_PROGRESS
    await _finish(harness, view)
    assert (await harness.look(view)).remote_status is None


async def test_a_cancelled_job_ends_and_costs_nothing(harness: StudioHarness):
    """F46: such a job ends here, too."""
    await harness.box.fault(job={"error": {"code": "ended", "message": "It has ended."}})
    await harness.box.fault(video={"set": {"status": "cancelled", "error": None}, "when": ["failed"]})
    seen = await harness.until(await harness.ask())
    assert seen.problem
    assert (seen.phase, seen.problem.code, seen.charged) == (Phase.FAILED, "cancelled", False)
    await harness.audit()


async def test_an_expired_job_ends_and_stays_charged(harness: StudioHarness):
    """F46: it may have been rendered and billed while nobody looked."""
    await harness.box.fault(job={"instant_ms": 0, "expires_ms": 1})
    await harness.box.fault(video={"set": {"status": "expired"}, "when": ["completed"]})
    seen = await harness.until(await harness.ask())
    assert seen.problem
    assert (seen.phase, seen.problem.code, seen.charged) == (Phase.FAILED, "expired", True)
    await harness.audit()


async def test_odd_progress_does_not_show(harness: StudioHarness):
    """F47: the bar never falls and never leaves its scale."""
    view = await _under_way(harness)
    said: list[Any] = [30, 10, 150, -1, "50%", None, "x", 1e9, 45]
    await harness.box.fault(video={"set": {"progress": said, "status": "in_progress"}})
    shown: list[int] = []

    async def told() -> bool:
        shown.append((await harness.look(view)).progress)
        await harness.hurry()
        return (await harness.box.faults())[-1]["hits"] > len(said)

    await harness.wait(told)
    assert shown == sorted(shown)
    assert all(0 <= progress < 100 for progress in shown)
    await _finish(harness, view)


async def test_a_job_without_an_end_is_left_to_the_person_after_a_day(harness: StudioHarness):
    """F48: who looks again later still gets it."""
    view = await _under_way(harness)
    await harness.sql(
        "UPDATE job SET created_at = now() - interval '25 h', accepted_at = now() - interval '25 h'"
    )
    seen = await harness.until(view)
    assert seen.problem
    assert (seen.phase, seen.problem.code, seen.charged) == (Phase.NEEDS_ATTENTION, "no_end", True)
    await harness.box.clear()
    await harness.studio.services.videos.check_again(view.owner_id, view.id)
    await _finish(harness, view)


async def test_a_job_that_takes_hours_is_looked_at_slowly(harness: StudioHarness):
    """F48: whatever the provider's hint says, which is a tenth of a second here."""
    view = await _under_way(harness)
    await harness.box.fault(poll={"headers": {"openai-poll-after-ms": "100"}})
    await harness.sql(
        "UPDATE job SET accepted_at = now() - interval '10 h', created_at = now() - interval '10 h'"
    )
    await harness.hurry()
    await harness.wait(partial(_is_due_after, harness, view, 4.0), hurry=False)
    await _finish(harness, view)


async def _polls(harness: StudioHarness) -> int:
    seen = await harness.box.seen()
    return seen["retrieve"] + seen["list"]


async def _failed(harness: StudioHarness, view: VideoView, times: int) -> bool:
    return (await harness.row(view)).failures >= times


async def _looked(harness: StudioHarness, view: VideoView, times: int) -> bool:
    return (await harness.row(view)).fence >= times


async def _missed(harness: StudioHarness, view: VideoView, times: int) -> bool:
    return (await harness.row(view)).lookups >= times


async def _is_due_after(harness: StudioHarness, view: VideoView, seconds: float) -> bool:
    return await _due_in(harness, view) > seconds


async def _under_way(harness: StudioHarness) -> VideoView:
    """Ask for a video that the provider takes, and seems to work at until its faults are cleared."""
    await harness.box.fault(video={"set": {"status": "in_progress", "progress": 0}})
    return await harness.until(await harness.ask(), Phase.IN_PROGRESS)


async def _finish(harness: StudioHarness, view: VideoView) -> None:
    """Take the trouble away."""
    await harness.box.clear()
    await harness.until(view, Phase.COMPLETED)
    assert await harness.posts(view) == 1
    await harness.audit()


async def _due_in(harness: StudioHarness, view: VideoView) -> float:
    query = "SELECT extract(epoch FROM due_at - now()) AS left FROM job WHERE video_id = :id"
    (row,) = await harness.sql(query, id=view.id)
    return float(row.left)
