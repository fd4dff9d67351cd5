"""Takes the files to another storage: each is compared with what its row says, and nothing is removed."""

import asyncio
import shutil
from dataclasses import dataclass, field

from sora_studio.db.engine import Database
from sora_studio.db.maintenance import MaintenanceRepository
from sora_studio.domain.errors import StorageError
from sora_studio.domain.ports import Storage, StoredFile
from sora_studio.services.jobs.download import measure

_AT_ONCE = 8


@dataclass
class Moved:
    """What came of it."""

    taken: int = 0
    bytes: int = 0
    there: int = 0  # taken by an earlier run
    complaints: list[str] = field(default_factory=list[str])


class MediaMove:
    """Copies what the other storage does not have yet; one that was cut off is taken up by the next."""

    def __init__(self, db: Database, source: Storage, target: Storage) -> None:
        self._db, self._source, self._target = db, source, target
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def run(self) -> Moved:
        """Take every file, those that no row names included.

        Raises:
            StorageError: One of the storages does not answer, or the disk refused.
            Unavailable: The database cannot be reached.
        """
        moved = Moved()
        async for page in self._source.list_pages():
            async with self._db.transaction() as tx:
                promised = await MaintenanceRepository(tx).promised([file.key for file in page])
            await asyncio.gather(*(self._take(file, promised.get(file.key), moved) for file in page))
        return moved

    async def _take(self, file: StoredFile, promised: str | None, moved: Moved) -> None:
        async with self._places:
            there = await self._target.stat(file.key)
            if there is not None and there.bytes == file.bytes:
                moved.there += 1
                return
            try:
                wrong = await self._copy(file, promised)
            except StorageError:
                if await self._source.stat(file.key) is None:  # deleted meanwhile
                    return
                raise
        if wrong:
            moved.complaints.append(f"{file.key} {wrong}")
        else:
            moved.taken += 1
            moved.bytes += file.bytes

    async def _copy(self, file: StoredFile, promised: str | None) -> str:
        """Copy a file; say what is wrong with it, if anything: then it is not taken."""
        spooled = self._target.spool()
        try:
            async with self._source.materialise(file.key) as path:
                await asyncio.to_thread(shutil.copyfile, path, spooled)
            _, sha256 = await asyncio.to_thread(measure, spooled)
            if promised and sha256 != promised:
                return "has other bytes than it had: `scrub --deep --fix` says more."
            await self._target.put(spooled, file.key)
            there = await self._target.stat(file.key)
            return "" if there and there.bytes == file.bytes else "did not arrive whole: run this again."
        finally:
            spooled.unlink(missing_ok=True)
