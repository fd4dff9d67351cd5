"""The frame around every page."""

from typing import Any

import reflex as rx

from sora_studio.ui import routes
from sora_studio.ui.batches import BatchState
from sora_studio.ui.components.feedback import toast
from sora_studio.ui.components.keys import key_sheet
from sora_studio.ui.components.menu import tile_menu
from sora_studio.ui.current_user import PersonState
from sora_studio.ui.news import NewsState
from sora_studio.ui.notices import NoticeLine, NoticesState
from sora_studio.ui.theme import SMALL_ICON, icon, plain_link


def frame(
    *children: rx.Component,
    name: str,
    ready: rx.Var[bool],
    skip: tuple[str, str] = ("main", "Skip to content"),
) -> rx.Component:
    """Draw a page of somebody who is signed in.

    Args:
        children: The page itself.
        name: `create`, `library`, `projects`, `video`, `usage`, `profile`, or one of the group *Studio*;
            marks its place in the rail, too.
        ready: Whether the page shows what it has to; tests wait for it.
        skip: The id of the main thing, and the words of the link that leads there.
    """
    return rx.fragment(
        plain_link(skip[1], href=f"#{skip[0]}", class_name="skip"),
        rx.el.div(
            _rail(name),
            rx.el.main(
                no_script(),
                _slow(),
                _other_account(),
                blocked(),
                *children,
                custom_attrs={"id": "main"},
                class_name=f"page {name}",
                tab_index=-1,
                data_ready=rx.cond(ready, "true", "false"),
                data_account=PersonState.account,
            ),
            class_name="app",
        ),
        tile_menu(),
        _acts(),
        key_sheet(),
        _aloud(),
        _notices(),
        toast(),
    )


def _acts() -> rx.Component:
    """Carry what studio.js wants done to tiles to the server."""
    return rx.el.button(
        hidden=True,
        type="button",
        on_click=BatchState.act(rx.Var("JSON.parse(document.getElementById('act').dataset.act)").to(dict)),
        custom_attrs={"id": "act"},
    )


def _notices() -> rx.Component:
    """Say what a person has to know on every page, until it is put away."""
    return rx.el.div(
        rx.foreach(NoticesState.notices, _notice),
        role="region",
        aria_label="Notices",
        aria_live="polite",
        class_name="notices",
    )


def _notice(notice: rx.vars.ObjectVar[NoticeLine]) -> rx.Component:
    return rx.el.div(
        icon("bell"),
        rx.el.p(
            rx.el.span(notice.text, dir="auto"),
            " ",
            rx.el.time(key=notice.at, date_time=notice.at, data_ago="", class_name="muted num"),
            rx.cond(notice.project, rx.fragment(" ", rx.el.a("Open the project", href=notice.project))),
        ),
        rx.el.button(
            icon("x", SMALL_ICON),
            type="button",
            on_click=rx.cond(
                notice.project, NoticesState.put_away(notice.id), NoticesState.dismiss(notice.id)
            ),
            aria_label="Dismiss the notice",
            class_name="button small bare",
        ),
        key=f"{notice.id} {notice.text}",
        class_name="budget-notice",
    )


def _aloud() -> rx.Component:
    """Tell the end of each job to those who do not see it."""
    spoken = NewsState.spoken
    return rx.el.div(
        rx.el.p(spoken.text, key=spoken.number.to_string(), dir="auto"),
        role="status",
        aria_live="polite",
        class_name="sr",
    )


def _slow() -> rx.Component:
    """Say that the page does not come; studio.js shows it when that is so."""
    return rx.el.p(
        icon("hourglass"),
        rx.el.span("The studio has not answered yet. This page keeps trying."),
        class_name="banner",  # over the page: in its flow, it would move what people are looking at
        hidden=True,
        data_slow="",
    )


def _other_account() -> rx.Component:
    """Say that somebody else has logged in in this browser; studio.js shows it and lets nothing be done."""
    return rx.el.div(
        icon("users"),
        rx.el.span(
            "You are logged in with another account in this browser by now. What you typed here is kept for "
            "this account."
        ),
        plain_link("Continue with the other account", href=routes.HOME, class_name="button small"),
        class_name="notice",
        role="alert",
        hidden=True,
        data_other_account="",
    )


def blocked() -> rx.Component:
    """Say that the browser keeps nothing; studio.js shows it when that is so."""
    return rx.el.p(
        icon("cookie"),
        rx.el.span(
            "This browser blocks cookies or site data here. The studio needs them to keep you logged in: "
            "allow them for this address, then reload the page."
        ),
        class_name="notice",
        role="alert",
        hidden=True,
        data_blocked="",
    )


