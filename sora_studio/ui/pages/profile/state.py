"""The account of the person at this tab."""

from typing import Any

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.errors import InvalidInput, SoraStudioError
from sora_studio.ui import current_user, routes, toasts
from sora_studio.ui.current_user import PersonState
from sora_studio.ui.errors import explain
from sora_studio.ui.form_data import text
from sora_studio.ui.handlers import Next
from sora_studio.ui.session import signed_in, still_signed_in

CONFIRMATION = "delete my account"


class ProfileState(rx.State):
    """The three forms of the profile: what was wrong with the last try of each."""

    profile_error: rx.Field[str] = rx.field("")
    password_error: rx.Field[str] = rx.field("")
    delete_error: rx.Field[str] = rx.field("")
    busy: rx.Field[bool] = rx.field(default=False)  # one of them is on its way
    saved: rx.Field[int] = rx.field(0)  # counts changed passwords, so that the form is drawn empty again

    @rx.event(background=True)
    async def save(self, data: dict[str, Any]) -> None:
        """Change the name; one that the person has left as it was shown stays as it is."""
        async with self:
            identity = await signed_in(self)
            shown = (await self.get_state(PersonState)).name
            self.busy, self.profile_error = True, ""
        name = text(data, "display_name")
        try:
            account = await services().accounts.edit_profile(
                identity, display_name=None if name == shown else name
            )
        except SoraStudioError as problem:
            async with still_signed_in(self, identity.user_id):
                self.profile_error = explain(problem)
            return
        finally:
            async with self:
                self.busy = False
        async with still_signed_in(self, identity.user_id):
            current_user.show(await self.get_state(PersonState), account)
            await toasts.tell(self, "Saved.")

    @rx.event(background=True)
    async def change_password(self, data: dict[str, Any]) -> None:
        """Change the password; every other session of the account ends."""
        async with self:
            identity = await signed_in(self)
            if self.busy:
                return  # a second click: the first is on its way
            self.busy, self.password_error = True, ""
        try:
            await services().accounts.change_password(
                identity, str(data.get("current", "")), str(data.get("new", ""))
            )
        except SoraStudioError as problem:
            async with still_signed_in(self, identity.user_id):
                self.password_error = explain(problem)
            return
        finally:
            async with self:
                self.busy = False
        async with still_signed_in(self, identity.user_id):
            self.saved += 1
            (await self.get_state(PersonState)).has_password = True
            await toasts.tell(self, "Your password was changed. All other devices were logged out.")

    @rx.event(background=True)
    async def delete_account(self, data: dict[str, Any]) -> Next:
        """End the account, with its videos and files."""
        async with self:
            identity = await signed_in(self)
            if self.busy:
                return None  # as above
            self.busy, self.delete_error = True, ""
        try:
            if str(data.get("confirmation", "")).strip().lower() != CONFIRMATION:
                message = f"Type “{CONFIRMATION}” to confirm."
                raise InvalidInput(message, "confirmation")
            await services().accounts.delete_account(identity, str(data.get("password", "")))
        except SoraStudioError as problem:
            async with still_signed_in(self, identity.user_id):
                self.delete_error = explain(problem)
            return None
        finally:
            async with self:
                self.busy = False
        return rx.redirect(routes.SIGN_UP)
