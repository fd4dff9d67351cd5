"""What the server undid is done again, a few times; nothing else is."""

import pytest
from sqlalchemy import text

from sora_studio.db.engine import Database, retry_on_deadlock
from sora_studio.domain.errors import Unavailable

DEADLOCK, NOT_SERIALIZABLE, CANCELLED, DISK_FULL = "40P01", "40001", "57014", "53100"


class Step:
    """Fails some times, by SQLSTATE, before it is done."""

    def __init__(self, db: Database, state: str, failures: int) -> None:
        self._db, self._state, self._failures = db, state, failures
        self.tries = 0

    @retry_on_deadlock
    async def take(self) -> str:
        async with self._db.transaction() as tx:
            self.tries += 1
            if self.tries <= self._failures:
                fault = f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{self._state}'; END $$"
                await (await tx.connection()).execute(text(fault))
            return "done"


@pytest.mark.parametrize("state", [DEADLOCK, NOT_SERIALIZABLE])
async def test_it_is_done_again_three_times(database: Database, state: str):
    step = Step(database, state, failures=3)
    assert await step.take() == "done"
    assert step.tries == 4


@pytest.mark.parametrize("state", [DEADLOCK, NOT_SERIALIZABLE])
async def test_and_then_no_more(database: Database, state: str):
    step = Step(database, state, failures=10)
    with pytest.raises(Unavailable):
        await step.take()
    assert step.tries == 4


@pytest.mark.parametrize("state", [CANCELLED, DISK_FULL])
async def test_what_may_fail_the_same_way_again_is_not(database: Database, state: str):
    step = Step(database, state, failures=1)
    with pytest.raises(Unavailable):
        await step.take()
    assert step.tries == 1
