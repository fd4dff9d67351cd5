"""What is done once, however many instances there are."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

from sora_studio.db.engine import Database
from sora_studio.db.instances import TaskTurns
from sora_studio.domain.errors import Unavailable
from sora_studio.domain.tasks import PeriodicTask, TaskName

_NOT_AT_ALL = timedelta()
_RENEWAL = timedelta(minutes=1)


class _Terms(NamedTuple):
    """How long a turn is for."""

    lease: timedelta  # after which others take over from one that has died over it; it is renewed meanwhile
    rest: timedelta = _NOT_AT_ALL  # for which it is not to be done again, by anybody


_IN_TURNS: Mapping[TaskName, _Terms] = {
    TaskName.PURGE: _Terms(timedelta(minutes=5)),
    TaskName.SCRUB: _Terms(timedelta(minutes=15), timedelta(hours=22)),
    TaskName.BACKUP: _Terms(timedelta(minutes=15)),  # says itself how long it rests
}
"""What is done for all at once; everything else is claimed piece by piece, or is each instance's own."""


class OnceOnly:
    """Lets one instance at a time run a task, and nobody for a while after it is done."""

    def __init__(self, db: Database, holder: UUID, renewal: timedelta = _RENEWAL) -> None:
        """Have no turn yet.

        Args:
            db: Where turns are handed out.
            holder: This instance.
            renewal: How often it says that it is still at it.
        """
        self._db, self._holder, self._renewal = db, holder, renewal

    def in_turn(self, task: PeriodicTask) -> PeriodicTask:
        """Return a task as it is run here: in turns, if it is one of those; it may say how long it rests."""
        terms = _IN_TURNS.get(task.name)
        return replace(task, run=partial(self._run, task, terms)) if terms else task

    async def _run(self, task: PeriodicTask, terms: _Terms) -> None:
        async with self._db.transaction() as tx:
            if not await TaskTurns(tx).take(task.name, self._holder, terms.lease):
                return
        rest = _NOT_AT_ALL
        renewing = asyncio.create_task(self._renew(task.name, terms.lease), name=f"turn of {task.name}")
        try:
            said = await task.run()
            rest = said if isinstance(said, timedelta) else terms.rest
        finally:
            renewing.cancel()
            await asyncio.wait({renewing})
            with suppress(Unavailable):  # the lease ends by itself
                async with self._db.transaction() as tx:
                    await TaskTurns(tx).give_back(task.name, self._holder, rest)

    async def _renew(self, task: TaskName, lease: timedelta) -> None:
        while True:
            await asyncio.sleep(self._renewal.total_seconds())
            with suppress(Unavailable):  # the lease is longer than a few of these
                async with self._db.transaction() as tx:
                    await TaskTurns(tx).take(task, self._holder, lease)
