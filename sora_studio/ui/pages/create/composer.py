"""The composer: prompt, files, characters, model, price, Create."""

import reflex as rx

from sora_studio.domain.video import PROMPT_MAX
from sora_studio.ui import routes
from sora_studio.ui.components.form import error
from sora_studio.ui.pages.create import advanced, inputs, model_picker
from sora_studio.ui.pages.create.composer_state import ComposerState
from sora_studio.ui.pages.create.form_parts import Character
from sora_studio.ui.pages.create.funds import Funds
from sora_studio.ui.pages.create.funds_state import FundsState
from sora_studio.ui.pages.create.library import library
from sora_studio.ui.pages.create.state import CreateState
from sora_studio.ui.pages.create.wish_form import CAST
from sora_studio.ui.theme import SMALL_ICON, icon


def composer() -> rx.Component:
    """Draw the form at the foot of the page."""
    return rx.el.div(
        rx.el.form(
            rx.el.input(type="hidden", name="idempotency_key", value=ComposerState.form_key, read_only=True),
            rx.el.input(type="hidden", name="quote", value=ComposerState.selection.quote, read_only=True),
            rx.el.input(
                type="hidden",
                name="library",
                value=rx.cond(CreateState.ready, CreateState.libraries.chosen.id, ""),
                read_only=True,
            ),
            rx.el.input(type="hidden", name="inputs", value=ComposerState.files.sent, read_only=True),
            _prompt(),
            inputs.tray(),
            _cast(),
            rx.cond(
                ComposerState.selection.paused,
                rx.el.p(ComposerState.selection.paused, class_name="muted", role="status"),
            ),
            rx.cond(
                _is_short(),
                rx.el.p(
                    rx.cond(
                        ComposerState.selection.micros.to(int) < 0,
                        "What this costs is not known, and budgets pay only for what is: ",
                        "This costs " + ComposerState.selection.price.to(str) + ", and ",
                    ),
                    _funds().words,
                    class_name="short",
                    role="status",
                ),
            ),
            error(ComposerState.error.text),
            rx.el.p(class_name="error", role="alert", data_upload_error=""),
            library(),
            advanced.advanced(),
            rx.el.div(
                inputs.add_files(),
                rx.cond(ComposerState.ready, model_picker.options(), _placeholder()),
                _send(),
                class_name="tools",
            ),
            on_submit=ComposerState.submit,
            class_name="composer",
            aria_label="New video",
            data_composer="",
            data_form_key=ComposerState.form_key,
            data_answer=ComposerState.answer.id,
            data_answered=ComposerState.answer.key,
            data_accepted=rx.cond(ComposerState.answer.accepted, "true", "false"),
        ),
        class_name="dock",
    )


def _prompt() -> rx.Component:
    return rx.el.div(
        rx.el.textarea(
            key=ComposerState.draft.key,
            default_value=ComposerState.draft.text,
            name="prompt",
            rows=1,
            data_longest=str(PROMPT_MAX),
            placeholder="Describe your video…",
            aria_label="Prompt",
            aria_invalid=rx.cond(ComposerState.error.field == "prompt", "true", "false"),
            dir="auto",
            data_draft="create",
            data_prompt_box="",
            custom_attrs={"id": "prompt"},
        ),
        rx.el.output(class_name="count num", data_count=f"{PROMPT_MAX:,}"),
        class_name="prompt",
    )


def _cast() -> rx.Component:
    """Offer the characters of the chosen provider; studio.js writes a chosen name into the prompt."""
    return rx.cond(
        ComposerState.cast.length() > 0,
        rx.el.fieldset(
            rx.el.legend("Characters", class_name="sr"),
            rx.foreach(ComposerState.cast, _character),
            rx.el.a(
                icon("settings-2", SMALL_ICON),
                href=routes.PROFILE,
                aria_label="All characters",
                title="All characters",
                class_name="button small bare",
            ),
            key=f"cast {ComposerState.draft.key}",
            class_name="cast",
        ),
    )


def _character(character: rx.vars.ObjectVar[Character]) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            name=f"{CAST}{character.id}",
            default_checked=ComposerState.draft.characters.contains(character.id),
            on_change=lambda chosen: ComposerState.choose_character(
                character.id,
                chosen,  # pyright: ignore[reportArgumentType] -- of a checkbox it is whether it is checked
            ),
            class_name="sr",
            data_character=character.name,
        ),
        icon("user-round", SMALL_ICON),
        rx.el.bdi(character.name),
        class_name="chip",
    )


def _send() -> rx.Component:
    return rx.el.div(
        rx.el.output(
            ComposerState.selection.price,
            rx.cond(_funds().left, rx.el.span(_funds().left, class_name="left")),
            class_name="price num",
            aria_label="Price",
        ),
        rx.el.button(  # not shut: somebody may have raised the budget a moment ago
            rx.cond(_is_short(), "Over budget", "Create"),
            rx.el.kbd(class_name="keys", aria_hidden="true", data_keys=""),
            type="submit",
            class_name="button primary",
        ),
        class_name="send",
    )


def _funds() -> rx.vars.ObjectVar[Funds]:
    """Return what is left to spend at the chosen provider."""
    return FundsState.at[ComposerState.selection.provider].to(Funds)


def _is_short() -> rx.Var[bool]:
    """Tell whether a budget that blocks does not cover the price."""
    left, price = _funds().micros.to(int), ComposerState.selection.micros.to(int)
    return (left >= 0) & ((price > left) | (price < 0))


def _placeholder() -> rx.Component:
    return rx.el.div(rx.el.span(class_name="skeleton control"), class_name="options", aria_hidden="true")
