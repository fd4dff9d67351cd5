"""What the pages for admins share: their head, the way from one to the other, and links shown once."""

import reflex as rx
from reflex.event import EventType

from sora_studio.ui import layout
from sora_studio.ui.components.feedback import problem
from sora_studio.ui.qr import FreshLink


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
