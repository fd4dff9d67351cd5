"""The person's sessions: where they are logged in, and the way to end that."""

import reflex as rx

from sora_studio.ui.pages.profile.sessions_state import Listed, SessionsState
from sora_studio.ui.theme import SMALL_ICON, icon


def sessions() -> rx.Component:
    """Draw a line for each, the last used first, and a button for all but this one."""
    return rx.fragment(
        rx.el.ul(rx.foreach(SessionsState.sessions, _line), class_name="sessions"),
        rx.cond(
            SessionsState.sessions.length() > 1,
            rx.el.button(
                "End all others",
                type="button",
                on_click=SessionsState.end_others,
                disabled=SessionsState.ending != "",
                class_name="button danger",
            ),
        ),
    )


def _line(session: rx.vars.ObjectVar[Listed]) -> rx.Component:
    return rx.el.li(
        icon("monitor-smartphone", SMALL_ICON),
        rx.el.div(
            rx.el.bdi(session.device),
            rx.el.p(
                rx.el.bdi(session.address),
                " · ",
                rx.el.time(key=session.seen_at, date_time=session.seen_at, data_ago="", class_name="num"),
                class_name="muted",
            ),
        ),
        rx.cond(
            session.current,
            rx.el.span("This browser", class_name="muted"),
            rx.el.button(
                "End",
                type="button",
                on_click=SessionsState.end(session.id),
                disabled=SessionsState.ending != "",
                aria_label="End the session of " + session.device.to(str) + " at " + session.address.to(str),
                class_name="button small",
            ),
        ),
        key=session.id,
    )
