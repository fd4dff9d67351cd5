"""Set a new password: the form behind a link that an admin has handed out."""

import reflex as rx

from sora_studio.ui import layout, routes
from sora_studio.ui.components import sign_in
from sora_studio.ui.components.form import native_form, password_field


def page() -> rx.Component:
    """Draw the page."""
    return layout.bare(
        rx.el.h1("Set a new password"),
        rx.el.p("Every device that is logged in to the account will be logged out.", class_name="muted"),
        native_form(
            sign_in.refusals(),
            password_field("New password", "password", new=True),
            sign_in.link("token"),
            rx.el.button("Set password", type="submit", class_name="button primary wide"),
            action=routes.AUTH_RESET,
            class_name="card form",
            data_sign_in="",
        ),
        rx.el.p("Know your password? ", rx.el.a("Log in", href=routes.LOG_IN)),
    )
