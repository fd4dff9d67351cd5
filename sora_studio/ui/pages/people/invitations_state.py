"""The invitations that stand, and the one that was just made."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.access_link import Invitation, InvitationWish
from sora_studio.domain.account import Identity, Role
from sora_studio.domain.errors import PasswordRequired, SoraStudioError
from sora_studio.domain.ids import parse_invitation_id
from sora_studio.domain.text import whole_number
from sora_studio.ui import toasts
from sora_studio.ui.errors import explain
from sora_studio.ui.form_data import text
from sora_studio.ui.qr import FreshLink
from sora_studio.ui.session import signed_in, still_signed_in

_SHOWN = 100
_HAND_OVER = "Hand over this link. It is shown this once."


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
    link: rx.Field[FreshLink] = rx.field(
        default_factory=FreshLink
    )  # of the one that was just made, shown this once
    made: rx.Field[int] = rx.field(0)  # counts, so that the form is drawn empty again
    asking: rx.Field[bool] = rx.field(default=False)  # for the password, before what waits is made
    wrong_proof: rx.Field[str] = rx.field("")
    _pending: InvitationWish = InvitationWish()  # what waits

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
        """Make an invitation, and show its link; one for admins asks for the password first."""
        wish = InvitationWish(
            role=Role.ADMIN if text(data, "role") == Role.ADMIN else Role.MEMBER,
            uses=whole_number(text(data, "uses"), most=10**6),
            days=whole_number(text(data, "days"), most=10**6),
            note=text(data, "note").strip(),
        )
        async with self:
            identity = await signed_in(self)
            if self.busy:
                return
            self.busy, self.refusal, self.link = True, "", FreshLink()
            self._pending = wish
        await _make(self, identity, wish)

    @rx.event(background=True)
    async def prove(self, data: dict[str, Any]) -> None:
        """Take the password, and make the invitation that has waited for it."""
        async with self:
            identity = await signed_in(self)
            if self.busy or not self.asking:
                return
            self.busy, self.wrong_proof, wish = True, "", self._pending
        try:
            await services().accounts.confirm_password(identity, text(data, "invitation_proof"))
        except SoraStudioError as problem:
            async with still_signed_in(self, identity.user_id):
                self.busy, self.wrong_proof = False, explain(problem)
            return
        await _make(self, identity, wish)

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
        """Take the link, or the question for the password, from the screen."""
        self.link, self.asking, self.wrong_proof = FreshLink(), False, ""


async def _make(state: InvitationsState, identity: Identity, wish: InvitationWish) -> None:
    """Make an invitation and show its link, or ask for the password, or say why there is none."""
    link, refusal, asking, found = "", "", False, None
    try:
        link = (await services().invitations.invite(identity, wish)).url
        found = await services().invitations.all_open(identity, limit=_SHOWN)
    except PasswordRequired:
        asking = True
    except SoraStudioError as problem:
        refusal = explain(problem)
    finally:
        async with state:
            state.busy = False
    async with still_signed_in(state, identity.user_id):
        state.refusal, state.asking, state.wrong_proof = refusal, asking, ""
        state.link = FreshLink.of(link, _HAND_OVER) if link else FreshLink()
        if found is not None:
            state.invitations, state.made = [_shown(each) for each in found], state.made + 1


def _shown(invitation: Invitation) -> Standing:
    uses = invitation.uses
    return Standing(
        id=invitation.id.hex,
        note=invitation.note or "Without a note",
        role="Admin" if invitation.role is Role.ADMIN else "Member",
        used=f"{invitation.used} of {uses} used" if uses > 1 else "Once",
        expires_at=invitation.expires_at.isoformat(timespec="seconds"),
    )
