"""Links that an admin hands out: invitations to the studio, and links to set a new password."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sora_studio.domain.account import Role

INVITED_FOR = timedelta(days=7)
"""How long an invitation can be used, unless its admin says otherwise."""

INVITED_DAYS_MAX = 90
USES_MAX = 1_000
NOTE_MAX = 80

RESET_FOR = timedelta(hours=24)
"""How long a link to set a new password can be used."""


class LinkKind(StrEnum):
    """What a link is for."""

    INVITATION = "invitation"
    RESET = "reset"


@dataclass(frozen=True)
class InvitationWish:
    """What an admin wants of an invitation."""

    role: Role = Role.MEMBER
    uses: int = 1
    days: int = INVITED_FOR.days
    note: str = ""  # for whom it is, in the admin's words


@dataclass(frozen=True)
class Invitation:
    """An invitation as admins see it: without its token, which is shown once."""

    id: UUID
    role: Role
    uses: int
    used: int
    note: str
    created_at: datetime
    expires_at: datetime
    created_by: UUID | None  # None: the command line


@dataclass(frozen=True)
class NewLink:
    """A link that was just made, with the address that is shown once."""

    id: UUID
    url: str
    expires_at: datetime
