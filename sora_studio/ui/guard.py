"""The guard of events: whatever a tab sends passes here first, and nothing passes by default."""

# ruff: noqa: SLF001 -- middleware reads and cleans the state tree as Reflex's own does
# pyright: reportPrivateUsage=false

from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import quote, urlencode

import reflex as rx
from reflex.event import Event, EventHandler
from reflex.state import (
    BaseState,
    FrontendEventExceptionState,
    OnLoadInternalState,
    State,
    StateUpdate,
    UpdateVarsInternalState,
)
from reflex_base.event.context import EventContext
from reflex_base.utils.format import format_event_handler

from sora_studio.container import services
from sora_studio.domain.account import Identity, Origin
from sora_studio.domain.errors import LimitReached, NotSignedIn
from sora_studio.services.people.tokens import token_in_cookies
from sora_studio.services.throttle import Throttle
from sora_studio.ui import errors, event_validation, live, routes, sockets
from sora_studio.ui.current_user import PersonState
from sora_studio.ui.session import SESSION_ENDED, set_identity
from sora_studio.ui.toasts import ToastState
from sora_studio.ui.two_factor import TwoFactorState

_FRAMEWORK = frozenset(
    format_event_handler(handler)
    for state in (State, OnLoadInternalState, UpdateVarsInternalState, FrontendEventExceptionState)
    for handler in state.event_handlers.values()
    if handler.state_full_name == state.get_full_name()
)
"""What Reflex's own front end sends, also from the log-in page; it runs no handler of ours."""

_FAILED = format_event_handler(FrontendEventExceptionState.event_handlers["handle_frontend_exception"])
"""What a page sends that failed in a browser; the guard writes it down in the place of Reflex's handler.

That one can hold up everybody: it searches the text, which anybody can send, by patterns whose time grows
with the square and the cube of the length.
"""

_TOASTS = frozenset(map(format_event_handler, ToastState.event_handlers.values()))
"""Errors are told by them, those of the guard, too: they would be answered by themselves for ever."""


_FOR_STRANGERS = frozenset({routes.LOG_IN, routes.LOG_IN_CODE, routes.SIGN_UP, routes.SET_UP, routes.RESET})


_TO_SIGN_IN = frozenset(
    format_event_handler(handler)
    for state in (TwoFactorState, PersonState)
    for handler in state.event_handlers.values()
    if handler.state_full_name == state.get_full_name()
)
"""What somebody may do who has to set up a second factor first."""


class Guard(rx.Middleware):
    """Asks at every event who is at the tab; those who are not signed in are sent to the log-in page.

    The answer is the database's each time: a session that has ended opens nothing, although the
    socket still carries its cookie. While the database is away, nothing passes but what is public.
    """

    def __init__(self, public: Iterable[EventHandler] = ()) -> None:
        """Name the handlers that anybody may call; they show and change nothing that belongs to anybody."""
        self._public = _TOASTS | {format_event_handler(handler) for handler in public}
        self._throttle = Throttle()

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        """Let an event pass (None), or answer it with the way to the log-in page.

        Raises:
            Unavailable: The database cannot say who is at the tab.
        """
        if event.name in self._public:
            return self._let_in(event)
        token, root = EventContext.get().token, state._get_root_state()
        cookies = _cookies(app, root, token)
        identity = await _identify(cookies, sockets.origin(app, token))
        has_left = await set_identity(root, identity)
        if identity is not None:
            live.keep(identity.user_id, token)
            if identity.must_enrol and event.name not in _TO_SIGN_IN | _FRAMEWORK:
                return _to_two_factor(root)
            return self._let_in(event)
        live.forget(token)
        if has_left:
            sockets.close_soon(app, token)
        if event.name in _FRAMEWORK:
            return self._let_in(event)
        return await _to_log_in(root, had_session=token_in_cookies(cookies) is not None)

    def _let_in(self, event: Event) -> StateUpdate | None:
        """Let an event pass unless it is nonsense, which no page of ours sends: that has no effect."""
        if not event_validation.fits(event):
            return StateUpdate()
        if event.name == _FAILED:
            self._note(event.payload["info"])
            return StateUpdate()
        return None

    def _note(self, text: str) -> None:
        with suppress(LimitReached):  # the first ones tell enough, and anybody can send them
            self._throttle.hit("note")
            errors.note(Exception(text))


async def _identify(cookies: str, origin: Origin) -> Identity | None:
    token = token_in_cookies(cookies)
    if token is None:
        return None
    try:
        return await services().accounts.identify(token, origin)
    except NotSignedIn:
        return None


def _cookies(app: rx.App, root: BaseState, token: str) -> str:
    """Return the Cookie header that speaks for a tab; what it asked for before it closed is still done."""
    connected = sockets.cookies(app, token)
    return root.router_data.get("headers", {}).get("cookie", "") if connected is None else connected


def _to_two_factor(root: BaseState) -> StateUpdate:
    """Show the way to the page on which a second factor is set up; nothing else is done or shown before."""
    if _path_of(root) == routes.TWO_FACTOR:
        return StateUpdate()
    return StateUpdate(events=Event.from_event_type(rx.redirect(routes.TWO_FACTOR)))


async def _to_log_in(root: BaseState, *, had_session: bool) -> StateUpdate:
    """Clear the screen and show the way to the log-in page, which knows where to return to, and why."""
    delta = await root._get_resolved_delta()
    root._clean()
    here = str(root.router_data.get("asPath", routes.HOME))  # a client's word
    if _path_of(root) in _FOR_STRANGERS:
        return StateUpdate(delta=delta)
    if here == routes.HOME and not had_session and await services().accounts.is_empty():
        return StateUpdate(delta=delta, events=Event.from_event_type(rx.redirect(routes.SET_UP)))
    asked = {"error": SESSION_ENDED if had_session else "", "next": "" if here == routes.HOME else here}
    query = urlencode({name: value for name, value in asked.items() if value}, quote_via=quote, safe="/")
    address = f"{routes.LOG_IN}?{query}" if query else routes.LOG_IN
    return StateUpdate(delta=delta, events=Event.from_event_type(rx.redirect(address)))


def _path_of(root: BaseState) -> str:
    """Return the path of the page that a tab is at, as the client says."""
    here = str(root.router_data.get("asPath", routes.HOME))
    return here.split("?", 1)[0].split("#", 1)[0].rstrip("/")
