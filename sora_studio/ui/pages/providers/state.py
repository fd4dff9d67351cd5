"""The providers as they are now."""

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.access import Action, require
from sora_studio.domain.errors import NotAllowed, Unavailable
from sora_studio.ui.errors import explain
from sora_studio.ui.pages.providers.lines import ProviderLines, lines_of
from sora_studio.ui.session import signed_in, still_signed_in


class ProvidersState(rx.State):
    """What there is to say of each; nothing can be changed here."""

    ready: rx.Field[bool] = rx.field(False)
    problem: rx.Field[str] = rx.field("")
    providers: rx.Field[list[ProviderLines]] = rx.field(default_factory=list)

    @rx.event(background=True)
    async def load(self) -> None:
        """Read how they are doing; no provider is asked."""
        async with self:
            identity = await signed_in(self)
        try:
            require(identity, Action.RUN_STUDIO)
            found, problem = [lines_of(each) for each in await services().providers.all()], ""
        except (Unavailable, NotAllowed) as error:
            found, problem = [], explain(error)
        async with still_signed_in(self, identity.user_id):
            self.ready, self.providers, self.problem = True, found, problem
