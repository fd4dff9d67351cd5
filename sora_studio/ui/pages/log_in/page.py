"""Log in: a plain form that the browser posts, and the way to single sign-on where there is one."""

import reflex as rx

from sora_studio.ui import layout, routes
from sora_studio.ui.components import sign_in
from sora_studio.ui.components.form import native_form, password_field
from sora_studio.ui.door import DoorState


def page() -> rx.Component:
    """Draw the page."""
    return layout.bare(
        rx.el.h1("Log in"),
        sign_in.insecure(),
        sign_in.signed_in(),
        sign_in.sign_on(),
        rx.cond(
            DoorState.hides_password,
            rx.el.details(
                rx.el.summary("Log in with a password", class_name="button"), _form(), class_name="unfold"
            ),
            _form(),
        ),
        rx.el.p("New here? ", rx.el.a("Sign up", href=routes.SIGN_UP, data_keep_query="")),
    )


def _form() -> rx.Component:
    return native_form(
        sign_in.refusals(),
        sign_in.email(),
        password_field("Password", "password", new=False),
        sign_in.next_address(),
        rx.el.button("Log in", type="submit", class_name="button primary wide"),
        action=routes.AUTH_LOG_IN,
        class_name="card form",
        data_sign_in="",
    )
