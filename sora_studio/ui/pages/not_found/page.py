"""The page for an address that leads nowhere."""

import reflex as rx

from sora_studio.ui import layout, routes


def page() -> rx.Component:
    """Say so, and offer the two ways on."""
    return layout.bare(
        rx.el.p("404", class_name="huge num", aria_hidden="true"),
        rx.el.h1("There is no page at this address"),
        rx.el.p("The address may be mistyped, or the page was deleted.", class_name="muted"),
        rx.el.div(
            rx.el.a("Create a video", href=routes.HOME, class_name="button primary"),
            rx.el.a("Open the library", href=routes.LIBRARY, class_name="button"),
            class_name="row",
        ),
    )
