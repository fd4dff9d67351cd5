"""The question for the password, before what weighs much is done.

Who logs in by single sign-on alone has none to give, and proves who they are by logging in again.
"""

from typing import Any

import reflex as rx
from reflex.event import EventType

from sora_studio.ui import routes
from sora_studio.ui.components.form import error, password_field
from sora_studio.ui.current_user import PersonState
from sora_studio.ui.theme import plain_link


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
    leave = rx.el.button("Cancel", type="button", on_click=cancel, class_name="button")
    password = rx.el.form(
        rx.el.p("This weighs enough to ask who you are. The answer counts for ten minutes."),
        password_field("Your password", name, new=False),
        error(refusal),
        rx.el.div(
            rx.el.button("Continue", type="submit", disabled=busy, class_name="button primary"),
            leave,
            class_name="row",
        ),
        on_submit=go_on,
        method="post",
        class_name="card form proof",
        aria_label="Your password",
    )
    log_in = rx.el.div(
        rx.el.p(
            "This weighs enough to ask who you are. Log in again, then do it once more: "
            "for ten minutes nothing asks you again."
        ),
        rx.el.div(_log_in_again("Log in again", "button primary"), leave, class_name="row"),
        class_name="card form proof",
        role="group",
        aria_label="Who you are",
    )
    return rx.cond(PersonState.has_password, password, log_in)


def proof_field(label: str, name: str) -> rx.Component:
    """Ask for the password in a form; who has none is told what counts instead."""
    instead = rx.el.p(
        "If you logged in more than ten minutes ago, ",
        _log_in_again("log in again", None),
        " first.",
        class_name="hint",
    )
    return rx.cond(PersonState.has_password, password_field(label, name, new=False), instead)


def _log_in_again(words: str, look: str | None) -> rx.Component:
    here = rx.State.router.url.path.to(str)
    return plain_link(words, href=f"{routes.AUTH_OIDC}?again=1&next=" + here, class_name=look)
