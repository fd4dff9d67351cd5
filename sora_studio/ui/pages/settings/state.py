"""The studio's settings as they count now, and the form that changes them."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.errors import SoraStudioError
from sora_studio.domain.settings import SettingName, SettingView
from sora_studio.domain.sign_up import SignUpMode, SignUpPolicy
from sora_studio.domain.text import whole_number
from sora_studio.ui import toasts
from sora_studio.ui.errors import explain
from sora_studio.ui.form_data import text
from sora_studio.ui.handlers import Next
from sora_studio.ui.session import TabState, signed_in, still_signed_in

_STORAGE = (SettingName.STORAGE_GB_PER_PERSON, SettingName.STORAGE_GB_PER_PROJECT)


class SettingsState(rx.State):
    """One form for all of them."""

    ready: rx.Field[bool] = rx.field(default=False)
    problem: rx.Field[str] = rx.field("")
    mode: rx.Field[str] = rx.field("")
    domain: rx.Field[str] = rx.field("")
    idle_days: rx.Field[str] = rx.field("")
    days: rx.Field[str] = rx.field("")
    require_two_factor: rx.Field[bool] = rx.field(default=False)
    person_gb: rx.Field[str] = rx.field("")
    project_gb: rx.Field[str] = rx.field("")
    pinned: rx.Field[list[str]] = rx.field(default_factory=list)  # what the environment sets
    busy: rx.Field[bool] = rx.field(default=False)
    refusal: rx.Field[str] = rx.field("")

    @rx.event(background=True)
    async def load(self) -> None:
        """Read what counts."""
        async with self:
            identity = await signed_in(self)
        try:
            found, problem = await services().settings.all(identity), ""
        except SoraStudioError as error:
            found, problem = (), explain(error)
        async with still_signed_in(self, identity.user_id):
            _show(self, found)
            self.ready, self.problem = True, problem

    @rx.event(background=True)
    async def save(self, data: dict[str, Any]) -> Next:
        """Change what the environment leaves to be changed."""
        async with self:
            identity = await signed_in(self)
            if self.busy:
                return None
            self.busy, self.refusal = True, ""
            pinned = {*self.pinned}
        wanted = {name: value for name, value in _wanted(data).items() if name not in pinned}
        try:
            found, refusal = await services().settings.change(identity, wanted), ""
        except SoraStudioError as error:
            found, refusal = (), explain(error)
        finally:
            async with self:
                self.busy = False
        async with still_signed_in(self, identity.user_id):
            _show(self, found)
            self.refusal = refusal
            if not refusal:
                await toasts.tell(self, "Saved.")
        return TabState.stay  # who has just required a second factor of everybody may need one


def _wanted(data: dict[str, Any]) -> dict[SettingName, object]:
    mode, domain = text(data, "mode"), text(data, "domain").strip()
    return {
        SettingName.SIGN_UP: f"{mode}:{domain}" if mode == SignUpMode.DOMAIN else mode,
        SettingName.SESSION_IDLE_DAYS: whole_number(text(data, "idle_days"), most=10**6),
        SettingName.SESSION_DAYS: whole_number(text(data, "days"), most=10**6),
        SettingName.REQUIRE_TWO_FACTOR: bool(data.get("require_two_factor")),
        **{name: _gigabytes(text(data, name)) for name in _STORAGE},
    }


def _gigabytes(written: str) -> int:
    """Read a number of gigabytes; what is none will not do, and is refused with the others."""
    return 0 if written.strip() == "0" else whole_number(written.strip(), most=10**8) or -1


def _show(state: SettingsState, found: Sequence[SettingView]) -> None:
    values = {view.name: view.value for view in found}
    if not values:
        return
    policy = SignUpPolicy.parse(str(values[SettingName.SIGN_UP]))
    state.mode, state.domain = policy.mode, policy.domain
    state.idle_days = str(values[SettingName.SESSION_IDLE_DAYS])
    state.days = str(values[SettingName.SESSION_DAYS])
    state.require_two_factor = bool(values[SettingName.REQUIRE_TWO_FACTOR])
    state.person_gb, state.project_gb = (str(values[name]) for name in _STORAGE)
    state.pinned = [view.name for view in found if view.pinned]
