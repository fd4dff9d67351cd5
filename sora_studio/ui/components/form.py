"""Form parts: labelled fields, password fields, a form that posts by itself."""

from typing import Any

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML

from sora_studio.domain.account import PASSWORD_MIN
from sora_studio.ui.theme import SMALL_ICON, icon


class _NativeForm(BaseHTML):
    """Reflex's own form always prevents that the browser posts it."""

    tag = "form"


def native_form(*children: rx.Component, action: str, **props: Any) -> rx.Component:  # noqa: ANN401 -- props
    """Draw a form that the browser itself posts."""
    return _NativeForm.create(*children, custom_attrs={"action": action, "method": "post"}, **props)


def field(label: str, control: rx.Component) -> rx.Component:
    """Put a label above its control."""
    return rx.el.label(rx.el.span(label, class_name="label"), control, class_name="field")


def text_field(label: str, name: str, **props: Any) -> rx.Component:  # noqa: ANN401 -- props have any type
    """Ask for one line."""
    return field(label, rx.el.input(name=name, class_name="input", **props))


def code_field(label: str) -> rx.Component:
    """Ask for an authenticator's code, which password managers fill in; a recovery code has letters."""
    return text_field(
        label,
        "code",
        auto_complete="one-time-code",
        auto_capitalize="characters",
        spell_check=False,
        required=True,
        max_length=40,
    )


def password_field(label: str, name: str, *, new: bool) -> rx.Component:
    """Ask for a password that can be looked at, pasted and kept by a manager; a new one is counted."""
    hint = f"{name}-hint"
    return rx.el.div(
        field(
            label,
            rx.el.input(
                name=name,
                type="password",
                required=True,
                class_name="input",
                auto_complete="new-password" if new else "current-password",
                min_length=PASSWORD_MIN if new else None,
                custom_attrs={"aria-describedby": hint} if new else {},
            ),
        ),
        rx.el.button(
            icon("eye", SMALL_ICON),
            type="button",
            class_name="reveal",
            aria_label="Show password",
            aria_pressed="false",
            data_reveal="",
        ),
        *([_length_hint(hint)] if new else []),
        class_name="password",
    )


def _length_hint(element_id: str) -> rx.Component:
    return rx.el.div(
        rx.el.span(f"At least {PASSWORD_MIN} characters. A few plain words are easiest to remember."),
        rx.el.output(data_password_count=str(PASSWORD_MIN), class_name="num"),
        custom_attrs={"id": element_id},
        class_name="hint",
    )


def error(text: rx.Var[str] | str) -> rx.Component:
    """Say what is wrong, next to where it is; nothing while the text is empty."""
    return rx.cond(
        text, rx.el.p(icon("circle-alert", SMALL_ICON), rx.el.span(text), class_name="error", role="alert")
    )
