"""Who is at this tab, as the frame of every page shows it."""

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.account import AccountView, Role
from sora_studio.domain.text import first_sign
from sora_studio.ui import toasts
from sora_studio.ui.session import signed_in_user, still_signed_in
from sora_studio.ui.state_update import assign


class PersonState(rx.State):
    """The name and address of the person at this tab."""

    account: rx.Field[str] = rx.field("")  # the id; what a browser keeps is kept under it
    name: rx.Field[str] = rx.field("")
    email: rx.Field[str] = rx.field("")
    is_admin: rx.Field[bool] = rx.field(default=False)
    has_password: rx.Field[bool] = rx.field(default=True)  # who has none proves who they are by logging in

    @rx.var
    def first_name(self) -> str:
        """Return what to greet the person with."""
        return self.name.split(" ", 1)[0]

    @rx.var
    def initial(self) -> str:
        """Return the letter on the profile's badge."""
        return first_sign(self.name).upper()

    @rx.event(background=True)
    async def load(self) -> None:
        """Read who this is."""
        async with self:
            owner_id = await signed_in_user(self)
        account = await services().accounts.account(owner_id)
        async with still_signed_in(self, owner_id):
            await toasts.forget_old(self)
            show(self, account)


def show(state: PersonState, account: AccountView) -> None:
    """Show an account, inside an `async with` of the State."""
    assign(
        state,
        account=account.id.hex,
        name=account.display_name,
        email=account.email,
        is_admin=account.role is Role.ADMIN,
        has_password=account.has_password,
    )
