"""Log in and sign up: plain forms that the browser posts, so that they work without a socket.

The API answers a refused form with `?error=<code>&email=…`; studio.js shows the sentence for the code.
"""

import reflex as rx

from sora_studio.domain.account import EMAIL_MAX, NAME_MAX, PASSWORD_MIN
from sora_studio.ui import layout, routes
from sora_studio.ui.components.form import native_form, password_field, text_field
from sora_studio.ui.theme import SMALL_ICON, icon

SENTENCES = {
    "wrong_credentials": "The e-mail address or the password is wrong.",
    "invalid_email": "That does not look like an e-mail address.",
    "weak_password": f"The password is too short: {PASSWORD_MIN} characters are the least.",
    "common_password": "That password is on the lists that guessers try first. Choose another.",
    "email_taken": "There is an account with this e-mail address already. Log in instead.",
    "too_many": "Too many tries. Wait a few minutes, then try again.",
    "invalid_name": f"A name has 1 to {NAME_MAX} characters.",
    "": "That did not work, and nothing was changed. Try again.",  # a code we have no words for
}


def log_in() -> rx.Component:
    """Draw the page for those who have an account."""
    return layout.bare(
        rx.el.h1("Log in"),
        native_form(
            _refusals(),
            _email(),
            password_field("Password", "password", new=False),
            _next(),
            rx.el.button("Log in", type="submit", class_name="button primary wide"),
            action=routes.AUTH_LOG_IN,
            class_name="card form",
            data_sign_in="",
        ),
        rx.el.p("New here? ", rx.el.a("Sign up", href=routes.SIGN_UP, data_keep_query="")),
    )


def sign_up() -> rx.Component:
    """Draw the page for those who have none yet."""
    return layout.bare(
        rx.el.h1("Sign up"),
        native_form(
            _refusals(),
            text_field("Name (optional)", "display_name", auto_complete="name", max_length=NAME_MAX),
            _email(),
            password_field("Password", "password", new=True),
            _next(),
            rx.el.button("Sign up", type="submit", class_name="button primary wide"),
            action=routes.AUTH_SIGN_UP,
            class_name="card form",
            data_sign_in="",
        ),
        rx.el.p("Have an account? ", rx.el.a("Log in", href=routes.LOG_IN, data_keep_query="")),
    )


def _email() -> rx.Component:
    return text_field(
        "E-mail",
        "email",
        type="email",
        auto_complete="email",
        input_mode="email",
        required=True,
        max_length=EMAIL_MAX,
    )


def _next() -> rx.Component:
    """Carry where the person wanted to go; the API takes only addresses of this studio."""
    return rx.el.input(type="hidden", name="next", data_next="")


def _refusals() -> rx.Component:
    return rx.el.div(
        *(
            rx.el.p(
                icon("circle-alert", SMALL_ICON),
                rx.el.span(text),
                class_name="error",
                hidden=True,
                data_code=code,
            )
            for code, text in SENTENCES.items()
        ),
        role="alert",
    )
