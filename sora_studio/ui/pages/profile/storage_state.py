"""How much the person's own library stores."""

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.errors import SoraStudioError
from sora_studio.ui import toasts
from sora_studio.ui.errors import explain
from sora_studio.ui.session import signed_in, still_signed_in
from sora_studio.ui.storage_lines import StorageLine, to_storage_line


class StorageState(rx.State):
    """One line of the profile."""

    storage: rx.Field[StorageLine] = rx.field(default_factory=StorageLine)

    @rx.event(background=True)
    async def load(self) -> None:
        """Read what is stored."""
        async with self:
            identity = await signed_in(self)
        try:
            use = await services().limits.my_storage(identity)
        except SoraStudioError as problem:
            async with still_signed_in(self, identity.user_id):
                await toasts.tell(self, explain(problem), tone=toasts.ERROR)
            return
        async with still_signed_in(self, identity.user_id):
            self.storage = to_storage_line(use)
