"""The address by which the person logs in."""

import reflex as rx

from sora_studio.domain.account import EMAIL_MAX
from sora_studio.ui.components.form import error, text_field
from sora_studio.ui.components.proof import proof_field
from sora_studio.ui.current_user import PersonState
from sora_studio.ui.pages.profile.email_state import EmailState


def email() -> rx.Component:
    """Ask for another address, and for the password: a browser left open must not cost the account."""
    return rx.el.form(
        text_field(
            "E-mail",
            "email",
            key="email " + PersonState.email,
            default_value=PersonState.email,
            type="email",
            auto_complete="email",
            required=True,
            max_length=EMAIL_MAX,
            data_draft="email",
        ),
        proof_field("Your password", "email_password"),
        error(EmailState.refusal),
        rx.el.button("Change e-mail", type="submit", disabled=EmailState.busy, class_name="button primary"),
        on_submit=EmailState.change,
        method="post",
        key=EmailState.changed.to_string(),
        class_name="form",
    )
