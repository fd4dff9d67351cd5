"""What the studio says at the edge: the toast, and the banner while the server is away."""

import reflex as rx
from reflex_components_core.core.banner import has_too_many_connection_errors

from sora_studio.ui.actions import VideoActions
from sora_studio.ui.batches import BatchState
from sora_studio.ui.handlers import Next
from sora_studio.ui.theme import SMALL_ICON, icon, plain_link
from sora_studio.ui.toasts import ToastState


def toast() -> rx.Component:
    """Show the latest message; it leaves by itself, and waits while it is pointed at."""
    latest = ToastState.toast
    return rx.el.div(
        rx.cond(
            latest.text,
            rx.el.div(
                rx.el.span(latest.text, dir="auto"),
                rx.cond(
                    latest.undo.length() > 0,
                    _undo(VideoActions.undo(latest.undo)),
                ),
                rx.cond(latest.batch, _undo(BatchState.undo(latest.batch))),
                rx.el.button(
                    icon("x", SMALL_ICON),
                    on_click=ToastState.clear,
                    aria_label="Dismiss",
                    data_dismiss="",
                    class_name="button small bare",
                ),
                key=latest.number.to_string(),
                class_name=f"toast {latest.tone}",
            ),
        ),
        class_name="toasts",
        role="status",
        aria_live="polite",
    )


def _undo(act: Next) -> rx.Component:
    return rx.el.button("Undo", on_click=act, data_undo="", class_name="button small quiet")


def banner() -> rx.Component:
    """Say that the server cannot be reached, in our words; the browser keeps trying."""
    return rx.el.div(
        rx.cond(
            has_too_many_connection_errors,
            rx.el.p(
                icon("unplug", SMALL_ICON),
                rx.el.span("The studio cannot be reached. Trying again; what you typed stays here."),
                class_name="banner",
                data_away="",
            ),
        ),
        role="status",
        aria_live="polite",
    )


def problem(text: rx.Var[str]) -> rx.Component:
    """Say why a page could not be filled."""
    return rx.cond(
        text, rx.el.p(icon("circle-alert", SMALL_ICON), rx.el.span(text), class_name="notice", role="alert")
    )


def broken_page() -> rx.Component:
    """Stand in for a page whose drawing failed."""
    return rx.el.main(
        rx.el.h1("This page could not be displayed"),
        rx.el.p(
            "Your videos are safe. Reload the page; if that does not help, tell the person who runs the "
            "studio."
        ),
        plain_link("Reload the page", href="", class_name="button primary"),
        class_name="bare-page",
    )
