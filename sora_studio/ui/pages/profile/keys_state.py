"""The person's API keys: what there is, and the ways to make, replace and revoke one."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.account import Identity, Scope
from sora_studio.domain.api_key import (
    LIFETIME_DAYS,
    OVERLAP_HOURS,
    ApiKeyView,
    FreshKey,
    KeyWish,
    clean_scopes,
    confirmation_limit,
    lifetime_of,
    overlap_of,
)
from sora_studio.domain.errors import SoraStudioError
from sora_studio.domain.ids import parse_key_id, public_key_id
from sora_studio.domain.money import as_amount
from sora_studio.ui import toasts
from sora_studio.ui.errors import explain
from sora_studio.ui.form_data import text
from sora_studio.ui.session import signed_in, still_signed_in

SCOPES = (
    (Scope.VIDEOS_READ, "see videos and files", True),
    (Scope.VIDEOS_WRITE, "make and change videos (this costs)", True),
    (Scope.VIDEOS_DELETE, "delete videos", False),
    (Scope.USAGE_READ, "read what was spent", False),
    (Scope.WEBHOOKS_WRITE, "manage webhooks", False),
)
"""What the form offers, in words, and whether it is chosen at first."""

EXPIRY: Mapping[str, str] = {
    str(LIFETIME_DAYS): f"in {LIFETIME_DAYS} days",
    "30": "in 30 days",
    "365": "in a year",
    "": "never",
}
_T = TypeVar("_T")
_SOON = timedelta(days=7)
_WORDS = {scope: words for scope, words, _ in SCOPES}


@dataclass(frozen=True)
class Listed:
    """One key as the profile shows it."""

    id: str  # public
    name: str
    last4: str
    scopes: str
    ends: str
    asks: str  # empty: never
    used_at: str  # ISO 8601; empty: never
    used_from: str


class KeysState(rx.State):
    """The keys, the newest first, and for a moment the one that was just made."""

    keys: rx.Field[list[Listed]] = rx.field(default_factory=list)
    fresh: rx.Field[str] = rx.field("")  # the key itself, until it is put away or the page is left
    fresh_name: rx.Field[str] = rx.field("")
    refusal: rx.Field[str] = rx.field("")
    busy: rx.Field[bool] = rx.field(default=False)
    made: rx.Field[int] = rx.field(0)  # counts keys, so that the form is drawn shut and empty again
    _revoked: rx.Field[list[str]] = rx.field(default_factory=list)

    @rx.event(background=True)
    async def load(self) -> None:
        """Read what there is; a key that was shown before is not shown again."""
        async with self:
            identity = await signed_in(self)
        found = await services().keys.all_of(identity)
        async with still_signed_in(self, identity.user_id):
            self.keys, self.fresh, self.fresh_name = _listed(found), "", ""

    @rx.event
    def put_away(self) -> None:
        """Forget the key that was just made."""
        self.fresh, self.fresh_name = "", ""

    @rx.event(background=True)
    async def create(self, data: dict[str, Any]) -> None:
        """Make a key, and show it."""
        async with self:
            identity = await signed_in(self)
            if self.busy:
                return  # a second click: the first is on its way
            self.busy, self.refusal = True, ""
        try:
            fresh = await services().keys.create(identity, _wish(data))
        except SoraStudioError as problem:
            async with still_signed_in(self, identity.user_id):
                self.refusal = explain(problem)
            return
        finally:
            async with self:
                self.busy = False
        await _show(self, identity, fresh)

    @rx.event(background=True)
    async def rotate(self, key_id: str) -> None:
        """Make another key in the place of one, and show it; the one before works for a day more."""

        async def rotate(identity: Identity) -> FreshKey:
            overlap = overlap_of(OVERLAP_HOURS)
            return await services().keys.rotate(identity, parse_key_id(str(key_id)), overlap)

        async with self:
            identity = await signed_in(self)
            if self.busy or self.fresh:
                return  # a second click would make a third key, and end the first
            self.busy = True
        if fresh := await _done(self, identity, rotate):
            await _show(self, identity, fresh)

    @rx.event(background=True)
    async def revoke(self, key_id: str) -> None:
        """Have a key open nothing from now on. A second click changes nothing."""

        async def revoke(identity: Identity) -> str:
            await services().keys.revoke(identity, parse_key_id(str(key_id)))
            return str(key_id)

        async with self:
            identity = await signed_in(self)
            if self.busy or key_id in self._revoked:
                return
            self.busy = True
        if done := await _done(self, identity, revoke):
            found = await services().keys.all_of(identity)
            async with still_signed_in(self, identity.user_id):
                self.keys, self._revoked = _listed(found), [*self._revoked, done]
                await toasts.tell(self, "The key was revoked. It opens nothing from now on.")


async def _done(state: KeysState, identity: Identity, act: Callable[[Identity], Awaitable[_T]]) -> _T | None:
    """Do something with a key; None: it was refused, and the person knows why."""
    try:
        return await act(identity)
    except SoraStudioError as problem:
        async with still_signed_in(state, identity.user_id):
            await toasts.tell(state, explain(problem), tone=toasts.ERROR)
        return None
    finally:
        async with state:
            state.busy = False


async def _show(state: KeysState, identity: Identity, fresh: FreshKey) -> None:
    found = await services().keys.all_of(identity)
    async with still_signed_in(state, identity.user_id):
        state.keys, state.made = _listed(found), state.made + 1
        state.fresh, state.fresh_name = fresh.key, fresh.view.name


def _wish(data: Mapping[str, Any]) -> KeyWish:
    """Read the form.

    Raises:
        InvalidInput: Nothing is chosen that the key may do, or the amount is none.
    """
    days = text(data, "expires")
    return KeyWish(
        name=text(data, "key_name"),
        scopes=clean_scopes(scope for scope, _, _ in SCOPES if data.get(scope)),
        confirm_above_micros=confirmation_limit(
            text(data, "confirm_above").strip().removeprefix("$") or None
        ),
        lifetime=lifetime_of(int(days) if days in EXPIRY and days else None if days == "" else LIFETIME_DAYS),
    )


def _listed(found: Iterable[ApiKeyView]) -> list[Listed]:
    now = datetime.now(UTC)
    return [
        Listed(
            id=public_key_id(each.id),
            name=each.name,
            last4=each.last4,
            scopes=f"May {' · '.join(_WORDS.get(scope, scope) for scope in each.scopes)}",
            ends=_ends(each.expires_at, now),
            asks=_asks(each.confirm_above_micros),
            used_at=each.last_used_at.isoformat(timespec="seconds") if each.last_used_at else "",
            used_from=each.last_used_address,
        )
        for each in found
    ]


def _asks(limit: int | None) -> str:
    return "" if limit is None else f"Asks before a video that costs more than {as_amount(limit)}"


def _ends(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "Never expires"
    day = f"{at.day} {at:%B %Y}"
    if at <= now:
        return f"Expired on {day}"
    return f"Expires soon, on {day}" if at - now < _SOON else f"Expires on {day}"
