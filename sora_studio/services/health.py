"""Whether the studio can serve, and if not, why."""

import time
from collections.abc import Callable

from sora_studio.db.engine import Database
from sora_studio.domain.errors import Unavailable
from sora_studio.services.disk_space import WORDS, DiskSpace

STALE = 10.0
"""Seconds without a run after which the background work counts as stopped."""


class HealthService:
    """Looks at what every request needs; its reasons name no figures and no paths: strangers read them."""

    def __init__(self, *, db: Database, disk_space: DiskSpace, last_run: Callable[[], float]) -> None:
        """Watch these; `last_run` says when background work last ran, in monotonic seconds."""
        self._db, self._disk_space, self._last_run = db, disk_space, last_run

    async def reasons(self) -> list[str]:
        """Return why the studio cannot serve; nothing means that it can."""
        found: list[str] = []
        try:
            await self._db.ping()
        except Unavailable:
            found.append("The database cannot be reached.")
        if trouble := await self._disk_space.trouble():
            found.append(WORDS[trouble.code])
        if time.monotonic() - self._last_run() > STALE:
            found.append("The background work has stopped.")
        return found
