"""Sign up: a plain form that the browser posts."""

import reflex as rx

from sora_studio.domain.account import NAME_MAX
from sora_studio.ui import layout, routes
from sora_studio.ui.components import sign_in
from sora_studio.ui.components.form import native_form, password_field, text_field


def page() -> rx.Component:
    """Draw the page."""
    return layout.bare(
        rx.el.h1("Sign up"),
        sign_in.rule(),
        sign_in.insecure(),
        sign_in.signed_in(),
        native_form(
            sign_in.refusals(),
            text_field("Name (optional)", "display_name", auto_complete="name", max_length=NAME_MAX),
            sign_in.email(),
            password_field("Password", "password", new=True),
            sign_in.link("invitation"),
            sign_in.next_address(),
            rx.el.button("Sign up", type="submit", class_name="button primary wide"),
            action=routes.AUTH_SIGN_UP,
            class_name="card form",
            data_sign_in="",
        ),
        rx.el.p("Have an account? ", rx.el.a("Log in", href=routes.LOG_IN, data_keep_query="")),
    )
