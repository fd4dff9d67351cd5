"""A second click is the same intent: it is answered as the first, and nothing is done twice."""

import pytest

from sora_studio.domain.errors import Conflict, NotFound
from sora_studio.domain.tasks import TaskName
from sora_studio.domain.video import Phase, VideoView
from tests.integration.jobs.conftest import Background

DECISIONS = {
    "check_again": Phase.IN_PROGRESS,
    "submit_again": Phase.SUBMITTING,
    "give_up": Phase.FAILED,
}


async def undecided(background: Background) -> VideoView:
    """Leave a wish that the provider has taken to its person's decision."""
    view = await background.wish()
    await background.submit()
    await background.sql("UPDATE job SET phase = 'needs_attention'")
    await background.sql("UPDATE video SET phase = 'needs_attention'")
    return await background.look(view)


@pytest.mark.parametrize(("decision", "phase"), DECISIONS.items())
async def test_a_decision_is_made_once(background: Background, decision: str, phase: Phase):
    view = await undecided(background)
    decide = getattr(background.videos, decision)
    first, second = [await decide(view.owner_id, view.id) for _ in range(2)]
    assert (first.phase, second) == (phase, first)
    told = [line.kind for line in await background.videos.activity(view.owner_id, view.id)]
    assert len(told) == 2, "the submit and the decision"
    for other in DECISIONS.keys() - {decision}:
        with pytest.raises(Conflict):
            await getattr(background.videos, other)(view.owner_id, view.id)


async def test_what_is_back_stays_back(background: Background):
    view = await background.wish()
    await background.videos.remove(view.owner_id, view.id)
    first, second = [await background.videos.restore(view.owner_id, view.id) for _ in range(2)]
    assert first == second == view


async def test_what_is_deleted_at_once_is_told_to_its_provider_at_once(background: Background):
    view = await background.wish()
    await background.submit()
    background.woken.clear()
    await background.videos.remove(view.owner_id, view.id, at_once=True)
    assert background.woken == [TaskName.PURGE]
    await background.purger.run()
    assert background.provider.deleted == ["remote-0"]
    with pytest.raises(NotFound):
        await background.videos.restore(view.owner_id, view.id)
