"""One round of everything that the studio does by itself with what was sent, now and not when it is due."""

from dataclasses import dataclass

from sora_studio.db.engine import Database
from sora_studio.db.maintenance import MaintenanceRepository, Pending
from sora_studio.domain.video import Phase
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.jobs.archive import Archiver
from sora_studio.services.jobs.reconcile import Reconciler
from sora_studio.services.jobs.refresh import Refresher

_UNCLEAR_AT_ONCE = 100  # what one run of the reconciler takes


@dataclass(frozen=True)
class Moved:
    """A video, and where it is after the round."""

    video: Pending  # as it was before
    phase: Phase


class CatchUp:
    """Looks for unclear submits and lost jobs, asks how jobs are going, and saves files. It sends nothing."""

    def __init__(
        self,
        *,
        db: Database,
        catalog: ProviderCatalog,
        reconciler: Reconciler,
        refresher: Refresher,
        archiver: Archiver,
    ) -> None:
        self._db, self._catalog = db, catalog
        self._reconciler, self._refresher, self._archiver = reconciler, refresher, archiver

    async def run(self) -> list[Moved]:
        """Take up whatever nobody else works on; return every video that was not finished before."""
        async with self._db.transaction() as tx:
            repository = MaintenanceRepository(tx)
            await repository.take_up(self._catalog.servers())
            before = await repository.pending()
        unclear = sum(each.phase is Phase.SUBMIT_UNKNOWN for each in before)
        for _ in range(-(-unclear // _UNCLEAR_AT_ONCE)):
            await self._reconciler.run()
            await self._reconciler.pool.idle()
        await self._refresher.run()
        await self._refresher.pool.idle()
        await self.save()
        async with self._db.transaction() as tx:
            phases = await MaintenanceRepository(tx).phases(each.video_id for each in before)
        return [Moved(each, phases.get(each.video_id, each.phase)) for each in before]

    async def save(self) -> None:
        """Save every file that can be had now."""
        while await self._archiver.run():
            await self._archiver.pool.idle()
