"""The person's API keys: what there is, and the ways to make, replace and revoke one."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.account import Identity
from sora_studio.domain.api_key import (
    OVERLAP_HOURS,
    FreshKey,
    KeyWish,
    budget_of,
    overlap_of,
)
from sora_studio.domain.errors import PasswordRequired, SoraStudioError
from sora_studio.domain.ids import parse_key_id
from sora_studio.ui import toasts
from sora_studio.ui.errors import explain
from sora_studio.ui.form_data import text
from sora_studio.ui.libraries import Library, to_library
from sora_studio.ui.pages.profile.key_lines import Listed, dollars, listed, read_wish
from sora_studio.ui.session import signed_in, still_signed_in


@dataclass(frozen=True)
class _Rotation:
    """Another key in the place of one."""

    key_id: str  # public, as it came


@dataclass(frozen=True)
class _NewBudget:
    """Another budget for a key."""

    key_id: str  # public, as it came
    dollars: str | None  # None: it is to have none


Act = KeyWish | _Rotation | _NewBudget
"""What asks for the password."""


class KeysState(rx.State):
    """The keys, the newest first, and for a moment the one that was just made."""

    keys: rx.Field[list[Listed]] = rx.field(default_factory=list)
    fresh: rx.Field[str] = rx.field("")  # the key itself, until it is put away or the page is left
    fresh_name: rx.Field[str] = rx.field("")
    refusal: rx.Field[str] = rx.field("")
    busy: rx.Field[bool] = rx.field(default=False)
    made: rx.Field[int] = rx.field(0)  # counts keys, so that the form is drawn shut and empty again
    projects: rx.Field[list[Library]] = rx.field(default_factory=list)  # that a key can be for
    asking: rx.Field[bool] = rx.field(default=False)  # for the password, before what waits is done
    wrong_proof: rx.Field[str] = rx.field("")
    _revoked: rx.Field[list[str]] = rx.field(default_factory=list)
    _pending: Act | None = None  # what waits

    @rx.event(background=True)
    async def load(self) -> None:
        """Read what there is; a key that was shown before is not shown again."""
        async with self:
            identity = await signed_in(self)
        found = await services().keys.all_of(identity)
        projects = (await services().projects.page(identity.user_id)).projects
        async with still_signed_in(self, identity.user_id):
            self.put_away()
            self.keys, self.projects = listed(found), [*map(to_library, projects)]

    @rx.event
    def put_away(self) -> None:
        """Forget the key that was just made."""
        self.fresh, self.fresh_name = "", ""
        self.ask_no_more()

    @rx.event
    def ask_no_more(self) -> None:
        """Take the question for the password from the screen, and forget what has waited for the answer."""
        self.asking, self.wrong_proof, self._pending = False, "", None

    @rx.event(background=True)
    async def create(self, data: dict[str, Any]) -> None:
        """Make a key, and show it; asks for the password first, once in ten minutes."""
        async with self:
            identity = await signed_in(self)
            if self.busy:
                return  # a second click: the first is on its way
            self.refusal = ""
            try:
                wish = read_wish(data)
            except SoraStudioError as problem:
                self.refusal = explain(problem)
                return
            self.busy, self._pending = True, wish
        await _do(self, identity, wish)

    @rx.event(background=True)
    async def rotate(self, key_id: str) -> None:
        """Make another key in the place of one, and show it; the one before works for a day more.

        Asks for the password first, once in ten minutes.
        """
        act = _Rotation(str(key_id))
        async with self:
            identity = await signed_in(self)
            if self.busy or self.fresh:
                return  # a second click would make a third key, and end the first
            self.busy, self._pending = True, act
        await _do(self, identity, act)

    @rx.event(background=True)
    async def set_budget(self, data: dict[str, Any]) -> None:
        """Give a key another budget, or none; asks for the password first, once in ten minutes."""
        act = _NewBudget(text(data, "key_id"), dollars(data, "budget"))
        async with self:
            identity = await signed_in(self)
            if self.busy:
                return
            self.busy, self._pending = True, act
        await _do(self, identity, act)

    @rx.event(background=True)
    async def prove(self, data: dict[str, Any]) -> None:
        """Take the password, and do what has waited for it."""
        async with self:
            identity = await signed_in(self)
            act = self._pending
            if self.busy or not self.asking or act is None:
                return
            self.busy, self.wrong_proof = True, ""
        try:
            await services().accounts.confirm_password(identity, text(data, "key_proof"))
        except SoraStudioError as problem:
            async with still_signed_in(self, identity.user_id):
                self.busy, self.wrong_proof = False, explain(problem)
            return
        await _do(self, identity, act)

    @rx.event(background=True)
    async def revoke(self, key_id: str) -> None:
        """Have a key open nothing from now on. A second click changes nothing."""
        async with self:
            identity = await signed_in(self)
            if self.busy or key_id in self._revoked:
                return
            self.busy = True
        try:
            await services().keys.revoke(identity, parse_key_id(str(key_id)))
            found = await services().keys.all_of(identity)
        except SoraStudioError as problem:
            async with still_signed_in(self, identity.user_id):
                await toasts.tell(self, explain(problem), tone=toasts.ERROR)
            return
        finally:
            async with self:
                self.busy = False
        async with still_signed_in(self, identity.user_id):
            self.keys, self._revoked = listed(found), [*self._revoked, str(key_id)]
            await toasts.tell(self, "The key was revoked. It opens nothing from now on.")


async def _do(state: KeysState, identity: Identity, act: Act) -> None:
    """Do what weighs enough to ask for the password: show what came of it, or ask, or say what is wrong."""
    fresh: FreshKey | None = None
    try:
        fresh = await _carry_out(identity, act)
        found = await services().keys.all_of(identity)
    except PasswordRequired:
        async with still_signed_in(state, identity.user_id):
            state.asking, state.wrong_proof = True, ""
        return
    except SoraStudioError as problem:
        async with still_signed_in(state, identity.user_id):
            state.ask_no_more()
            if isinstance(act, KeyWish):
                state.refusal = explain(problem)
            else:
                await toasts.tell(state, explain(problem), tone=toasts.ERROR)
        return
    finally:
        async with state:
            state.busy = False
    async with still_signed_in(state, identity.user_id):
        state.ask_no_more()
        state.keys = listed(found)
        if fresh is None:
            await toasts.tell(state, "Saved.")
        else:
            state.made, state.fresh, state.fresh_name = state.made + 1, fresh.key, fresh.view.name


async def _carry_out(identity: Identity, act: Act) -> FreshKey | None:
    match act:
        case KeyWish():
            return await services().keys.create(identity, act)
        case _Rotation(key_id):
            return await services().keys.rotate(identity, parse_key_id(key_id), overlap_of(OVERLAP_HOURS))
        case _NewBudget(key_id, dollars):
            await services().keys.set_budget(identity, parse_key_id(key_id), budget_of(dollars))
            return None
