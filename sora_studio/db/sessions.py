"""Signed-in periods in the database."""

from datetime import datetime

from sqlalchemy import Update, delete, update
from sqlmodel import col, select

from sora_studio.db.models import SessionRow
from sora_studio.db.repository import Repository
from sora_studio.domain.account import Identity


class SessionRepository(Repository):
    """Reads and writes sessions inside one transaction."""

    async def add(self, session: SessionRow) -> None:
        """Open a session; those of the same person that have run out are swept away."""
        out = (col(SessionRow.user_id) == session.user_id, col(SessionRow.expires_at) <= session.created_at)
        await self._tx.exec(delete(SessionRow).where(*out))
        self._tx.add(session)
        await self._tx.flush()

    async def is_open(self, identity: Identity, now: datetime) -> bool:
        """Tell whether a session stands: neither ended nor run out."""
        stands = select(SessionRow.id).where(
            col(SessionRow.id) == identity.session_id,
            col(SessionRow.user_id) == identity.user_id,
            col(SessionRow.ended_at).is_(None),
            col(SessionRow.expires_at) > now,
        )
        return (await self._tx.exec(stands)).one_or_none() is not None

    async def end(self, identity: Identity, now: datetime) -> None:
        """End a session."""
        await self._tx.exec(_end(now).where(col(SessionRow.id) == identity.session_id))

    async def end_others(self, identity: Identity, now: datetime) -> None:
        """End every other session of a person."""
        others = (col(SessionRow.user_id) == identity.user_id, col(SessionRow.id) != identity.session_id)
        await self._tx.exec(_end(now).where(*others))


def _end(now: datetime) -> Update:
    return update(SessionRow).where(col(SessionRow.ended_at).is_(None)).values(ended_at=now)
