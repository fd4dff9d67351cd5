"""Whether the studio can serve, and if not, why."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sora_studio.db.engine import Database
from sora_studio.domain.errors import Unavailable
from sora_studio.services.disk_space import WORDS, DiskSpace

STALE = 60.0
"""Seconds without a run after which the background work counts as stopped: it runs every ten seconds."""


PARTING = 3.0
"""Seconds in which an instance says that it stops (`/livez`, `/readyz`) and still serves."""


class ReasonCode(StrEnum):
    """What may be wrong, for programs; docs/operations.md says what to do about each."""

    STARTING = "starting"
    DATABASE_UNREACHABLE = "database_unreachable"
    DATABASE_READ_ONLY = "database_read_only"
    NO_ROOM = "no_room"
    DISK_REFUSED = "disk_refused"
    BACKGROUND_STOPPED = "background_stopped"
    PROVIDERS_LOADING = "providers_loading"
    CHANGES_UNHEARD = "changes_unheard"  # the studio serves all the same, as with the next
    NO_WORKER = "no_worker"


@dataclass(frozen=True)
class Reason:
    """One thing that is wrong."""

    code: ReasonCode
    text: str


@dataclass(frozen=True)
class Health:
    """What is wrong: with the first kind nothing can be served, with the second it is only slower."""

    reasons: tuple[Reason, ...] = ()
    complaints: tuple[Reason, ...] = ()


STARTING = Health((Reason(ReasonCode.STARTING, "The studio is starting or stopping."),))
"""Of a studio whose services are not there."""


class HealthService:
    """Looks at what every request needs; its reasons name no figures and no paths: strangers read them."""

    def __init__(
        self,
        *,
        db: Database,
        disk_space: DiskSpace,
        last_run: Callable[[], float],
        unheard: Callable[[], str | None] = lambda: None,
        is_looking: Callable[[], bool] = lambda: False,
        has_worker: Callable[[], bool] = lambda: True,
        is_one_of_several: Callable[[], bool] = lambda: False,
    ) -> None:
        """Watch these.

        Args:
            db: Where everything is.
            disk_space: Of the files.
            last_run: When background work last ran, in monotonic seconds.
            unheard: Why changes are not heard, if they are not.
            is_looking: Tells whether the servers are still being asked for their models.
            has_worker: Tells whether this instance or another one takes wishes to providers.
            is_one_of_several: Tells whether there are others, so that a proxy chooses among them.
        """
        self._db, self._disk_space = db, disk_space
        self._last_run, self._unheard, self._is_looking = last_run, unheard, is_looking
        self._has_worker, self._is_one_of_several = has_worker, is_one_of_several
        self.stops = False  # whether this instance is about to

    def stop(self) -> float:
        """Say from now on that this instance stops; return how many seconds a proxy has to notice it."""
        self.stops = True
        return PARTING if self._is_one_of_several() else 0.0

    async def look(self) -> Health:
        """Return why the studio cannot serve, or not as it should."""
        if self.stops:
            return STARTING
        found: list[Reason] = []
        try:
            if not await self._db.can_write():
                text = "The database can be read and not be written."
                found.append(Reason(ReasonCode.DATABASE_READ_ONLY, text))
        except Unavailable:
            found.append(Reason(ReasonCode.DATABASE_UNREACHABLE, "The database cannot be reached."))
        if trouble := await self._disk_space.trouble():
            found.append(Reason(ReasonCode(trouble.code), WORDS[trouble.code]))
        if time.monotonic() - self._last_run() > STALE:
            found.append(Reason(ReasonCode.BACKGROUND_STOPPED, "The background work has stopped."))
        if self._is_looking():
            text = "The providers are being asked for their models."
            found.append(Reason(ReasonCode.PROVIDERS_LOADING, text))
        return Health(tuple(found), tuple(self._complaints()))

    def _complaints(self) -> Iterator[Reason]:
        if unheard := self._unheard():
            yield Reason(ReasonCode.CHANGES_UNHEARD, unheard)
        if not self._has_worker():
            text = "No instance does the background work: wishes wait until one is started."
            yield Reason(ReasonCode.NO_WORKER, text)
