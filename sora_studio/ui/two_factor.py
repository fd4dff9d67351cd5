"""The person's second factor: what there is, and the ways to set it up, renew its codes and turn it off."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.account import Identity
from sora_studio.domain.errors import PasswordRequired, SoraStudioError
from sora_studio.domain.two_factor import NewSecret
from sora_studio.ui import toasts
from sora_studio.ui.errors import explain
from sora_studio.ui.form_data import text
from sora_studio.ui.qr import QrCode, qr_code
from sora_studio.ui.session import signed_in, still_signed_in


class TwoFactorState(rx.State):
    """One act at a time; a secret and recovery codes stay for as long as they are being copied."""

    ready: rx.Field[bool] = rx.field(default=False)
    enabled_at: rx.Field[str] = rx.field("")  # ISO 8601; empty: there is none
    codes_left: rx.Field[int] = rx.field(0)
    required: rx.Field[bool] = rx.field(default=False)
    secret: rx.Field[str] = rx.field("")  # until its first code was given, or the page is left
    picture: rx.Field[QrCode] = rx.field(default_factory=QrCode)
    codes: rx.Field[list[str]] = rx.field(default_factory=list)  # new recovery codes, until they are put away
    asking: rx.Field[bool] = rx.field(default=False)  # for the password, before what waits is done
    busy: rx.Field[bool] = rx.field(default=False)
    refusal: rx.Field[str] = rx.field("")
    _pending: str = ""  # the act that waits

    @rx.event(background=True)
    async def load(self) -> None:
        """Read what there is; what was shown once is not shown again."""
        async with self:
            identity = await signed_in(self)
        await _show(self, identity)

    @rx.event(background=True)
    async def act(self, what: str) -> None:
        """Begin, renew the codes or turn it off; each asks for the password first, once in ten minutes."""
        async with self:
            identity = await signed_in(self)
            if self.busy or what not in _ACTS:
                return
            self.busy, self.refusal, self._pending = True, "", str(what)
        await _do(self, identity, str(what))

    @rx.event(background=True)
    async def prove(self, data: dict[str, Any]) -> None:
        """Take the password, and do what has waited for it."""
        async with self:
            identity = await signed_in(self)
            what = self._pending
            if self.busy or not self.asking:
                return
            self.busy, self.refusal = True, ""
        try:
            await services().accounts.confirm_password(identity, text(data, "proof"))
        except SoraStudioError as problem:
            async with still_signed_in(self, identity.user_id):
                self.busy, self.refusal = False, explain(problem)
            return
        await _do(self, identity, what)

    @rx.event(background=True)
    async def enable(self, data: dict[str, Any]) -> None:
        """Turn it on with the first code, and show the recovery codes."""
        async with self:
            identity = await signed_in(self)
            if self.busy:
                return  # a second click: the first is on its way
            self.busy, self.refusal = True, ""
        try:
            codes = await services().two_factor.enable(identity, text(data, "code"))
        except SoraStudioError as problem:
            async with still_signed_in(self, identity.user_id):
                self.refusal = explain(problem)
            return
        finally:
            async with self:
                self.busy = False
        await _show(self, identity, codes)

    @rx.event
    def put_away(self) -> None:
        """Take from the screen what is shown once, and the question for the password."""
        self.secret, self.picture, self.codes = "", QrCode(), []
        self.asking, self.refusal = False, ""


async def _show(state: TwoFactorState, identity: Identity, codes: tuple[str, ...] = ()) -> None:
    found = await services().two_factor.read(identity)
    async with still_signed_in(state, identity.user_id):
        state.put_away()
        state.enabled_at = found.enabled_at.isoformat(timespec="seconds") if found.enabled_at else ""
        state.codes_left, state.required = found.recovery_codes_left, found.required
        state.codes, state.ready = [*codes], True


async def _do(state: TwoFactorState, identity: Identity, what: str) -> None:
    """Do what was asked for, or ask for the password."""
    made: NewSecret | tuple[str, ...] | None = None
    asking, refusal = False, ""
    try:
        made = await _ACTS[what](identity)
    except PasswordRequired:
        asking = True
    except SoraStudioError as problem:
        refusal = explain(problem)
    finally:
        async with state:
            state.busy = False
    if asking or refusal:
        async with still_signed_in(state, identity.user_id):
            state.asking, state.refusal = asking, refusal
        return
    await _show(state, identity, made if isinstance(made, tuple) else ())
    async with still_signed_in(state, identity.user_id):
        if isinstance(made, NewSecret):
            state.secret = made.secret
            state.picture = qr_code(made.uri)
        if made is None:
            await toasts.tell(state, "Two-factor authentication is off.")


async def _begin(who: Identity) -> NewSecret:
    return await services().two_factor.begin(who)


async def _renew(who: Identity) -> tuple[str, ...]:
    return await services().two_factor.renew_codes(who)


async def _disable(who: Identity) -> None:
    await services().two_factor.disable(who)


_ACTS: Mapping[str, Callable[[Identity], Awaitable[NewSecret | tuple[str, ...] | None]]] = {
    "begin": _begin,
    "renew": _renew,
    "disable": _disable,
}
