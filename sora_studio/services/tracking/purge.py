"""Take away what was deleted: at the provider, in the database, on the disk.

In this order, so that nothing is forgotten when it is interrupted.
"""

from datetime import timedelta
from typing import ClassVar

from sora_studio.db.assets import AssetRepository
from sora_studio.db.engine import Database
from sora_studio.db.hints import HintRepository
from sora_studio.domain.errors import ProviderError
from sora_studio.domain.ports import Storage
from sora_studio.domain.profile import Operation
from sora_studio.services.offers import Offers
from sora_studio.services.videos import UNDO_TIME

UPLOADS_LIVE = timedelta(days=1)
_BATCH = 50


class Purger:
    """Removes deleted videos for good once they cannot be brought back."""

    assets: ClassVar[type[AssetRepository]] = AssetRepository  # the simulation puts tables in memory here
    hints: ClassVar[type[HintRepository]] = HintRepository

    def __init__(self, *, db: Database, offers: Offers, storage: Storage) -> None:
        """Take the parts."""
        self._db, self._offers, self._storage = db, offers, storage

    async def run(self) -> None:
        """Purge a batch; whatever is interrupted is taken up again by the next run."""
        async with self._db.transaction() as tx:
            doomed = await self.assets(tx).doomed(older_than=UNDO_TIME, limit=_BATCH)
        for _, provider, remote_id in doomed:
            await self._delete_remote(provider, remote_id)
        async with self._db.transaction() as tx:
            assets = self.assets(tx)
            if doomed:
                await assets.erase([video_id for video_id, _, _ in doomed])
            await assets.erase_references(older_than=UPLOADS_LIVE)
            await self.hints(tx).forget_old()
            keys = await assets.trash(limit=_BATCH * 4)
        for key in keys:
            await self._storage.drop(key)
        if keys:
            async with self._db.transaction() as tx:
                await self.assets(tx).emptied(keys)

    async def _delete_remote(self, name: str, remote_id: str | None) -> None:
        """Best effort: a person's delete does not wait for a provider that cannot."""
        provider = self._offers.provider(name)
        if provider is None or remote_id is None or Operation.DELETE not in provider.profile.operations:
            return
        try:
            await provider.delete(remote_id)
        except ProviderError:
            return
