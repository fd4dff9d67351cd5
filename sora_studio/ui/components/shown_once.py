"""A secret at the one moment at which it is known, to be copied and put away."""

import reflex as rx
from reflex.event import EventType

from sora_studio.ui.theme import SMALL_ICON, icon


def shown_once(name: str, words: rx.Component, secret: rx.Component, put_away: EventType[()]) -> rx.Component:
    """Show it.

    Args:
        name: What `secret` has as its id.
        words: What to do with it.
        secret: The element whose text is copied.
        put_away: What takes it from the screen.
    """
    return rx.el.div(
        words,
        secret,
        rx.el.div(
            rx.el.button(
                icon("copy", SMALL_ICON),
                rx.el.span("Copy"),
                type="button",
                data_copy=f"#{name}",
                class_name="button primary copy",
            ),
            rx.el.button("Done", type="button", on_click=put_away, class_name="button"),
            class_name="row",
        ),
        role="status",
        class_name="fresh",
    )
