"""API keys in the database: found by the hash of what came."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, or_, update
from sqlmodel import col, select
from sqlmodel.sql.expression import Select

from sora_studio.db.models import ApiKeyRow, ProjectRow, UserRow
from sora_studio.db.repository import Repository, missing
from sora_studio.domain.account import Role, Scope
from sora_studio.domain.api_key import ApiKeyView
from sora_studio.domain.errors import NotFound

_REVOKED_KEPT = timedelta(days=90)


@dataclass(frozen=True)
class StoredKey:
    """A key that came with a request: whose it is, and what there is against it."""

    user_id: UUID
    role: Role
    is_disabled: bool  # the account
    is_revoked: bool
    has_expired: bool
    view: ApiKeyView


class ApiKeyRepository(Repository):
    """Reads and writes keys inside one transaction."""

    async def add(self, key: ApiKeyRow) -> None:
        """Store a key; the same person's that were revoked long ago are swept away."""
        theirs = col(ApiKeyRow.user_id) == key.user_id
        await self._do(
            delete(ApiKeyRow).where(theirs, col(ApiKeyRow.revoked_at) < key.created_at - _REVOKED_KEPT)
        )
        self._tx.add(key)
        await self._tx.flush()

    async def count(self, user_id: UUID) -> int:
        """Return how many keys a person has."""
        query = select(func.count()).select_from(ApiKeyRow).where(*_theirs(user_id))
        return (await self._tx.exec(query)).one()

    async def all_of(self, user_id: UUID, now: datetime) -> tuple[ApiKeyView, ...]:
        """Return a person's keys, the newest first; those that were revoked are not among them."""
        query = _named(user_id).order_by(col(ApiKeyRow.created_at).desc(), col(ApiKeyRow.id))
        return tuple(_to_view(row, now, project) for row, project in await self._tx.exec(query))

    async def view(self, user_id: UUID, key_id: UUID, now: datetime) -> ApiKeyView:
        """Return a key.

        Raises:
            NotFound: It was revoked, or is somebody else's.
        """
        found = await self._tx.exec(_named(user_id).where(col(ApiKeyRow.id) == key_id))
        row = found.one_or_none()
        if row is None:
            raise _no_key(user_id, key_id)
        return _to_view(row[0], now, row[1])

    async def find(self, sha256: str, now: datetime) -> StoredKey | None:
        """Return the key that came, by its hash; also by that from before a rotation, while it works."""
        key = ApiKeyRow
        fits = or_(
            col(key.sha256) == sha256,
            (col(key.previous_sha256) == sha256) & (col(key.previous_until) > now),
        )
        query = select(key, col(UserRow.role), col(UserRow.disabled_at)).where(fits)
        row = (await self._tx.exec(query.join(UserRow, col(UserRow.id) == col(key.user_id)))).one_or_none()
        if row is None:
            return None
        found, role, disabled_at = row
        return StoredKey(
            user_id=found.user_id,
            role=Role(role),
            is_disabled=disabled_at is not None,
            is_revoked=found.revoked_at is not None,
            has_expired=found.expires_at is not None and found.expires_at <= now,
            view=_to_view(found, now),
        )

    async def touch(self, key_id: UUID, now: datetime, address: str, *, unless_since: datetime) -> None:
        """Note that a key was used just now, unless that was noted a moment before."""
        used = col(ApiKeyRow.last_used_at)
        stale = (col(ApiKeyRow.id) == key_id, or_(used.is_(None), used < unless_since))
        values = {"last_used_at": now, "last_used_address": address}
        await self._do(update(ApiKeyRow).where(*stale).values(**values))

    async def rotate(
        self, user_id: UUID, key_id: UUID, new: tuple[str, str], overlap: timedelta, now: datetime
    ) -> None:
        """Replace a key, for as long a time as it was made for.

        Args:
            user_id: Whose.
            key_id: Which.
            new: The hash and the last four characters of what replaces it.
            overlap: For how long what it was until now works, too: not beyond its own end.
            now: The time.

        Raises:
            NotFound: It was revoked, or is somebody else's.
        """
        row = await self.hold(user_id, key_id)
        until, end = now + overlap, row.expires_at
        row.previous_sha256 = row.sha256 if overlap else None
        row.previous_until = (min(until, end) if end else until) if overlap else None
        row.sha256, row.last4 = new
        row.expires_at = now + (end - (row.rotated_at or row.created_at)) if end else None
        row.rotated_at = now
        await self._tx.flush()

    async def hold(self, user_id: UUID, key_id: UUID) -> ApiKeyRow:
        """Return a key that nobody else changes until the end of the transaction.

        Raises:
            NotFound: It was revoked, or is somebody else's.
        """
        query = select(ApiKeyRow).where(*_theirs(user_id), col(ApiKeyRow.id) == key_id)
        query = query.with_for_update(key_share=True)
        row = (await self._tx.exec(query)).one_or_none()
        if row is None:
            raise _no_key(user_id, key_id)
        return row

    async def disown_budget(self, budget_id: UUID) -> None:
        """Have no key's person change a budget from now on."""
        mine = col(ApiKeyRow.budget_id) == budget_id
        await self._do(update(ApiKeyRow).where(mine).values(budget_id=None))

    async def is_valid(self, key_id: UUID) -> bool:
        """Tell whether there is such a key, of whomever, which stays until the end of the transaction."""
        query = select(ApiKeyRow.id).where(col(ApiKeyRow.id) == key_id, col(ApiKeyRow.revoked_at).is_(None))
        return (await self._tx.exec(query.with_for_update(key_share=True))).first() is not None

    async def revoke(self, user_id: UUID, key_id: UUID, now: datetime) -> None:
        """Have a key open nothing.

        Raises:
            NotFound: That was done before, or it is somebody else's.
        """
        which = (*_theirs(user_id), col(ApiKeyRow.id) == key_id)
        if not (await self._do(update(ApiKeyRow).where(*which).values(revoked_at=now))).rowcount:
            raise _no_key(user_id, key_id)


def _named(user_id: UUID) -> Select[ApiKeyRow, str]:
    """Select a person's keys, each with the name of its project."""
    project = col(ProjectRow.id) == col(ApiKeyRow.project_id)
    return select(ApiKeyRow, ProjectRow.name).outerjoin(ProjectRow, project).where(*_theirs(user_id))


def _no_key(user_id: UUID, key_id: UUID) -> NotFound:
    return missing(user_id, key_id, "There is no such key.")


def _theirs(user_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (col(ApiKeyRow.user_id) == user_id, col(ApiKeyRow.revoked_at).is_(None))


def _to_view(row: ApiKeyRow, now: datetime, project_name: str | None = None) -> ApiKeyView:
    overlap = row.previous_until if row.previous_until and row.previous_until > now else None
    return ApiKeyView(
        id=row.id,
        name=row.name,
        last4=row.last4,
        scopes=_in_order(row.scopes),
        requests_per_minute=row.requests_per_minute,
        confirm_above_micros=row.confirm_above_micros,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        last_used_address=row.last_used_address,
        overlap_until=overlap,
        project_id=row.project_id,
        project_name=project_name or "",
        budget_id=row.budget_id,
    )


def _in_order(words: Iterable[str]) -> tuple[Scope, ...]:
    return tuple(scope for scope in Scope if scope in set(words))
