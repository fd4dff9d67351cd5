"""Takes the files to another storage: each is compared with what its row says, and nothing is removed."""

import asyncio
import hashlib
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sora_studio.db.engine import Database
from sora_studio.db.maintenance import MaintenanceRepository
from sora_studio.domain.errors import StorageError
from sora_studio.domain.ports import Storage, StoredFile
from sora_studio.services.jobs.download import measure
from sora_studio.storage.spool import refused

_AT_ONCE = 4


@dataclass
class Moved:
    """What came of it."""

    taken: int = 0
    bytes: int = 0
    there: int = 0  # taken by an earlier run
    complaints: list[str] = field(default_factory=list[str])


class MediaMove:
    """Copies what the other storage does not have yet; one that was cut off is taken up by the next."""

    def __init__(self, db: Database, source: Storage, target: Storage, *, floor: int = 0) -> None:
        """Prepare it.

        Args:
            db: Whose rows say what the files were.
            source: Where they are.
            target: Where they go.
            floor: Bytes that are left free on the disks, for a studio that runs beside this.
        """
        self._db, self._source, self._target, self._floor = db, source, target, floor
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
            try:
                if await self._is_there(file, promised):
                    moved.there += 1
                    return
                wrong = await self._copy(file, promised)
            except (StorageError, OSError) as error:
                if await self._source.stat(file.key) is None:  # deleted meanwhile
                    return
                if isinstance(error, OSError):
                    raise refused(error) from error
                raise
        if wrong:
            moved.complaints.append(f"{file.key} {wrong}")
        else:
            moved.taken += 1
            moved.bytes += file.bytes

    async def _is_there(self, file: StoredFile, promised: str | None) -> bool:
        """Tell whether an earlier run has taken a file. Its bytes are compared: a length proves nothing."""
        there = await self._target.stat(file.key)
        if there is None or there.bytes != file.bytes:
            return False
        wanted = promised or await _digest(self._source, file.key)
        return await _digest(self._target, file.key) == wanted

    async def _copy(self, file: StoredFile, promised: str | None) -> str:
        """Copy a file; say what is wrong with it, if anything: then it is not taken."""
        self._require_room(file)
        spooled = self._target.spool()
        try:
            async with self._source.materialise(file.key) as path:
                await asyncio.to_thread(_link_or_copy, path, spooled)
            _, sha256 = await asyncio.to_thread(measure, spooled)
            if promised and sha256 != promised:
                return "has other bytes than it had: `scrub --deep --fix` says more."
            await self._target.put(spooled, file.key)
            there = await self._target.stat(file.key)
            return "" if there and there.bytes == file.bytes else "did not arrive whole: run this again."
        finally:
            spooled.unlink(missing_ok=True)

    def _require_room(self, file: StoredFile) -> None:
        free = min(self._source.free_bytes(), self._target.free_bytes())
        if self._floor and free - _AT_ONCE * file.bytes < self._floor:
            message = f"The disk is nearly full: {free // 1_000_000} MB are left. Make room."
            raise StorageError(message)


async def _digest(storage: Storage, key: str) -> str:
    """Return the SHA-256 of a file, which need not be on our disk for that."""
    digest = hashlib.sha256()
    async with storage.open(key) as chunks:
        async for chunk in chunks:
            digest.update(chunk)
    return digest.hexdigest()


def _link_or_copy(path: Path, spooled: Path) -> None:
    """Have a file in the spool; the same one where it is on that disk: none is changed, all are replaced."""
    with suppress(OSError):
        spooled.unlink()
        spooled.hardlink_to(path)
        return
    shutil.copyfile(path, spooled)
