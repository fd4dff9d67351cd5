"""Second factors in the database: the authenticator's secret as it was sealed, recovery codes as hashes."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, insert, update
from sqlmodel import col, select

from sora_studio.db.models import RecoveryCodeRow, TwoFactorRow
from sora_studio.db.repository import Repository

_ROW, _CODE = TwoFactorRow, RecoveryCodeRow


class TwoFactorRepository(Repository):
    """Reads and writes second factors inside one transaction.

    One counts from the moment at which its first code was given; until then it can be begun again.
    """

    async def find(self, user_id: UUID) -> TwoFactorRow | None:
        """Return somebody's second factor, begun or enabled."""
        return await self._tx.get(_ROW, user_id)

    async def begin(self, row: TwoFactorRow) -> bool:
        """Store a new one in the place of one that was begun; False: one is enabled."""
        await self._do(delete(_ROW).where(col(_ROW.user_id) == row.user_id, col(_ROW.enabled_at).is_(None)))
        if await self.find(row.user_id) is not None:
            return False
        self._tx.add(row)
        await self._tx.flush()
        return True

    async def enable(self, user_id: UUID, sealed: str, step: int, now: datetime) -> bool:
        """Enable the one that was begun; False: it is another one by now."""
        begun = (col(_ROW.user_id) == user_id, col(_ROW.secret) == sealed, col(_ROW.enabled_at).is_(None))
        done = await self._do(update(_ROW).where(*begun).values(enabled_at=now, last_step=step))
        return done.rowcount == 1

    async def use_step(self, user_id: UUID, step: int, sealed: str) -> bool:
        """Use a step's code, and store the secret anew; False: this one or a later one was used before."""
        unused = (col(_ROW.user_id) == user_id, col(_ROW.enabled_at).is_not(None), col(_ROW.last_step) < step)
        done = await self._do(update(_ROW).where(*unused).values(last_step=step, secret=sealed))
        return done.rowcount == 1

    async def use_code(self, user_id: UUID, sha256: str) -> bool:
        """Use up a recovery code; False: it is none."""
        named = (col(_CODE.user_id) == user_id, col(_CODE.sha256) == sha256)
        return (await self._do(delete(_CODE).where(*named))).rowcount == 1

    async def replace_codes(self, user_id: UUID, hashes: Iterable[str]) -> None:
        """Store new recovery codes; those before are void."""
        await self._do(delete(_CODE).where(col(_CODE.user_id) == user_id))
        await self._do(insert(_CODE).values([{"user_id": user_id, "sha256": each} for each in hashes]))

    async def codes_left(self, user_id: UUID) -> int:
        """Return how many recovery codes somebody has."""
        count = select(func.count()).select_from(_CODE).where(col(_CODE.user_id) == user_id)
        return (await self._tx.exec(count)).one()

    async def remove(self, user_id: UUID) -> bool:
        """Take somebody's second factor off; False: there was none."""
        await self._do(delete(_CODE).where(col(_CODE.user_id) == user_id))
        return (await self._do(delete(_ROW).where(col(_ROW.user_id) == user_id))).rowcount == 1
