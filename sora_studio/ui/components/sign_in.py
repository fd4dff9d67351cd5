"""What logging in and signing up share.

Both are plain forms that the browser posts, so that they work without a socket.
The API answers a refused form with `?error=<code>`; studio.js shows the sentence for the code, and what was
typed, which it has kept in this tab.
"""

import reflex as rx

from sora_studio.domain.account import EMAIL_MAX, NAME_MAX, PASSWORD_MIN
from sora_studio.domain.single_sign_on import SENTENCES as SENTENCES_OF_SIGN_ON
from sora_studio.ui import routes
from sora_studio.ui.components.form import text_field
from sora_studio.ui.current_user import PersonState
from sora_studio.ui.door import DoorState
from sora_studio.ui.session import SESSION_ENDED
from sora_studio.ui.theme import SMALL_ICON, icon

SENTENCES = {
    SESSION_ENDED: "You are logged out: your session has ended. Log in to go on where you were.",
    "wrong_credentials": "The e-mail address or the password is wrong.",
    "invalid_email": "That does not look like an e-mail address.",
    "weak_password": f"The password is too short: use at least {PASSWORD_MIN} characters.",
    "common_password": "That password is on the lists that attackers try first. Choose another.",
    "sign_up_closed": "This studio opened no account: you need an invitation that can still be used. Ask the "
    "person who runs it.",
    "setup_code_required": "That is not the set-up code. It is in the studio's log, and in the file "
    "setup_code of its data directory.",
    "awaiting_approval": "Your account waits until an admin of this studio approves it.",
    "wrong_code": "That code is wrong, or was used before. Wait for the next one.",
    "log_in_expired": "That took too long. Log in again.",
    "account_disabled": "This account is disabled. Ask the person who runs this studio.",
    "password_set": "Your new password is set. Log in with it.",
    "invalid_link": "This link has been used or has run out. Ask for another one.",
    "email_taken": "An account with this e-mail address already exists. Log in instead.",
    "too_many": "Too many attempts. Wait a few minutes, then try again.",
    "invalid_name": f"A name must have 1 to {NAME_MAX} characters.",
    **SENTENCES_OF_SIGN_ON,
    "": "That did not work, and nothing was changed. Try again.",  # a code we have no words for
}


def email() -> rx.Component:
    """Ask for the address; studio.js fills in the one that was sent last."""
    return text_field(
        "E-mail",
        "email",
        type="email",
        auto_complete="email",
        input_mode="email",
        required=True,
        max_length=EMAIL_MAX,
    )


def signed_in() -> rx.Component:
    """Say to somebody who has a session that they have one; they may still log in as somebody else."""
    return rx.cond(
        PersonState.email,
        rx.el.p(
            "You are logged in as ",
            rx.el.bdi(PersonState.email),
            ". ",
            rx.el.a("Go to your videos", href=routes.HOME),
        ),
    )


def insecure() -> rx.Component:
    """Say that nobody stays logged in without https; studio.js shows it where that is so, and the address."""
    return rx.el.p(
        icon("lock-open"),
        rx.el.span(
            "This page was opened without https, and there the studio keeps no cookie: nobody stays "
            "logged in. Open it at ",
            rx.el.a(href=routes.LOG_IN),
            ".",
        ),
        class_name="notice",
        role="alert",
        hidden=True,
        data_insecure="",
    )


def sign_on() -> rx.Component:
    """Offer single sign-on, where the studio has it; it goes on to where the person wanted to go."""
    return rx.cond(
        DoorState.sign_on,
        rx.el.a(
            DoorState.sign_on, href=routes.AUTH_OIDC, class_name="button primary wide", data_keep_query=""
        ),
    )


def rule() -> rx.Component:
    """Say whom the studio lets in, where that is not everybody."""
    return rx.cond(DoorState.rule, rx.el.p(DoorState.rule, class_name="muted"))


def set_up_already() -> rx.Component:
    """Say that the studio has its first account."""
    return rx.cond(
        DoorState.looked & ~DoorState.waits,
        rx.el.p("This studio is set up already. ", rx.el.a("Log in", href=routes.LOG_IN)),
    )


def link(name: str) -> rx.Component:
    """Carry the token of a link, which sign-in.js takes out of the address."""
    return rx.el.input(type="hidden", name=name, data_link="")


def next_address() -> rx.Component:
    """Carry where the person wanted to go; the API takes only addresses of this studio."""
    return rx.el.input(type="hidden", name="next", data_next="")


def refusals() -> rx.Component:
    """Hold a sentence for every code, all hidden until studio.js shows one."""
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
        class_name="alerts",
    )
