"""Invitations, for a studio's admins."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from sora_studio.api.dependencies import IdentityDep
from sora_studio.api.people import Link
from sora_studio.container import services
from sora_studio.domain.access_link import (
    INVITED_DAYS_MAX,
    INVITED_FOR,
    NOTE_MAX,
    USES_MAX,
    Invitation,
    InvitationWish,
)
from sora_studio.domain.account import Role
from sora_studio.domain.ids import parse_invitation_id

router = APIRouter(prefix="/admin/invitations", tags=["admin"])

_PAGE_MAX = 100


class Invite(BaseModel):
    """Whom to let in, and for how long."""

    role: Role = Role.MEMBER
    uses: int = Field(1, ge=1, le=USES_MAX, description="How many people may use it.")
    expires_in_days: int = Field(INVITED_FOR.days, ge=1, le=INVITED_DAYS_MAX)
    note: str = Field("", max_length=NOTE_MAX, description="For whom it is, in your words.")


class StandingInvitation(BaseModel):
    """An invitation that can be used."""

    id: str
    role: Role
    uses: int
    used: int
    note: str
    created_at: int = Field(description="Unix seconds.")
    expires_at: int = Field(description="Unix seconds.")

    @classmethod
    def of(cls, invitation: Invitation) -> "StandingInvitation":
        """Shape an invitation."""
        return cls(
            id=invitation.id.hex,
            role=invitation.role,
            uses=invitation.uses,
            used=invitation.used,
            note=invitation.note,
            created_at=int(invitation.created_at.timestamp()),
            expires_at=int(invitation.expires_at.timestamp()),
        )


class InvitationList(BaseModel):
    """One page of invitations."""

    object: Literal["list"] = "list"
    data: list[StandingInvitation]
    first_id: str | None
    last_id: str | None
    has_more: bool


def _invitation_id(invitation_id: str) -> UUID:
    return parse_invitation_id(invitation_id)


@router.post("", status_code=201)
async def invite(identity: IdentityDep, wish: Invite) -> Link:
    """Make an invitation; its address is in this answer and nowhere else."""
    wanted = InvitationWish(wish.role, wish.uses, wish.expires_in_days, wish.note)
    return Link.of(await services().invitations.invite(identity, wanted))


@router.get("")
async def list_invitations(
    identity: IdentityDep,
    *,
    limit: Annotated[int, Query(ge=1, le=_PAGE_MAX)] = 50,
    after: Annotated[str | None, Query(description="The last id of the page before.")] = None,
) -> InvitationList:
    """List the invitations that can be used, the newest first."""
    position = parse_invitation_id(after) if after else None
    found = await services().invitations.all_open(identity, after=position, limit=limit + 1)
    data = [*map(StandingInvitation.of, found[:limit])]
    first, last = (data[0].id, data[-1].id) if data else (None, None)
    return InvitationList(data=data, first_id=first, last_id=last, has_more=len(found) > limit)


@router.delete("/{invitation_id}", status_code=204)
async def revoke(identity: IdentityDep, invitation_id: Annotated[UUID, Depends(_invitation_id)]) -> None:
    """Take an invitation back."""
    await services().invitations.revoke(identity, invitation_id)
