"""One backup a day, made by the studio itself."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from sora_studio.config import ConfigError, Settings
from sora_studio.config.backup_plan import BackupPlan
from sora_studio.domain.errors import SoraStudioError
from sora_studio.services.backups.create import Origin, create_backup
from sora_studio.services.backups.manifest import readable_backups

_log = structlog.get_logger(__name__)


def last_backup(settings: Settings) -> datetime | None:
    """Return when the newest of the daily backups was made; None: there is none that can be read."""
    plan = settings.backups
    if plan is None:
        return None
    try:
        backups, _ = readable_backups(target_of(settings, plan))
    except OSError:
        return None
    return backups[-1].manifest.created_at if backups else None


def target_of(settings: Settings, plan: BackupPlan) -> Path:
    """Return the directory of the daily backups."""
    return plan.to or settings.data_dir / "backups"


class DailyBackup:
    """Makes the backup of a day when its time has come, or as soon as possible afterwards."""

    def __init__(
        self, origin: Origin, plan: BackupPlan, *, clock: Callable[[], datetime] | None = None
    ) -> None:
        """Prepare it.

        Args:
            origin: The studio, with the storage that it has open: to open one takes what the environment had.
            plan: When, where, and how many stay.
            clock: Tells the time, UTC-aware.
        """
        self._origin, self._plan = origin, plan
        self._target = target_of(origin.settings, plan)
        self._zone = ZoneInfo(origin.settings.time_zone)
        self._clock = clock or (lambda: datetime.now(UTC))

    async def run(self) -> timedelta | None:
        """Make it if it is due; what goes wrong is said in the log, and tried again by the next run.

        Returns:
            If it was made, how long it is until the next one is due.
        """
        try:
            if await asyncio.to_thread(self._is_due):
                made = await asyncio.to_thread(self._make)
                _log.info("backup_made", path=str(made), kept=self._plan.keep)
                return self._last_due() + timedelta(days=1) - self._clock()
        except (ConfigError, SoraStudioError) as error:
            _log.error("backup_failed", target=str(self._target), reason=str(error))
        return None

    def _is_due(self) -> bool:
        backups, _ = readable_backups(self._target)
        return not backups or backups[-1].manifest.created_at < self._last_due()

    def _last_due(self) -> datetime:
        now = self._clock().astimezone(self._zone)
        last = datetime.combine(now.date(), self._plan.at, self._zone)
        return (
            last
            if last <= now
            else datetime.combine(now.date() - timedelta(days=1), self._plan.at, self._zone)
        )

    def _make(self) -> str:
        """Make it in an event loop of its own: whole files are read on the way."""
        work = create_backup(self._origin, self._target, keep=self._plan.keep)
        return str(asyncio.run(work).directory)
