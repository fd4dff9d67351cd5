"""A provider of which everything comes late, twice and out of order, whichever server it is."""

from sora_studio.domain.video import Phase
from tests.support.deliveries import deliver
from tests.support.harness import StudioHarness

_SAID = ["in_progress", "in_progress", "queued", "completed", "in_progress", "queued", "completed"]
"""What the looks say one after the other: the same once more, and less than before."""
_ORDER = [Phase.SUBMITTING, Phase.QUEUED, Phase.IN_PROGRESS, Phase.SAVING, Phase.COMPLETED]


async def made_in_disorder(harness: StudioHarness) -> None:
    """Have a video made, and make sure that one job is paid for, and that it only ever gets further.

    Webhooks come twice, before the answer to the create and when all is over; a look is slow, and what they
    say goes back and forth; the file is not there when the job is said to be completed.
    """
    await harness.box.fault(create={"accept": True, "delay_ms": 500}, times=1)
    await harness.box.fault(retrieve={"set": {"status": _SAID}})
    await harness.box.fault(retrieve={"delay_ms": 1100}, times=1)  # longer than a round of looks waits
    await harness.box.fault(content="404", times=1)
    view = await harness.ask()
    await harness.wait(harness.taken, hurry=False)
    (job,) = await harness.taken()
    for delivery_id in ("evt_early", "evt_early", "evt_other"):
        assert (await deliver(harness, job["id"], delivery_id=delivery_id)).status_code == 204

    phases, shown = [view.phase], [view.progress]

    async def has_ended() -> bool:
        seen = await harness.look(view)
        phases.append(seen.phase)
        shown.append(seen.progress)
        return seen.phase not in _ORDER[:-1]

    await harness.wait(has_ended)
    assert phases[-1] is Phase.COMPLETED
    assert phases == sorted(phases, key=_ORDER.index)
    assert shown == sorted(shown)

    row, happened = await harness.row(view), await harness.told(view)
    for kind in ("video.completed", "video.failed", "video.failed"):
        late = await deliver(harness, row.remote_id, kind=kind, delivery_id=f"evt_{kind}")
        assert late.status_code == 204
    await harness.hurry()
    assert (await harness.row(view), await harness.told(view)) == (row, happened)
    assert len(await harness.taken()) == 1, await harness.taken()
