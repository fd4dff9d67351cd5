"""Set up a studio: the form that opens its first account."""

import reflex as rx

from sora_studio.domain.account import NAME_MAX
from sora_studio.ui import layout, routes
from sora_studio.ui.components import sign_in
from sora_studio.ui.components.form import native_form, password_field, text_field


def page() -> rx.Component:
    """Draw the page."""
    return layout.bare(
        rx.el.h1("Set up your studio"),
        rx.el.p("The first account runs it.", class_name="muted"),
        sign_in.set_up_already(),
        sign_in.insecure(),
        native_form(
            sign_in.refusals(),
            text_field("Name (optional)", "display_name", auto_complete="name", max_length=NAME_MAX),
            sign_in.email(),
            password_field("Password", "password", new=True),
            _setup_code(),
            sign_in.next_address(),
            rx.el.button("Set up", type="submit", class_name="button primary wide"),
            action=routes.AUTH_SIGN_UP,
            class_name="card form",
            data_sign_in="",
        ),
    )


def _setup_code() -> rx.Component:
    """Ask for the code; sign-in.js hides the field on the studio's own machine unless one is asked for."""
    return rx.el.div(
        text_field(
            "Set-up code",
            "setup_code",
            auto_complete="off",
            spell_check=False,
            custom_attrs={"aria-describedby": "setup-code-hint"},
        ),
        rx.el.p(
            "It is in the studio's log, and in the file setup_code of its data directory.",
            custom_attrs={"id": "setup-code-hint"},
            class_name="hint",
        ),
        data_setup_code="",
    )
