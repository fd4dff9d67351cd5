"""F44 to F48: what a provider says, or does not say, of a job that it has."""

from functools import partial
from typing import Any

import httpx
import pytest

from sora_studio.domain.video import Phase, VideoView
from tests.support.lab import Lab

_LONGEST = 30.0  # seconds between the end of a trouble and the next look


@pytest.mark.parametrize("answer", ["500", "hang", "reset", "garbage", "html", "empty"])
async def test_looks_that_fail_mean_nothing(lab: Lab, answer: str):
    """F44: however many there are, the job lives, and is looked at soon after."""
    view = await _under_way(lab)
    await lab.box.fault(poll=answer)
    for failures in (1, 2, 3, 4):
        await lab.wait(partial(_failed, lab, view, failures))
        assert await _due_in(lab, view) <= _LONGEST
    assert (await lab.look(view)).phase is Phase.IN_PROGRESS
    await _finish(lab, view)


async def test_a_provider_that_is_silent_is_left_alone(lab: Lab):
    """F44, I10: after some failures in a row only one request goes out now and then, however many are due."""
    view = await _under_way(lab)
    await lab.box.fault(poll="reset")
    await lab.wait(lambda: _failed(lab, view, 5))
    asked, looks = await _polls(lab), (await lab.row(view)).fence
    await lab.wait(lambda: _looked(lab, view, looks + 10))
    assert await _polls(lab) <= asked + 2
    await _finish(lab, view)


async def test_a_job_that_is_unknown_for_two_minutes_is_lost(lab: Lab):
    """F45: never at the first look; what it cost stays charged, and the words say so."""
    view = await _under_way(lab)
    remote_id = (await lab.row(view)).remote_id
    async with httpx.AsyncClient() as http:
        await http.delete(f"{lab.box.base_url}/videos/{remote_id}")
    waited = 0.0
    for looks in (1, 2, 3):
        await lab.wait(partial(_missed, lab, view, looks), hurry=False)
        assert (await lab.look(view)).phase is Phase.IN_PROGRESS
        waited += await _due_in(lab, view)
        await lab.hurry()
    assert waited > 110
    seen = await lab.until(view)
    assert seen.problem
    assert (seen.phase, seen.problem.code, seen.charged) == (Phase.FAILED, "lost_at_provider", True)
    await lab.audit()


@pytest.mark.parametrize("word", ["paused", "reticulating splines", "<b>"])
async def test_an_unknown_status_keeps_the_job_alive(lab: Lab, word: str):
    """F46: it is shown as it is."""
    view = await _under_way(lab)
    await lab.box.fault(video={"set": {"status": word}})
    await lab.met(view, lambda seen: seen.remote_status == word)
    assert (await lab.look(view)).phase is Phase.IN_PROGRESS
    await _finish(lab, view)
    assert (await lab.look(view)).remote_status is None


async def test_a_cancelled_job_ends_and_costs_nothing(lab: Lab):
    """F46: such a job ends here, too."""
    await lab.box.fault(job={"error": {"code": "ended", "message": "It has ended."}})
    await lab.box.fault(video={"set": {"status": "cancelled", "error": None}, "when": ["failed"]})
    seen = await lab.until(await lab.ask())
    assert seen.problem
    assert (seen.phase, seen.problem.code, seen.charged) == (Phase.FAILED, "cancelled", False)
    await lab.audit()


async def test_an_expired_job_ends_and_stays_charged(lab: Lab):
    """F46: it may have been rendered and billed while nobody looked."""
    await lab.box.fault(job={"instant_ms": 0, "expires_ms": 1})
    await lab.box.fault(video={"set": {"status": "expired"}, "when": ["completed"]})
    seen = await lab.until(await lab.ask())
    assert seen.problem
    assert (seen.phase, seen.problem.code, seen.charged) == (Phase.FAILED, "expired", True)
    await lab.audit()


async def test_odd_progress_does_not_show(lab: Lab):
    """F47: the bar never falls and never leaves its scale."""
    view = await _under_way(lab)
    said: list[Any] = [30, 10, 150, -1, "50%", None, "x", 1e9, 45]
    await lab.box.fault(video={"set": {"progress": said, "status": "in_progress"}})
    shown: list[int] = []

    async def told() -> bool:
        shown.append((await lab.look(view)).progress)
        await lab.hurry()
        return (await lab.box.faults())[-1]["hits"] > len(said)

    await lab.wait(told)
    assert shown == sorted(shown)
    assert all(0 <= progress < 100 for progress in shown)
    await _finish(lab, view)


async def test_a_job_without_an_end_is_left_to_the_person_after_a_day(lab: Lab):
    """F48: who looks again later still gets it."""
    view = await _under_way(lab)
    await lab.sql("UPDATE job SET created_at = now() - interval '25 h', taken_at = now() - interval '25 h'")
    seen = await lab.until(view)
    assert seen.problem
    assert (seen.phase, seen.problem.code, seen.charged) == (Phase.NEEDS_ATTENTION, "no_end", True)
    await lab.box.clear()
    await lab.studio.services.videos.look_again(view.owner_id, view.id)
    await _finish(lab, view)


async def test_a_job_that_takes_hours_is_looked_at_slowly(lab: Lab):
    """F48: whatever the provider's hint says, which is a tenth of a second here."""
    view = await _under_way(lab)
    await lab.box.fault(poll={"headers": {"openai-poll-after-ms": "100"}})
    await lab.sql("UPDATE job SET taken_at = now() - interval '10 h', created_at = now() - interval '10 h'")
    await lab.hurry()
    await lab.wait(partial(_is_due_after, lab, view, 4.0), hurry=False)
    await _finish(lab, view)


async def _polls(lab: Lab) -> int:
    seen = await lab.box.seen()
    return seen["retrieve"] + seen["list"]


async def _failed(lab: Lab, view: VideoView, times: int) -> bool:
    return (await lab.row(view)).failures >= times


async def _looked(lab: Lab, view: VideoView, times: int) -> bool:
    return (await lab.row(view)).fence >= times


async def _missed(lab: Lab, view: VideoView, times: int) -> bool:
    return (await lab.row(view)).looks >= times


async def _is_due_after(lab: Lab, view: VideoView, seconds: float) -> bool:
    return await _due_in(lab, view) > seconds


async def _under_way(lab: Lab) -> VideoView:
    """Ask for a video that the provider takes, and seems to work at until its faults are cleared."""
    await lab.box.fault(video={"set": {"status": "in_progress", "progress": 0}})
    return await lab.until(await lab.ask(), Phase.IN_PROGRESS)


async def _finish(lab: Lab, view: VideoView) -> None:
    """Take the trouble away."""
    await lab.box.clear()
    assert (await lab.until(view)).phase is Phase.COMPLETED
    assert await lab.posts(view) == 1
    await lab.audit()


async def _due_in(lab: Lab, view: VideoView) -> float:
    query = "SELECT extract(epoch FROM due_at - now()) AS left FROM job WHERE video_id = :id"
    (row,) = await lab.sql(query, id=view.id)
    return float(row.left)
