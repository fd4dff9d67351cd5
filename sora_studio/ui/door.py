"""What somebody may know of a studio who is not logged in: whether it is set up, and whom it lets in."""

from collections.abc import Mapping

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.sign_up import SignUpMode, SignUpPolicy

_SAID: Mapping[SignUpMode, str] = {
    SignUpMode.OPEN: "",
    SignUpMode.APPROVE: "A new account waits until an admin of this studio approves it.",
    SignUpMode.DOMAIN: "Accounts are open to e-mail addresses at ",
    SignUpMode.INVITE: "Accounts of this studio are opened by invitation. Open the link that you were given.",
    SignUpMode.CLOSED: "This studio does not open accounts. Ask the person who runs it.",
}


class DoorState(rx.State):
    """What the pages for strangers say; nothing of anybody's is in it."""

    looked: rx.Field[bool] = rx.field(default=False)
    waits: rx.Field[bool] = rx.field(default=False)  # to be set up: there is no account
    sign_on: rx.Field[str] = rx.field("")  # the words of the button; empty: there is no single sign-on
    hides_password: rx.Field[bool] = rx.field(default=False)
    rule: rx.Field[str] = rx.field("")  # whom the studio lets in, in a sentence

    @rx.event(background=True)
    async def look(self) -> None:
        """Read it."""
        sign_on = services().single_sign_on.policy
        waits, policy = await services().accounts.is_empty(), await services().accounts.sign_up_policy()
        async with self:
            self.looked, self.waits = True, waits
            self.rule = "" if waits else _rule(policy)
            self.sign_on, self.hides_password = sign_on.button, sign_on.hides_password


def _rule(policy: SignUpPolicy) -> str:
    return f"{_SAID[policy.mode]}{policy.domain}." if policy.domain else _SAID[policy.mode]
