"""Invitations and reset links in the database: by the hash of their token, which is nowhere."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, update
from sqlmodel import col, select

from sora_studio.db.models import AccessLinkRow, UserRow
from sora_studio.db.repository import Repository, missing
from sora_studio.domain.access_link import Invitation, LinkKind
from sora_studio.domain.account import Role

_LINK = AccessLinkRow


class AccessLinkRepository(Repository):
    """Reads and writes links inside one transaction.

    A link counts as long as who made it is an admin: it lets nobody do what its maker may do no longer.
    """

    async def add(self, link: AccessLinkRow) -> None:
        """Store a link; those that have run out are swept away, and so are the person's older reset links."""
        out = col(_LINK.expires_at) <= link.created_at
        await self._do(delete(_LINK).where(out))
        if link.user_id is not None:
            await self.forget_resets(link.user_id)
        self._tx.add(link)
        await self._tx.flush()

    async def forget_resets(self, user_id: UUID) -> None:
        """Have no reset link of a person lead anywhere."""
        await self._do(delete(_LINK).where(col(_LINK.user_id) == user_id))

    async def find(self, kind: LinkKind, token_sha256: str, now: datetime) -> AccessLinkRow | None:
        """Return a link that can be used; None: it is unknown, revoked, used up or has run out."""
        return (await self._tx.exec(select(_LINK).where(*_usable(kind, token_sha256, now)))).one_or_none()

    async def use(self, kind: LinkKind, token_sha256: str, now: datetime) -> bool:
        """Use a link once; False: it cannot be used."""
        used = update(_LINK).where(*_usable(kind, token_sha256, now)).values(used=col(_LINK.used) + 1)
        return (await self._do(used)).rowcount == 1

    async def invitations(self, now: datetime, after: UUID | None, limit: int) -> tuple[Invitation, ...]:
        """Return invitations that can be used, the newest first."""
        standing = (col(_LINK.kind) == LinkKind.INVITATION, *_open(now))
        query = select(_LINK).where(*standing)
        if after is not None:
            query = query.where(_before(after))
        newest = query.order_by(col(_LINK.created_at).desc(), col(_LINK.id).desc()).limit(limit)
        return tuple(map(_to_view, await self._tx.exec(newest)))

    async def remove(self, kind: LinkKind, link_id: UUID, who: UUID) -> None:
        """Revoke a link.

        Raises:
            NotFound: There is no such link.
        """
        gone = delete(_LINK).where(col(_LINK.id) == link_id, col(_LINK.kind) == kind)
        if not (await self._do(gone)).rowcount:
            raise missing(who, link_id, "There is no such invitation.")


def _open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    maker = select(UserRow.id).where(
        col(UserRow.id) == col(_LINK.created_by),
        col(UserRow.role) == Role.ADMIN,
        col(UserRow.disabled_at).is_(None),
    )
    stands = col(_LINK.created_by).is_(None) | maker.exists()  # by nobody: from the command line
    return (col(_LINK.expires_at) > now, col(_LINK.used) < col(_LINK.uses), stands)


def _usable(kind: LinkKind, token_sha256: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (col(_LINK.token_sha256) == token_sha256, col(_LINK.kind) == kind, *_open(now))


def _before(after: UUID) -> ColumnElement[bool]:
    """Build the condition that a link is older than another one; one that has gone leaves nothing."""
    other = select(_LINK.created_at).where(col(_LINK.id) == after).scalar_subquery()
    return (col(_LINK.created_at) < other) | ((col(_LINK.created_at) == other) & (col(_LINK.id) < after))


def _to_view(row: AccessLinkRow) -> Invitation:
    return Invitation(
        id=row.id,
        role=Role(row.role),
        uses=row.uses,
        used=row.used,
        note=row.note,
        created_at=row.created_at,
        expires_at=row.expires_at,
        created_by=row.created_by,
    )
