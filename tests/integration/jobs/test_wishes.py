"""The provider's answer is in our hands, and the database is not there to write it down."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from sora_studio.db.engine import Database
from sora_studio.domain.activity import ActivityKind
from sora_studio.domain.errors import Unavailable
from sora_studio.domain.ports import RemoteJob, Submission
from sora_studio.domain.video import Phase
from tests.integration.jobs.conftest import Background
from tests.support.provider import FakeProvider


class Line(Database):
    """A bad line to the database."""

    down = 0
    """So many transactions fail before they begin."""
    deaf = 0
    """So many are done, and their process does not hear of it."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        if self.down:
            self.down -= 1
            raise Unavailable("The line is down.")
        async with super().transaction() as tx:
            yield tx
        if self.deaf:
            self.deaf -= 1
            raise Unavailable("The line went down.")


@pytest.mark.parametrize("fault", [{"down": 3}, {"deaf": 1}], ids=str)
async def test_an_answer_is_kept_until_it_is_written_down(
    background: Background, database_url: str, fault: dict[str, int]
):
    """Without a list nobody could find the job again: its person would be asked, and pay once more."""
    line = Line(database_url)

    class Taking(FakeProvider):
        async def submit(self, submission: Submission) -> RemoteJob:
            taken = await super().submit(submission)
            for name, times in fault.items():
                setattr(line, name, times)
            return taken

    exposed = Background(line, Taking(), background.storage, background.worker_pool, background.owner_id)
    view = await exposed.wish()
    await exposed.submit()
    seen = await background.look(view)
    assert (seen.phase, seen.charged) == (Phase.QUEUED, True)
    told = await background.videos.activity(view.owner_id, view.id)
    assert [line.kind for line in told].count(ActivityKind.SUBMITTED) == 1
    await line.close()
