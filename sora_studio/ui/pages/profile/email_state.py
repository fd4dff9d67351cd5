"""Changing the address by which the person logs in."""

from typing import Any

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.errors import SoraStudioError
from sora_studio.ui import toasts
from sora_studio.ui.current_user import PersonState
from sora_studio.ui.errors import explain
from sora_studio.ui.form_data import text
from sora_studio.ui.session import signed_in, still_signed_in


class EmailState(rx.State):
    """What was wrong with the last try."""

    refusal: rx.Field[str] = rx.field("")
    busy: rx.Field[bool] = rx.field(default=False)
    changed: rx.Field[int] = rx.field(0)  # counts changes, so that the form is drawn without the password

    @rx.event(background=True)
    async def change(self, data: dict[str, Any]) -> None:
        """Change the address, if the password is right."""
        async with self:
            identity = await signed_in(self)
            self.busy, self.refusal = True, ""
        try:
            account = await services().accounts.edit_profile(
                identity, email=text(data, "email"), password=text(data, "email_password")
            )
        except SoraStudioError as problem:
            async with still_signed_in(self, identity.user_id):
                self.refusal = explain(problem)
            return
        finally:
            async with self:
                self.busy = False
        async with still_signed_in(self, identity.user_id):
            self.changed += 1
            (await self.get_state(PersonState)).email = account.email
            await toasts.tell(self, "Saved.")
