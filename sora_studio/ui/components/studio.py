"""What the pages for admins share: their head, the way from one to the other, and links shown once."""

from typing import Any

import reflex as rx
from reflex.event import EventType

from sora_studio.ui import layout
from sora_studio.ui.components.feedback import problem
from sora_studio.ui.qr import FreshLink
from sora_studio.ui.theme import SMALL_ICON, icon


def studio_page(
    title: str, *children: rx.Component, name: str, ready: rx.Var[bool], trouble: rx.Var[str]
) -> rx.Component:
    """Draw a page of the group *Studio*.

    Args:
        title: Its heading.
        children: What follows.
        name: As in the rail.
        ready: Whether the page shows what it has to.
        trouble: Why it shows nothing; then nothing else is drawn.
    """
    return layout.frame(
        rx.el.header(rx.el.h1(title), layout.studio_places(name), class_name="head"),
        problem(trouble),
        rx.cond(trouble == "", rx.el.div(*children, class_name="studio-page")),
        name=name,
        ready=ready,
    )


def search_form(label: str, placeholder: str, search: EventType[dict[str, Any]]) -> rx.Component:
    """Draw the box that searches a list by its field `q`."""
    return rx.el.form(
        rx.el.input(
            name="q",
            type="search",
            class_name="input",
            placeholder=placeholder,
            auto_complete="off",
            aria_label=label,
        ),
        rx.el.button(icon("search", SMALL_ICON), type="submit", aria_label="Search", class_name="button"),
        on_submit=search,
        method="post",
        class_name="search-people",
        role="search",
    )


def growing_list(
    lines: rx.Component, *, is_empty: rx.Var[bool], nothing: str, has_more: rx.Var[bool], more: EventType[()]
) -> rx.Component:
    """Draw a list that is read on by a button.

    Args:
        lines: Its items.
        is_empty: Whether there are none.
        nothing: What is said then.
        has_more: Whether the list goes on.
        more: Reads on.
    """
    return rx.fragment(
        rx.el.ul(lines, class_name="accounts"),
        rx.cond(is_empty, rx.el.p(nothing, class_name="muted")),
        rx.cond(has_more, rx.el.button("Show more", type="button", on_click=more, class_name="button")),
    )


def link_once(link: rx.vars.ObjectVar[FreshLink], done: EventType[()]) -> rx.Component:
    """Show a link that is known this once, to be copied, or to be read from the screen by a phone."""
    return rx.cond(
        link.url,
        rx.el.div(
            rx.el.p(rx.el.bdi(link.about)),
            rx.el.code(link.url, custom_attrs={"id": "link", "translate": "no"}),
            rx.el.svg(
                rx.el.path(d=link.code.path),
                view_box=link.code.view_box,
                role="img",
                aria_label="QR code of the link",
                class_name="qr",
            ),
            rx.el.div(
                rx.el.button("Copy", type="button", data_copy="#link", class_name="button small primary"),
                rx.el.button("Done", type="button", on_click=done, class_name="button small"),
                class_name="row",
            ),
            class_name="card link-once",
            role="status",
        ),
    )
