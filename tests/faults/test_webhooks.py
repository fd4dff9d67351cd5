"""F49 to F52: webhooks are hints: from any sender, however often, they change nothing by themselves."""

import asyncio

import pytest

from sora_studio.domain.video import Phase, VideoView
from tests.support.deliveries import deliver
from tests.support.harness import StudioHarness


async def _far_off(harness: StudioHarness) -> VideoView:
    """Ask for a video that is under way, and not due before an hour has passed."""
    await harness.box.fault(video={"set": {"status": "in_progress"}})
    view = await harness.until(await harness.ask(), Phase.IN_PROGRESS)
    await harness.wait(lambda: _put_off(harness), hurry=False)
    return view


async def _put_off(harness: StudioHarness) -> bool:
    """Put the job off unless it is being looked at right now."""
    free = "UPDATE job SET due_at = now() + interval '1 h' WHERE holder IS NULL RETURNING id"
    return bool(await harness.sql(free))


async def test_a_delivery_that_is_not_the_providers_changes_nothing(harness: StudioHarness):
    """F49: refused before anything is parsed, remembered or looked up."""
    view = await _far_off(harness)
    before, lookups = await harness.row(view), (await harness.box.seen())["retrieve"]
    remote_id = before.remote_id
    answers = {
        "wrong key": await deliver(harness, remote_id, key=b"of somebody else"),
        "old": await deliver(harness, remote_id, age=301),
        "from the future": await deliver(harness, remote_id, age=-301),
        "wrong key, no JSON": await deliver(harness, remote_id, key=b"x", body=b"{"),
        "unsigned": await harness.http.post("/api/webhooks/provider", content=b"{}"),
    }
    assert {answer.status_code for answer in answers.values()} <= {400, 401, 403}, answers
    assert (await deliver(harness, remote_id, body=b"x" * 10_000_000)).status_code == 413
    assert (await deliver(harness, remote_id, body=b"{")).status_code == 400
    assert await harness.row(view) == before
    assert await harness.sql("SELECT id FROM webhook_delivery") == []
    assert (await harness.box.seen())["retrieve"] == lookups
    await harness.box.clear()
    await harness.until(view)
    await harness.audit()


async def test_a_thousand_deliveries_are_one_look(harness: StudioHarness):
    """F50: the same one repeated, new ones for the same job, reordered, and for jobs that nobody knows."""
    view = await _far_off(harness)
    remote_id, lookups = (await harness.row(view)).remote_id, (await harness.box.seen())["retrieve"]
    assert (await deliver(harness, remote_id, delivery_id="evt_1")).status_code == 204
    await harness.wait(lambda: _looked(harness, lookups + 1), hurry=False)
    await harness.wait(lambda: _put_off(harness), hurry=False)
    await harness.sql("UPDATE job SET hinted_at = now() + interval '1 h'")  # time stands still meanwhile
    for start in range(0, 1000, 10):  # fewer than there are connections: nobody is turned away
        ids = ["evt_1" if number % 2 else f"evt_{number + 2}" for number in range(start, start + 10)]
        sent = [
            deliver(harness, remote_id if n % 5 else "unknown", delivery_id=each)
            for n, each in enumerate(ids)
        ]
        assert {answer.status_code for answer in await asyncio.gather(*sent)} == {204}
    assert (await harness.box.seen())["retrieve"] == lookups + 1
    assert (await harness.look(view)).phase is Phase.IN_PROGRESS
    await harness.sql("UPDATE job SET hinted_at = now()")
    await harness.box.clear()
    await harness.until(view)
    await harness.audit()


async def test_a_delivery_may_come_before_the_answer_to_the_create(harness: StudioHarness):
    """F51: it waits for the job that it is about."""
    await harness.box.fault(create={"accept": True, "delay_ms": 1500}, times=1)
    view = await harness.ask()
    await harness.wait(lambda: _taken(harness), hurry=False)
    ((job),) = await harness.taken()
    assert (await deliver(harness, job["id"])).status_code == 204
    assert (await harness.row(view)).remote_id is None
    await harness.wait(lambda: _hinted(harness, view), hurry=False)
    assert (await harness.until(view, hurry=False)).phase is Phase.COMPLETED
    await harness.audit()


async def test_late_deliveries_change_nothing(harness: StudioHarness):
    """F52: what no webhook told, the polling found; what comes hours later is taken and forgotten."""
    view = await harness.ask()
    assert (await harness.until(view)).phase is Phase.COMPLETED
    row, happened = await harness.row(view), await harness.told(view)
    for delivery_id in ("evt_1", "evt_1", "evt_2"):
        assert (await deliver(harness, row.remote_id, delivery_id=delivery_id)).status_code == 204
    assert (await deliver(harness, row.remote_id, kind="video.failed")).status_code == 204
    await harness.hurry()
    assert (await harness.row(view), await harness.told(view)) == (row, happened)
    await harness.audit()


@pytest.mark.parametrize("kind", ["video.failed", "video.completed", "video.paused", "video"])
async def test_what_a_delivery_says_is_not_believed(harness: StudioHarness, kind: str):
    """F50: the provider is asked, whatever it says."""
    view = await _far_off(harness)
    remote_id = (await harness.row(view)).remote_id
    assert (await deliver(harness, remote_id, kind=kind)).status_code == 204
    assert (await harness.look(view)).phase is Phase.IN_PROGRESS
    await harness.box.clear()
    assert (await harness.until(view)).phase is Phase.COMPLETED
    await harness.audit()


async def _looked(harness: StudioHarness, times: int) -> bool:
    return (await harness.box.seen())["retrieve"] >= times


async def _taken(harness: StudioHarness) -> bool:
    return bool(await harness.taken())


async def _hinted(harness: StudioHarness, view: VideoView) -> bool:
    return (await harness.row(view)).hinted_at is not None
