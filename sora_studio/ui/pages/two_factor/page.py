"""Set up a second factor: where those are led who must have one, and nowhere else until they do."""

import reflex as rx

from sora_studio.ui import layout, routes
from sora_studio.ui.components.form import native_form
from sora_studio.ui.components.two_factor import two_factor
from sora_studio.ui.two_factor import TwoFactorState


def page() -> rx.Component:
    """Draw the page."""
    return layout.bare(
        rx.el.h1("Two-factor authentication"),
        rx.cond(
            TwoFactorState.enabled_at,
            rx.el.p(rx.el.a("Go to your videos", href=routes.HOME)),
            rx.el.p(
                "This studio asks everybody for a code besides the password. Set it up to go on; an "
                "authenticator app on your phone is enough.",
                class_name="muted",
            ),
        ),
        rx.el.div(two_factor(), class_name="card form"),
        native_form(rx.el.button("Log out", type="submit", class_name="button"), action=routes.AUTH_LOG_OUT),
    )
