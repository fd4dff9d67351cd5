"""What the chosen model has of its own: its fields, folded, and what becomes of the wish."""

import reflex as rx

from sora_studio.ui.pages.create.card_options import Choice, OptionField
from sora_studio.ui.pages.create.composer_state import ComposerState
from sora_studio.ui.pages.create.wish_form import OPTION
from sora_studio.ui.theme import SMALL_ICON, icon

_card = ComposerState.selection.card


def advanced() -> rx.Component:
    """Draw the fields that the model takes here, and nothing of others."""
    said = rx.cond(ComposerState.selection.nearest, ComposerState.selection.nearest, _card.makes)
    return rx.cond(
        ComposerState.ready,
        rx.cond(
            (_card.fields.length() > 0) | ~_card.known,
            _folded(said),
            rx.cond(said, rx.el.p(said, class_name="makes num muted", role="status")),
        ),
    )


def _folded(said: rx.Var[str]) -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            icon("sliders-horizontal", SMALL_ICON),
            rx.el.span("Advanced"),
            rx.cond(_card.count > 0, rx.el.span(_card.count, " set", class_name="num muted")),
            rx.el.span(said, class_name="makes num muted", role="status"),
        ),
        rx.cond(_card.known, _about(), _unknown()),
        rx.el.div(
            rx.foreach(_card.fields, _field),
            key=f"options {ComposerState.selection.model} {ComposerState.draft.key}",
            class_name="own-fields",
        ),
        class_name="advanced",
    )


def _about() -> rx.Component:
    return rx.el.p(
        rx.cond(
            _card.licence,
            rx.el.a(_card.about, href=_card.licence, target="_blank", rel="noopener noreferrer"),
            _card.about,
        ),
        class_name="muted",
    )


def _unknown() -> rx.Component:
    return rx.el.p(
        "There is no model card for this one, so nothing more can be set. "
        "An operator can write one, beside providers.toml.",
        class_name="muted",
    )


def _field(option: rx.vars.ObjectVar[OptionField]) -> rx.Component:
    return rx.el.label(
        rx.el.span(option.label, class_name="label"),
        rx.match(
            option.kind,
            ("choice", _choice(option)),
            ("text", _text(option)),
            _number(option),
        ),
        title=option.help,
        class_name="field",
    )


def _number(option: rx.vars.ObjectVar[OptionField]) -> rx.Component:
    return rx.el.input(
        type="number",
        name=f"{OPTION}{option.name}",
        default_value=option.value,
        placeholder=option.default,
        min=option.minimum,
        max=option.maximum,
        step=option.step,
        on_blur=lambda value: ComposerState.choose_option(option.name, value),
        class_name="input num",
    )


def _text(option: rx.vars.ObjectVar[OptionField]) -> rx.Component:
    return rx.el.input(
        name=f"{OPTION}{option.name}",
        default_value=option.value,
        placeholder=option.default,
        on_blur=lambda value: ComposerState.choose_option(option.name, value),
        class_name="input",
        dir="auto",
    )


def _choice(option: rx.vars.ObjectVar[OptionField]) -> rx.Component:
    return rx.el.select(
        rx.el.option(rx.cond(option.default, f"As usual: {option.default}", "As usual"), value=""),
        rx.foreach(option.choices, _value),
        name=f"{OPTION}{option.name}",
        default_value=option.value,
        on_change=lambda value: ComposerState.choose_option(option.name, value),
        class_name="input",
    )


def _value(choice: rx.vars.ObjectVar[Choice]) -> rx.Component:
    return rx.el.option(choice.text, value=choice.value)
