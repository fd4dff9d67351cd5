"""The question for the password, before what weighs much is done."""

from typing import Any

import reflex as rx
from reflex.event import EventType

from sora_studio.ui.components.form import error, password_field


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
