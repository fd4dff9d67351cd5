"""Whether the studio can serve, and if not, why."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from sora_studio.db.engine import Database
from sora_studio.domain.errors import Unavailable
from sora_studio.services.disk_space import WORDS, DiskSpace

STALE = 60.0
"""Seconds without a run after which the background work counts as stopped: it runs every ten seconds."""


@dataclass(frozen=True)
class Health:
    """What is wrong: with the first kind nothing can be served, with the second it is only slower."""

    reasons: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()


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
    ) -> None:
        """Watch these.

        Args:
            db: Where everything is.
            disk_space: Of the files.
            last_run: When background work last ran, in monotonic seconds.
            unheard: Why changes are not heard, if they are not.
            is_looking: Tells whether the servers are still being asked for their models.
        """
        self._db, self._disk_space = db, disk_space
        self._last_run, self._unheard, self._is_looking = last_run, unheard, is_looking

    async def look(self) -> Health:
        """Return why the studio cannot serve, or not as it should."""
        found: list[str] = []
        try:
            if not await self._db.can_write():
                found.append("The database can be read and not be written.")
        except Unavailable:
            found.append("The database cannot be reached.")
        if trouble := await self._disk_space.trouble():
            found.append(WORDS[trouble.code])
        if time.monotonic() - self._last_run() > STALE:
            found.append("The background work has stopped.")
        if self._is_looking():
            found.append("The providers are being asked for their models.")
        unheard = self._unheard()
        return Health(tuple(found), (unheard,) if unheard else ())
