"""The second step of a log-in: a plain form that the browser posts."""

import reflex as rx

from sora_studio.ui import layout, routes
from sora_studio.ui.components import sign_in
from sora_studio.ui.components.form import code_field, native_form


def page() -> rx.Component:
    """Draw the page."""
    return layout.bare(
        rx.el.h1("Enter your code"),
        rx.el.p(
            "Your authenticator app shows it. One of your recovery codes works, too.", class_name="muted"
        ),
        native_form(
            sign_in.refusals(),
            code_field("Code"),
            sign_in.next_address(),
            rx.el.button("Log in", type="submit", class_name="button primary wide"),
            action=routes.AUTH_LOG_IN_CODE,
            class_name="card form",
            data_sign_in="",
        ),
        rx.el.p(
            "Lost both? The person who runs this studio can help. ",
            rx.el.a("Log in again", href=routes.LOG_IN, data_keep_query=""),
        ),
    )
