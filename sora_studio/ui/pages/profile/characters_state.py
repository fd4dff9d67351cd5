"""The person's characters: who there is, and the way to let one go."""

from collections.abc import Iterable
from dataclasses import dataclass

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.character import CharacterView
from sora_studio.domain.errors import SoraStudioError
from sora_studio.domain.ids import parse_character_id, public_character_id
from sora_studio.ui import live, toasts
from sora_studio.ui.current_user import PersonState
from sora_studio.ui.errors import explain
from sora_studio.ui.session import signed_in_user, still_signed_in


@dataclass(frozen=True)
class Listed:
    """One character as the profile shows it."""

    id: str  # public
    name: str
    provider: str


class CharactersState(rx.State):
    """The characters, oldest first."""

    characters: rx.Field[list[Listed]] = rx.field(default_factory=list)
    removing: rx.Field[str] = rx.field("")  # the one whose end is on its way
    _removed: rx.Field[list[str]] = rx.field(default_factory=list)

    @rx.event(background=True)
    async def load(self) -> None:
        """Read who there is; this page shows, too, when the account is changed elsewhere."""
        async with self:
            owner_id = await signed_in_user(self)
            live.watch(owner_id, self.router.session.client_token, PersonState.load)
        found = await services().characters.list_all(owner_id)
        async with still_signed_in(self, owner_id):
            self.characters = _listed(found)

    @rx.event(background=True)
    async def remove(self, character_id: str) -> None:
        """Let a character go; the provider keeps what it made of it. A second click changes nothing."""
        async with self:
            owner_id = await signed_in_user(self)
            if character_id in self._removed or character_id == self.removing:
                return
            self.removing = str(character_id)
        said, tone = "The character was deleted.", toasts.INFO
        try:
            await services().characters.remove(owner_id, parse_character_id(str(character_id)))
        except SoraStudioError as problem:
            said, tone = explain(problem), toasts.ERROR
        finally:
            async with self:
                self.removing = ""
        found = await services().characters.list_all(owner_id)
        async with still_signed_in(self, owner_id):
            self.characters = _listed(found)
            if tone == toasts.INFO:
                self._removed = [*self._removed, str(character_id)]
            await toasts.tell(self, said, tone=tone)


def _listed(found: Iterable[CharacterView]) -> list[Listed]:
    return [Listed(public_character_id(each.id), each.name, each.provider) for each in found]
