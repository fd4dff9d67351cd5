"""When there is background work: asked once for all tasks, when something has changed or the next one is due.

While nothing is to be done, nothing is asked of the database, so that one that sleeps when idle can sleep.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta

from sora_studio.db.agenda import AgendaRepository
from sora_studio.db.engine import Database
from sora_studio.domain.errors import Unavailable
from sora_studio.domain.tasks import TaskName, Wake
from sora_studio.services.videos.videos import UNDO_TIME

SAFETY = timedelta(seconds=20)
"""How often it looks although nothing was heard: another process may have died over its work."""

_SOON = 0.25  # seconds: many changes at once are one look
_PAUSE = 1.0  # between two runs of a task that leaves something over, or two looks while nothing can be heard
_PAUSES: Mapping[TaskName, float] = {TaskName.PURGE: 10.0}  # of tasks that ask a provider again each time


class Agenda:
    """Wakes the tasks that have something to do, when they do."""

    def __init__(self, db: Database, wake: Wake, is_heard: Callable[[], bool]) -> None:
        """Look at nothing yet.

        Args:
            db: Where the work is.
            wake: Has a task run.
            is_heard: Tells whether `look_soon` is called when somebody else changes something.
        """
        self._db, self._wake, self._is_heard = db, wake, is_heard
        self._next: asyncio.TimerHandle | None = None
        self._woken: dict[TaskName, float] = {}

    def look_soon(self) -> None:
        """Look in a moment: something has changed."""
        self._look_within(_SOON)

    async def run(self) -> None:
        """Wake what is due, and look again when the next is.

        Raises:
            Unavailable: The database is away; it looks again in a second.
        """
        try:
            async with self._db.reading() as tx:
                waits = await AgendaRepository(tx).waits(UNDO_TIME)
        except Unavailable:
            self._look_within(_PAUSE)
            raise
        if not self._is_heard():
            self._look_within(_PAUSE)
        for name, wait in waits.items():
            self._look_within(self._wake_or_wait(name, wait))

    def _wake_or_wait(self, name: TaskName, wait: float) -> float:
        """Wake a task that is due and has not run a moment ago; return when to look for it again."""
        now, pause = asyncio.get_running_loop().time(), _PAUSES.get(name, _PAUSE)
        rest = self._woken.get(name, now - pause) + pause - now
        if max(wait, rest) > 0:
            return max(wait, rest)
        self._woken[name] = now
        self._wake(name)
        return pause

    def _look_within(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        at = loop.time() + seconds
        if self._next and not self._next.cancelled() and loop.time() < self._next.when() <= at:
            return
        if self._next:
            self._next.cancel()
        self._next = loop.call_at(at, self._wake, TaskName.AGENDA)
