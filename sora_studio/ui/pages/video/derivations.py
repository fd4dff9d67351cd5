"""The forms below the remix: what else can be made of the video."""

from typing import Any

import reflex as rx

from sora_studio.domain.character import NAME_MAX
from sora_studio.domain.video import PROMPT_MAX
from sora_studio.ui.cards import READY
from sora_studio.ui.components.form import error
from sora_studio.ui.pages.video.derivations_state import CHARACTER, EDIT, EXTEND, Choice, DerivationsState
from sora_studio.ui.pages.video.state import VideoState
from sora_studio.ui.theme import SMALL_ICON, icon

_forms = DerivationsState.forms


def derivations() -> rx.Component:
    """Draw the closed forms of a finished video, those that its provider has."""
    shown = (VideoState.video.look == READY) & (_forms.id == VideoState.video.id)
    return rx.fragment(
        rx.cond(shown & (_forms.edit.text != ""), _edit()),
        rx.cond(shown & (_forms.lengths.length() > 0), _extend()),
        rx.cond(shown & _forms.character, _character()),
    )


def _edit() -> rx.Component:
    return _unfold(
        EDIT,
        "wand-sparkles",
        "Edit",
        "Describe what should change; the rest stays.",
        _prompt(EDIT, "Edit prompt", "Make it rain, keep everything else…"),
        rx.el.span(_forms.edit.text, class_name="muted num"),
        quote=_forms.edit.quote,
        on_submit=DerivationsState.edit,
    )


def _extend() -> rx.Component:
    return _unfold(
        EXTEND,
        "fast-forward",
        "Extend",
        "Describe how it continues; you pay only for the added seconds.",
        _prompt(EXTEND, "Extension prompt", "The camera rises above the clouds…"),
        rx.el.select(
            rx.foreach(_forms.lengths, _length),
            name="seconds",
            aria_label="Length",
            class_name="input fit num",
        ),
        on_submit=DerivationsState.extend,
    )


def _character() -> rx.Component:
    return _unfold(
        CHARACTER,
        "user-round-plus",
        "Make a character",
        "Name who or what is in it, so that it can appear in other videos.",
        rx.el.input(
            name="name",
            required=True,
            max_length=NAME_MAX,
            placeholder="Nova",
            aria_label="Name",
            auto_complete="off",
            dir="auto",
            class_name="input",
            data_draft=CHARACTER,
        ),
        rx.el.span("Providers refuse real people.", class_name="muted"),
        on_submit=DerivationsState.make_character,
    )


def wish_fields(quote: rx.Var[str] | str = "") -> list[rx.Component]:
    """Draw what goes out with every wish: its key, and the price that is shown beside the button."""
    return [
        rx.el.input(type="hidden", name="idempotency_key", value=DerivationsState.form_key, read_only=True),
        rx.el.input(type="hidden", name="quote", value=quote, read_only=True),
    ]


def _length(length: rx.vars.ObjectVar[Choice]) -> rx.Component:
    return rx.el.option(length.text, value=length.value)


def _prompt(form: str, label: str, example: str) -> rx.Component:
    return rx.el.textarea(
        default_value=rx.cond(_forms.again == form, _forms.draft, ""),
        name="prompt",
        rows=2,
        required=True,
        data_longest=str(PROMPT_MAX),
        placeholder=example,
        aria_label=label,
        dir="auto",
        class_name="input",
        data_remix="",
        data_draft=form,
    )


def _unfold(
    form: str,
    symbol: str,
    title: str,
    about: str,
    control: rx.Component,
    beside: rx.Component,
    quote: rx.Var[str] | str = "",
    **props: Any,  # noqa: ANN401 -- props have any type
) -> rx.Component:
    """Draw a card that opens; only one of them is open at a time."""
    refusal = DerivationsState.refusal
    return rx.el.details(
        rx.el.summary(
            icon(symbol, SMALL_ICON), rx.el.h2(title), icon("chevron-down", SMALL_ICON), class_name="row"
        ),
        rx.el.p(about, class_name="muted"),
        rx.el.form(
            *wish_fields(quote),
            control,
            error(rx.cond(refusal.form == form, refusal.text, "").to(str)),
            rx.el.div(
                beside,
                rx.el.button(
                    title,
                    type="submit",
                    disabled=DerivationsState.sending != "",
                    class_name="button primary",
                ),
                class_name="row between",
            ),
            class_name="stack",
            **props,
        ),
        key=f"{form} {VideoState.video.id} {_forms.again} {DerivationsState.taken}",
        open=_forms.again == form,
        class_name="card unfolding",
        custom_attrs={"id": form, "name": "derivations"},
    )
