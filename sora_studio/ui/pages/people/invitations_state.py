"""The invitations that stand, and the one that was just made."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.access_link import Invitation, InvitationWish
from sora_studio.domain.account import Role
from sora_studio.domain.errors import SoraStudioError
from sora_studio.domain.ids import parse_invitation_id
from sora_studio.domain.text import whole_number
from sora_studio.ui import toasts
from sora_studio.ui.errors import explain
from sora_studio.ui.form_data import text
from sora_studio.ui.session import signed_in, still_signed_in

_SHOWN = 100


@dataclass(frozen=True)
class Standing:
    """One invitation as the page shows it."""

    id: str
    note: str
    role: str
    used: str
    expires_at: str  # ISO 8601


class InvitationsState(rx.State):
    """The newest hundred; older ones run out."""

    ready: rx.Field[bool] = rx.field(default=False)
    invitations: rx.Field[list[Standing]] = rx.field(default_factory=list)
    busy: rx.Field[bool] = rx.field(default=False)
    refusal: rx.Field[str] = rx.field("")
    link: rx.Field[str] = rx.field("")  # of the one that was just made, shown this once
    made: rx.Field[int] = rx.field(0)  # counts, so that the form is drawn empty again

    @rx.event(background=True)
    async def load(self) -> None:
        """Read what there is."""
        async with self:
            identity = await signed_in(self)
        try:
            found = await services().invitations.all_open(identity, limit=_SHOWN)
        except SoraStudioError:
            found = ()  # the list of people says why
        async with still_signed_in(self, identity.user_id):
            self.ready, self.invitations = True, [_shown(each) for each in found]

    @rx.event(background=True)
    async def invite(self, data: dict[str, Any]) -> None:
        """Make an invitation, and show its link."""
        async with self:
            identity = await signed_in(self)
            if self.busy:
                return
            self.busy, self.refusal, self.link = True, "", ""
        wish = InvitationWish(
            role=Role.ADMIN if text(data, "role") == Role.ADMIN else Role.MEMBER,
            uses=whole_number(text(data, "uses"), most=10**6),
            days=whole_number(text(data, "days"), most=10**6),
            note=text(data, "note").strip(),
        )
        link, refusal = "", ""
        try:
            link = (await services().invitations.invite(identity, wish)).url
            found = await services().invitations.all_open(identity, limit=_SHOWN)
        except SoraStudioError as problem:
            found, refusal = None, explain(problem)
        finally:
            async with self:
                self.busy = False
        async with still_signed_in(self, identity.user_id):
            self.refusal, self.link = refusal, link
            if found is not None:
                self.invitations, self.made = [_shown(each) for each in found], self.made + 1

    @rx.event(background=True)
    async def revoke(self, invitation_id: str) -> None:
        """Take an invitation back."""
        async with self:
            identity = await signed_in(self)
        said, tone = "The invitation was taken back.", toasts.INFO
        try:
            await services().invitations.revoke(identity, parse_invitation_id(str(invitation_id)))
        except SoraStudioError as problem:
            said, tone = explain(problem), toasts.ERROR
        async with still_signed_in(self, identity.user_id):
            if tone == toasts.INFO:
                self.invitations = [each for each in self.invitations if each.id != invitation_id]
            await toasts.tell(self, said, tone=tone)

    @rx.event
    def dismiss(self) -> None:
        """Take the link from the screen."""
        self.link = ""


def _shown(invitation: Invitation) -> Standing:
    uses = invitation.uses
    return Standing(
        id=invitation.id.hex,
        note=invitation.note or "Without a note",
        role="Admin" if invitation.role is Role.ADMIN else "Member",
        used=f"{invitation.used} of {uses} used" if uses > 1 else "Once",
        expires_at=invitation.expires_at.isoformat(timespec="seconds"),
    )
