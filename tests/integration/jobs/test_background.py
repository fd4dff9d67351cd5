"""The background work as a whole: what the scheduler is handed, and how it ends."""

from sora_studio.domain.tasks import TaskName
from sora_studio.domain.video import Phase
from tests.integration.jobs.conftest import Background


async def test_every_name_has_its_task(background: Background):
    """The scheduler refuses to wake what it was not given."""
    names = [task.name for task in background.work.tasks()]
    # The backup needs a data directory, and the beat is that of every instance: bootstrap adds both.
    assert [*names, TaskName.BACKUP, TaskName.INSTANCE] == [*TaskName]


async def test_what_is_claimed_is_free_after_the_close(background: Background):
    view = await background.wish()
    other = background.assembled()
    assert await background.claims.take(Phase.SUBMITTING, most=1)
    assert await other.claims.take(Phase.SUBMITTING, most=1) == ()
    await background.work.close()
    assert [job.video_id for job in await other.claims.take(Phase.SUBMITTING, most=1)] == [view.id]
