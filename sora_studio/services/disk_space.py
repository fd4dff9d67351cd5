"""Whether another video could be saved: nothing is paid for that could not be."""

import asyncio
import time
from collections.abc import Mapping

from sora_studio.domain.errors import InsufficientStorage, StorageError, describe
from sora_studio.domain.ports import Storage
from sora_studio.domain.problem import Problem, ProblemCode

FREE_FLOOR = 512 * 1024 * 1024
"""Bytes: below this nothing new is asked for, so that what is on its way can still be saved."""

WORDS: Mapping[str, str] = {
    ProblemCode.NO_ROOM: "The studio's disk is nearly full: another video could not be saved.",
    ProblemCode.DISK_REFUSED: "The studio's storage is not writable: another video could not be saved.",
}
"""What people hear; figures and the system's own words are for the operator."""

_FRESH = 3.0  # seconds between two looks at the disk


class DiskSpace:
    """Looks at the storage, every few seconds at most."""

    def __init__(self, storage: Storage, *, floor: int = FREE_FLOOR, fresh: float = _FRESH) -> None:
        """Take the storage, how many bytes must be left, and for how many seconds a look holds."""
        self._storage, self._floor, self._fresh = storage, floor, fresh
        self._looking = asyncio.Lock()
        self._looked_at = -fresh
        self._trouble: Problem | None = None

    async def trouble(self) -> Problem | None:
        """Return why no video could be saved now: `no_room` or `disk_refused`; None when one could."""
        async with self._looking:  # calls meanwhile wait: what was seen before may be long past
            now = time.monotonic()
            if now - self._looked_at >= self._fresh:
                self._trouble = await self._look()
                self._looked_at = now
            return self._trouble

    async def make_sure(self) -> None:
        """Make sure that another video could be saved.

        Raises:
            InsufficientStorage: It could not.
        """
        if trouble := await self.trouble():
            message = f"{WORDS[trouble.code]} Nothing was sent and nothing was charged. Try again later."
            raise InsufficientStorage(message)

    async def _look(self) -> Problem | None:
        try:
            free = await asyncio.to_thread(self._storage.free_bytes)
            if free < self._floor:
                return Problem(
                    ProblemCode.NO_ROOM, f"The studio's disk is nearly full: {free // 1_000_000} MB are left."
                )
            await self._storage.probe()
        except (StorageError, OSError) as error:
            return Problem(
                ProblemCode.DISK_REFUSED, f"The studio's storage is not writable. {describe(error)}"
            )
        return None
