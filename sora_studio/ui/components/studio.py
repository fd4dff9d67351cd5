"""What the pages for admins share: their head, the way from one to the other, and what they ask and show."""

from typing import Any

import reflex as rx
from reflex.event import EventType

from sora_studio.ui import layout
from sora_studio.ui.components.feedback import problem
from sora_studio.ui.components.form import error, password_field


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


def link_once(url: rx.Var[str], about: rx.Var[str], done: EventType[()]) -> rx.Component:
    """Show a link that is known this once, to be copied."""
    return rx.cond(
        url,
        rx.el.div(
            rx.el.p(rx.el.bdi(about)),
            rx.el.code(url, custom_attrs={"id": "link", "translate": "no"}),
            rx.el.div(
                rx.el.button("Copy", type="button", data_copy="#link", class_name="button small primary"),
                rx.el.button("Done", type="button", on_click=done, class_name="button small"),
                class_name="row",
            ),
            class_name="card link-once",
            role="status",
        ),
    )


def proof(
    name: str,
    refusal: rx.Var[str],
    busy: rx.Var[bool],
    *,
    go_on: EventType[dict[str, Any]],
    cancel: EventType[()],
) -> rx.Component:
    """Ask for the password before what weighs much.

    Args:
        name: Of the field.
        refusal: What was wrong with the answer.
        busy: Whether one is on its way.
        go_on: What takes it.
        cancel: What leaves everything as it is.
    """
    return rx.el.form(
        rx.el.p("This weighs enough to ask who you are. The answer counts for ten minutes."),
        password_field("Your password", name, new=False),
        error(refusal),
        rx.el.div(
            rx.el.button("Continue", type="submit", disabled=busy, class_name="button primary"),
            rx.el.button("Cancel", type="button", on_click=cancel, class_name="button"),
            class_name="row",
        ),
        on_submit=go_on,
        method="post",
        class_name="card form proof",
        aria_label="Your password",
    )
