"""The trail in the database: written in the transaction of what it tells of, never changed."""

from datetime import timedelta

from sqlalchemy import delete
from sqlmodel import col

from sora_studio.db.models import AuditRow
from sora_studio.db.repository import Repository

KEPT = timedelta(days=366)
"""How long a line stays; the trigger lets nobody delete a younger one than a year."""


class AuditRepository(Repository):
    """Writes the trail inside one transaction."""

    async def add(self, row: AuditRow) -> None:
        """Write a line; those that are too old to keep are swept away."""
        await self._do(delete(AuditRow).where(col(AuditRow.at) < row.at - KEPT))
        self._tx.add(row)
        await self._tx.flush()
