"""Signed-in periods in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, bindparam, delete, exists, false, or_, update
from sqlmodel import col, select

from sora_studio.db.models import SessionRow, TwoFactorRow, UserRow
from sora_studio.db.repository import Repository, missing
from sora_studio.domain.account import Identity, Role, SessionView


@dataclass(frozen=True)
class OpenSession:
    """What is asked of a session each time that somebody comes with it."""

    last_seen_at: datetime
    role: Role  # of its account
    has_two_factor: bool


class SessionRepository(Repository):
    """Reads and writes sessions inside one transaction.

    A session is open until it is ended, has run out, or has not been used since `idle_since`.
    """

    async def add(self, session: SessionRow, *, idle_since: datetime, most: int) -> None:
        """Open a session; the same person's that are no longer open are swept away.

        Args:
            session: The new one.
            idle_since: When the others must have been used last.
            most: How many may be open with it; the longest unused of the others end.
        """
        theirs = col(SessionRow.user_id) == session.user_id
        out = or_(
            col(SessionRow.expires_at) <= session.created_at, col(SessionRow.last_seen_at) <= idle_since
        )
        await self._do(delete(SessionRow).where(theirs, out))
        latest = select(col(SessionRow.id)).where(theirs, col(SessionRow.ended_at).is_(None))
        kept = latest.order_by(col(SessionRow.last_seen_at).desc(), col(SessionRow.id)).limit(most - 1)
        await self._end(session.created_at, theirs, col(SessionRow.id).not_in(kept))
        self._tx.add(session)
        await self._tx.flush()

    async def find_open(self, identity: Identity, now: datetime, idle_since: datetime) -> OpenSession | None:
        """Return what counts of a session; None: it is not open."""
        given = {"user_id": identity.user_id, "session_id": identity.session_id}
        row = (await self._do(_FIND_OPEN, given | {"now": now, "idle_since": idle_since})).one_or_none()
        return OpenSession(row.last_seen_at, Role(row.role), row.has_two_factor) if row else None

    async def touch(self, session_id: UUID, now: datetime, *, unless_since: datetime) -> None:
        """Note that a session was used just now, unless that was noted a moment before."""
        stale = (col(SessionRow.id) == session_id, col(SessionRow.last_seen_at) < unless_since)
        await self._do(update(SessionRow).where(*stale).values(last_seen_at=now))

    async def all_open(
        self, identity: Identity, now: datetime, idle_since: datetime
    ) -> tuple[SessionView, ...]:
        """Return a person's open sessions, the last used first."""
        theirs = col(SessionRow.user_id) == identity.user_id
        query = select(SessionRow).where(theirs, *_open(now, idle_since))
        rows = await self._tx.exec(query.order_by(col(SessionRow.last_seen_at).desc(), col(SessionRow.id)))
        return tuple(_to_view(row, identity) for row in rows)

    async def end(self, user_id: UUID, session_id: UUID, now: datetime) -> None:
        """End a session.

        Raises:
            NotFound: It is not open, or somebody else's.
        """
        theirs = (col(SessionRow.user_id) == user_id, col(SessionRow.id) == session_id)
        if not await self._end(now, *theirs):
            raise missing(user_id, session_id, "There is no such session.")

    async def end_if_open(self, identity: Identity, now: datetime) -> None:
        """End the session that somebody is in, or was in."""
        theirs = (col(SessionRow.user_id) == identity.user_id, col(SessionRow.id) == identity.session_id)
        await self._end(now, *theirs)

    async def end_others(self, identity: Identity, now: datetime) -> None:
        """End every other session of a person."""
        theirs = col(SessionRow.user_id) == identity.user_id
        await self._end(now, theirs, col(SessionRow.id) != identity.session_id)

    async def end_all(self, user_id: UUID, now: datetime) -> None:
        """End every session of a person."""
        await self._end(now, col(SessionRow.user_id) == user_id)

    async def end_at_provider(
        self, user_id: UUID | None, named: str | None, now: datetime, *, opened_before: datetime
    ) -> Sequence[UUID]:
        """End what began at an OpenID provider and has ended there.

        Args:
            user_id: Whose; None: the provider does not say.
            named: Its own session, as it calls that; None: all of that person's.
            now: The time.
            opened_before: When they must have been opened, because it is of those that it speaks.

        Returns:
            Whose sessions have ended, one for each.
        """
        which: list[ColumnElement[bool]] = [col(SessionRow.ended_at).is_(None)]
        which += [col(SessionRow.id_token).is_not(None), col(SessionRow.created_at) < opened_before]
        if user_id is not None:
            which.append(col(SessionRow.user_id) == user_id)
        if named is not None:
            session = col(SessionRow.provider_session)
            unknown = session.is_(None) if user_id is not None else false()
            which.append((session == named) | unknown)
        ended = update(SessionRow).where(*which).values(ended_at=now).returning(col(SessionRow.user_id))
        return (await self._do(ended)).scalars().all()

    async def proved_at(self, identity: Identity) -> datetime:
        """Return when the person of a session last proved who they are."""
        found = await self._tx.exec(select(SessionRow.proved_at).where(*_of(identity)))
        return found.one()

    async def id_token(self, identity: Identity) -> str | None:
        """Return what a session kept, sealed, of its beginning at an OpenID provider."""
        return (await self._tx.exec(select(SessionRow.id_token).where(*_of(identity)))).one_or_none()

    async def note_proof(self, identity: Identity, now: datetime) -> None:
        """Note that the password was given."""
        await self._do(update(SessionRow).where(*_of(identity)).values(proved_at=now))

    async def _end(self, now: datetime, *which: ColumnElement[bool]) -> int:
        standing = col(SessionRow.ended_at).is_(None)
        return (await self._do(update(SessionRow).where(standing, *which).values(ended_at=now))).rowcount


def _of(identity: Identity) -> tuple[ColumnElement[bool], ...]:
    return (col(SessionRow.id) == identity.session_id, col(SessionRow.user_id) == identity.user_id)


def _open(
    now: datetime | BindParameter[datetime], idle_since: datetime | BindParameter[datetime]
) -> tuple[ColumnElement[bool], ...]:
    return (
        col(SessionRow.ended_at).is_(None),
        col(SessionRow.expires_at) > now,
        col(SessionRow.last_seen_at) > idle_since,
    )


_FIND_OPEN = (
    select(
        *(col(SessionRow.last_seen_at), col(UserRow.role)),
        exists()
        .where(
            col(TwoFactorRow.user_id) == col(SessionRow.user_id), col(TwoFactorRow.enabled_at).is_not(None)
        )
        .label("has_two_factor"),
    )
    .join(UserRow, col(UserRow.id) == col(SessionRow.user_id))
    .where(
        col(SessionRow.id) == bindparam("session_id"),
        col(SessionRow.user_id) == bindparam("user_id"),
        col(UserRow.disabled_at).is_(None),
        *_open(bindparam("now"), bindparam("idle_since")),
    )
)


def _to_view(row: SessionRow, identity: Identity) -> SessionView:
    current = row.id == identity.session_id
    return SessionView(row.id, row.created_at, row.last_seen_at, row.address, row.user_agent, current)
