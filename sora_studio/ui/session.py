"""Who is at this tab."""

# ruff: noqa: SLF001 -- vars with an underscore are those that Reflex sends to no browser
# pyright: reportPrivateUsage=false

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

import reflex as rx
from reflex.state import BaseState

from sora_studio.domain.account import NOWHERE, Identity, Origin, Role
from sora_studio.domain.errors import NotSignedIn

SESSION_ENDED = "session_ended"
"""What the log-in page is told when somebody comes to it whose session is over."""


class TabState(rx.State):
    """Whose data this tab holds."""

    _user_id: UUID | None = None
    _session_id: UUID | None = None
    _origin: Origin = NOWHERE
    _role: Role = Role.MEMBER

    @rx.event
    def stay(self) -> None:
        """Do nothing; the guard, which every event passes, decides whether this tab may stay."""


async def signed_in(state: BaseState) -> Identity:
    """Return who is at the tab of a State; in a background handler, ask inside `async with self`.

    Raises:
        NotSignedIn: Nobody is, or the session has ended.
    """
    tab = await state.get_state(TabState)
    if tab._user_id is None or tab._session_id is None:
        message = "Please log in."
        raise NotSignedIn(message)
    return Identity(tab._user_id, tab._session_id, tab._origin, tab._role)


async def signed_in_user(state: BaseState) -> UUID:
    """Return the id of the person at the tab of a State: the owner that every service asks for.

    Raises:
        NotSignedIn: Nobody is, or the session has ended.
    """
    return (await signed_in(state)).user_id


class SessionEnded(Exception):
    """The person for whom a handler worked has left the tab: nobody else is to see what it found."""


@asynccontextmanager
async def still_signed_in(state: rx.State, owner_id: UUID) -> AsyncGenerator[None]:
    """Enter a State to write what was done for a person, who has to be at its tab still.

    Background handlers take this for every `async with self` that follows a wait: the session may have ended
    meanwhile.

    Raises:
        SessionEnded: That session has ended.
    """
    async with state:
        if (await state.get_state(TabState))._user_id != owner_id:
            raise SessionEnded
        yield


async def set_identity(root: BaseState, identity: Identity | None) -> bool:
    """Note who is at a tab; when the session has ended, forget everything that the tab has seen.

    For the guard alone: it has verified the identity.

    Returns:
        Whether somebody was at the tab whose session has ended.
    """
    tab = await root.get_state(TabState)
    before = (tab._user_id, tab._session_id, tab._role)
    now = (identity.user_id, identity.session_id, identity.role) if identity else (None, None, Role.MEMBER)
    if before[0] not in {None, now[0]}:
        root.reset()
    if before != now:
        tab._user_id, tab._session_id, tab._role = now
        tab._origin = identity.origin if identity else NOWHERE
    return identity is None and before[0] is not None
