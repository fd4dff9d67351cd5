"""Accounts in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from sora_studio.db.locks import Lock
from sora_studio.db.models import UserRow, VideoRow
from sora_studio.db.repository import Repository
from sora_studio.domain.account import AccountView, Role
from sora_studio.domain.errors import Conflict, NotFound
from sora_studio.domain.people import Standing
from sora_studio.domain.words import words_of


@dataclass(frozen=True)
class StoredPassword:
    """An account and the hash that its password must match."""

    account: AccountView
    password_hash: str
    standing: Standing = Standing.ACTIVE


class UserRepository(Repository):
    """Reads and writes accounts inside one transaction."""

    async def add(self, user: UserRow) -> AccountView:
        """Open an account.

        Raises:
            Conflict: The e-mail address has one.
        """
        user.search = _words(user)
        self._tx.add(user)
        await self._flush()
        return account_view(user)

    async def is_empty(self) -> bool:
        """Tell whether the studio has no account."""
        return (await self._tx.exec(select(UserRow.id).limit(1))).first() is None

    async def is_alone(self, user_id: UUID) -> bool:
        """Tell whether there is no other account than somebody's."""
        others = select(UserRow.id).where(col(UserRow.id) != user_id).limit(1)
        return (await self._tx.exec(others)).first() is None

    async def lock_admins(self) -> None:
        """Keep others from changing who runs the studio until the end of the transaction."""
        await self._hold(Lock.CHOOSING_ADMINS)

    async def is_last_admin(self, user_id: UUID) -> bool:
        """Tell whether somebody is the only admin who can log in; lock the admins before."""
        admins = select(UserRow.id).where(col(UserRow.role) == Role.ADMIN, col(UserRow.disabled_at).is_(None))
        return [*(await self._tx.exec(admins.limit(2)))] == [user_id]

    async def find(self, *spellings: str) -> StoredPassword | None:
        """Return the account of an e-mail address; of several spellings, the first that has one counts."""
        found = await self._tx.exec(select(UserRow).where(col(UserRow.email).in_(spellings)))
        row = min(found.all(), key=lambda row: spellings.index(row.email), default=None)
        return _to_credentials(row) if row else None

    async def get(self, user_id: UUID) -> StoredPassword:
        """Return an account.

        Raises:
            NotFound: It has been deleted.
        """
        return _to_credentials(await self._row(user_id))

    async def change(self, user_id: UUID, **values: str | bool | datetime | None) -> AccountView:
        """Change columns of an account.

        Raises:
            NotFound: It has been deleted.
            Conflict: The new e-mail address belongs to another account.
        """
        row = await self._row(user_id)
        row.sqlmodel_update(values)
        if {"email", "display_name"} & values.keys():
            row.search = _words(row)
        await self._flush()
        return account_view(row)

    async def lock(self, user_id: UUID) -> None:
        """Keep others from adding videos, or files to its videos, until the end of the transaction."""
        await self._tx.exec(select(UserRow.id).where(col(UserRow.id) == user_id).with_for_update())
        videos = select(VideoRow.id).where(col(VideoRow.owner_id) == user_id).order_by(col(VideoRow.id))
        await self._tx.exec(videos.with_for_update())

    async def spelled_otherwise(self, usual: str) -> Sequence[tuple[UUID, str]]:
        """Return the accounts, with their addresses, that a regular expression does not fit."""
        odd = select(UserRow.id, UserRow.email).where(~col(UserRow.email).regexp_match(usual))
        return (await self._tx.exec(odd.order_by(col(UserRow.created_at)))).all()

    async def hold(self, user_id: UUID) -> datetime | None:
        """Keep others from adding videos for a person until the end of the transaction.

        Returns:
            When the account was opened; None: it has been deleted.
        """
        theirs = select(UserRow.created_at).where(col(UserRow.id) == user_id)
        return (await self._tx.exec(theirs.with_for_update(key_share=True))).one_or_none()

    async def holds(self, known: StoredPassword) -> bool:
        """Tell whether an account is open and still has a password that was compared.

        If so, nobody sets another one, or shuts the account, until the end of the transaction.
        """
        account = select(UserRow.password_hash).where(
            col(UserRow.id) == known.account.id, col(UserRow.disabled_at).is_(None)
        )
        found = (await self._tx.exec(account.with_for_update(key_share=True))).one_or_none()
        return found == known.password_hash

    async def remove(self, user_id: UUID) -> None:
        """Delete an account with everything that refers to it."""
        await self._tx.exec(delete(UserRow).where(col(UserRow.id) == user_id))

    async def replace_hash(self, user_id: UUID, old: str, new: str) -> None:
        """Store a stronger hash of the same password, unless the password has changed meanwhile."""
        statement = update(UserRow).where(col(UserRow.id) == user_id, col(UserRow.password_hash) == old)
        await self._tx.exec(statement.values(password_hash=new))

    async def _row(self, user_id: UUID) -> UserRow:
        row = await self._tx.get(UserRow, user_id)
        if row is None:
            message = "This account has been deleted."
            raise NotFound(message)
        return row

    async def _flush(self) -> None:
        try:
            await self._tx.flush()
        except IntegrityError as error:  # the only constraint that a clean account can violate
            message = "An account with this e-mail address already exists."
            raise Conflict(message) from error


def account_view(row: UserRow) -> AccountView:
    """Return an account as it is shown."""
    return AccountView(row.id, row.email, row.display_name, row.created_at, Role(row.role), row.has_password)


def standing_of(row: UserRow) -> Standing:
    """Return what an account may do."""
    if row.disabled_at is None:
        return Standing.ACTIVE
    return Standing.WAITING if row.awaits_approval else Standing.DISABLED


def _to_credentials(row: UserRow) -> StoredPassword:
    return StoredPassword(account_view(row), row.password_hash, standing_of(row))


def _words(row: UserRow) -> list[str]:
    return words_of(f"{row.display_name} {row.email}")
