"""Links by their tokens: made once, shown once, known afterwards by their hash alone."""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sora_studio.db.access_links import AccessLinkRepository
from sora_studio.db.engine import Transaction
from sora_studio.db.models import AccessLinkRow
from sora_studio.domain.access_link import RESET_FOR, InvitationWish, LinkKind, NewLink
from sora_studio.domain.account import OPERATOR, Identity
from sora_studio.domain.ids import new_id

_BYTES = 32
_PAGES = {LinkKind.INVITATION: "/signup#invitation=", LinkKind.RESET: "/reset#token="}
"""Behind a #: browsers keep that to themselves, so no log and no proxy sees a token."""


class Links:
    """Makes links to a studio."""

    def __init__(self, public_url: str = "") -> None:
        """Prepare it.

        Args:
            public_url: The address that people use.
        """
        self._public_url = public_url

    async def invite(self, tx: Transaction, wish: InvitationWish, now: datetime, by: Identity) -> NewLink:
        """Make an invitation."""
        link = _link(LinkKind.INVITATION, now, timedelta(wish.days), by)
        link.role, link.uses, link.note = wish.role, wish.uses, wish.note
        return await self._stored(tx, link)

    async def reset(self, tx: Transaction, user_id: UUID, now: datetime, by: Identity) -> NewLink:
        """Make a link by which somebody sets a new password; it takes the place of the one before."""
        link = _link(LinkKind.RESET, now, RESET_FOR, by)
        link.user_id = user_id
        return await self._stored(tx, link)

    async def _stored(self, tx: Transaction, link: AccessLinkRow) -> NewLink:
        token = secrets.token_urlsafe(_BYTES)
        link.token_sha256 = token_hash(token)
        await AccessLinkRepository(tx).add(link)
        return NewLink(link.id, f"{self._public_url}{_PAGES[LinkKind(link.kind)]}{token}", link.expires_at)


def token_hash(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _link(kind: LinkKind, now: datetime, lasts: timedelta, by: Identity) -> AccessLinkRow:
    return AccessLinkRow(
        id=new_id(),
        kind=kind,
        token_sha256="",
        created_at=now,
        expires_at=now + lasts,
        created_by=None if by is OPERATOR else by.user_id,
    )
