"""The person's sessions: what there is, and the way to end one."""

from collections.abc import Iterable
from dataclasses import dataclass

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.account import SessionView
from sora_studio.domain.device import device_name
from sora_studio.domain.errors import SoraStudioError
from sora_studio.domain.ids import parse_session_id, public_session_id
from sora_studio.ui import toasts
from sora_studio.ui.errors import explain
from sora_studio.ui.session import signed_in, still_signed_in

_OTHERS = "others"


@dataclass(frozen=True)
class Listed:
    """One session as the profile shows it."""

    id: str  # public
    device: str
    address: str
    seen_at: str  # ISO 8601
    current: bool


class SessionsState(rx.State):
    """The open sessions, the last used first."""

    sessions: rx.Field[list[Listed]] = rx.field(default_factory=list)
    ending: rx.Field[str] = rx.field("")  # the one whose end is on its way, or "others"
    _ended: rx.Field[list[str]] = rx.field(default_factory=list)

    @rx.event(background=True)
    async def load(self) -> None:
        """Read what there is."""
        async with self:
            identity = await signed_in(self)
        found = await services().sessions.all_open(identity)
        async with still_signed_in(self, identity.user_id):
            self.sessions = _listed(found)

    @rx.event(background=True)
    async def end(self, session_id: str) -> None:
        """End a session; its pages are shut at once. A second click changes nothing."""
        async with self:
            identity = await signed_in(self)
            if session_id in self._ended or session_id == self.ending:
                return
            self.ending = str(session_id)
        said, tone = "The session was ended.", toasts.INFO
        try:
            await services().sessions.end(identity, parse_session_id(session_id))
        except SoraStudioError as problem:
            said, tone = explain(problem), toasts.ERROR
        finally:
            async with self:
                self.ending = ""
        found = await services().sessions.all_open(identity)
        async with still_signed_in(self, identity.user_id):
            self.sessions = _listed(found)
            if tone == toasts.INFO:
                self._ended = [*self._ended, str(session_id)]
            await toasts.tell(self, said, tone=tone)

    @rx.event(background=True)
    async def end_others(self) -> None:
        """End every session but the one of this browser."""
        async with self:
            identity = await signed_in(self)
            self.ending = _OTHERS
        try:
            await services().sessions.end_others(identity)
        finally:
            async with self:
                self.ending = ""
        found = await services().sessions.all_open(identity)
        async with still_signed_in(self, identity.user_id):
            self.sessions = _listed(found)
            await toasts.tell(self, "All other sessions were ended.")


def _listed(found: Iterable[SessionView]) -> list[Listed]:
    return [
        Listed(
            id=public_session_id(each.id),
            device=device_name(each.user_agent),
            address=each.address,
            seen_at=each.last_seen_at.isoformat(timespec="seconds"),
            current=each.current,
        )
        for each in found
    ]
