"""Whose account an OpenID provider's subject has, in the database."""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from sora_studio.db.models import IdentityRow
from sora_studio.db.repository import Repository


class IdentityRepository(Repository):
    """Reads and writes identities inside one transaction."""

    async def find(self, issuer: str, subject: str) -> UUID | None:
        """Return whose account an identity opens; None: nobody's."""
        named = (col(IdentityRow.issuer) == issuer, col(IdentityRow.subject) == subject)
        return (await self._tx.exec(select(IdentityRow.user_id).where(*named))).one_or_none()

    async def add(self, issuer: str, subject: str, user_id: UUID, now: datetime) -> None:
        """Have an identity open an account from now on."""
        self._tx.add(IdentityRow(issuer=issuer, subject=subject, user_id=user_id, created_at=now))
        await self._tx.flush()
