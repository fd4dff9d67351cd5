"""Take away what was deleted: at the provider, in the database, on the disk.

In this order, so that nothing is forgotten when it is interrupted.
"""

import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from uuid import UUID

import structlog

from sora_studio.db.engine import Database
from sora_studio.domain.errors import ProviderError, ProviderUnavailable, StorageError
from sora_studio.domain.ports import Storage
from sora_studio.domain.profile import Operation
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.jobs.stores import Stores
from sora_studio.services.videos.videos import UNDO_TIME

UPLOADS_LIVE = timedelta(days=1)
_BATCH = 50
_TRIES = 10
_FIRST_PAUSE = 10.0  # seconds, doubled each time: almost three hours for a provider that cannot yet

_log = structlog.get_logger(__name__)


class Purger:
    """Removes deleted videos for good once they cannot be brought back."""

    def __init__(
        self,
        *,
        db: Database,
        catalog: ProviderCatalog,
        storage: Storage,
        stores: Stores | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db, self._catalog, self._storage = db, catalog, storage
        self._stores, self._clock = stores or Stores(), clock
        self._put_off: dict[UUID, tuple[int, float]] = {}  # tries, and when to try again

    async def run(self) -> None:
        """Purge a batch; whatever is interrupted is taken up again by the next run."""
        waiting = [video_id for video_id, (_, until) in self._put_off.items() if until > self._clock()]
        async with self._db.transaction() as tx:
            doomed = await self._stores.assets(tx).doomed(older_than=UNDO_TIME, limit=_BATCH, but=waiting)
        gone = [each[0] for each in doomed if await self._is_gone(*each)]
        async with self._db.transaction() as tx:
            assets = self._stores.assets(tx)
            if not await assets.may_erase():  # while a backup is made
                return
            if gone:
                await assets.erase(gone)
            await assets.forget_words()  # of what was found meanwhile
            await assets.erase_uploads(older_than=UPLOADS_LIVE)
            await self._stores.deliveries(tx).forget_old()
            keys = await assets.trash(limit=_BATCH * 4)
        if dropped := [key for key in keys if await self._is_dropped(key)]:
            async with self._db.transaction() as tx:
                await self._stores.assets(tx).emptied(dropped)

    async def _is_dropped(self, key: str) -> bool:
        try:
            await self._storage.delete(key)
        except StorageError as error:
            _log.warning("file_not_removed", key=key, reason=str(error))
            return False
        return True

    async def _is_gone(self, video_id: UUID, name: str, model: str, remote_ids: Iterable[str]) -> bool:
        """Delete a video's jobs at its provider; tell whether nothing is left to be done there.

        A provider that is away, or still at work on it, is asked again later; one that cannot is left alone:
        a person's delete does not wait for it.
        """
        tries, _ = self._put_off.pop(video_id, (0, 0.0))
        provider = self._catalog.provider(name)
        if provider is None or Operation.DELETE not in provider.profile.operations:
            return True
        for remote_id in remote_ids:
            try:
                await provider.delete(remote_id, model=model)
            except ProviderUnavailable:
                if tries < _TRIES:
                    self._put_off[video_id] = (tries + 1, self._clock() + _FIRST_PAUSE * 2**tries)
                    return False
            except ProviderError:
                continue
        return True