def no_script() -> rx.Component:
    """Say that nothing works without JavaScript; only a browser without it draws this."""
    return rx.el.noscript(
        rx.el.p(
            "Sora Studio needs JavaScript. Turn it on for this address, then reload the page.",
            class_name="notice",
        ),
    )


def bare(*children: rx.Component) -> rx.Component:
    """Draw a page of somebody who may not be signed in: no rail, one column."""
    return rx.el.main(
        rx.el.div(mark(), rx.el.span("Sora Studio"), class_name="brand"),
        no_script(),
        blocked(),
        *children,
        class_name="bare-page",
        data_ready=rx.cond(rx.State.is_hydrated, "true", "false"),
    )


def mark() -> rx.Component:
    """Draw the studio's mark: a lamp and its beam."""
    return rx.el.svg(
        rx.el.path(d="M3 16a13 13 0 0 1 26 0 13 13 0 0 1-26 0Z", class_name="disc"),
        rx.el.path(d="M13 16 29 8.5v15Z", class_name="beam"),
        rx.el.circle(cx="12", cy="16", r="4.25", class_name="lamp"),
        view_box="0 0 32 32",
        aria_hidden="true",
        class_name="mark",
    )


def _rail(name: str) -> rx.Component:
    return rx.el.nav(
        rx.el.a(mark(), href=routes.HOME, class_name="home", aria_label="Sora Studio"),
        _place("sparkles", "Create", routes.HOME, current=name == "create", data_create=""),
        _place(
            "layout-grid",
            "Library",
            routes.LIBRARY,
            rx.cond(
                NewsState.deciding > 0,
                rx.el.i(rx.el.span(", a video waits for your decision", class_name="sr"), class_name="dot"),
            ),
            current=name == "library",
        ),
        _place("folders", "Projects", routes.PROJECTS, current=name == "projects"),
        rx.el.span(class_name="gap"),
        rx.cond(PersonState.is_admin, _studio(name)),
        _place("chart-column", "Usage", routes.USAGE, current=name == "usage"),
        rx.el.a(
            rx.cond(
                PersonState.initial,
                rx.el.span(PersonState.initial, class_name="badge", aria_hidden="true"),
                rx.el.span(class_name="badge", aria_hidden="true"),
            ),
            rx.el.span("Profile"),
            href=routes.PROFILE,
            class_name="place",
            title="Profile",
            custom_attrs=_current(name == "profile"),
        ),
        class_name="rail",
        aria_label="Main",
    )


_STUDIO = (
    ("studio-people", "users", "People", routes.PEOPLE),
    ("studio-budgets", "wallet", "Budgets", routes.BUDGETS),
    ("studio-limits", "gauge", "Limits", routes.LIMITS),
    ("studio-settings", "settings-2", "Settings", routes.SETTINGS),
    ("studio-audit", "scroll-text", "Audit", routes.AUDIT),
    ("providers", "server", "Providers", routes.PROVIDERS),
)
"""The places of those who run the studio."""


def _studio(name: str) -> rx.Component:
    """Draw the group *Studio*: each place, or one for all of them where there is no room."""
    return rx.el.div(
        rx.el.span("Studio", class_name="group", custom_attrs={"id": "studio-group"}),
        *(_place(symbol, text, to, current=name == each) for each, symbol, text, to in _STUDIO),
        class_name="studio-group",
        role="group",
        custom_attrs={"aria-labelledby": "studio-group"},
    )


def studio_places(name: str) -> rx.Component:
    """Draw the way from one page of the group to the others, for windows whose rail shows the first alone."""
    return rx.el.nav(
        *(
            rx.el.a(text, href=to, class_name="chip", custom_attrs=_current(name == each))
            for each, _, text, to in _STUDIO
        ),
        class_name="studio-places",
        aria_label="Studio",
    )


def _place(
    symbol: str,
    text: str,
    to: str,
    *more: rx.Component,
    current: bool,
    **props: Any,  # noqa: ANN401 -- props have any type
) -> rx.Component:
    return rx.el.a(
        icon(symbol),
        rx.el.span(text),
        *more,
        href=to,
        class_name="place",
        title=text,
        custom_attrs=_current(current),
        **props,
    )


def _current(yes: bool) -> dict[str, Any]:  # noqa: FBT001 - it is all it says
    return {"aria-current": "page"} if yes else {}
