"""The composer: prompt, picture, size, length, model, price, Create."""

from collections.abc import Sequence

import reflex as rx

from sora_studio.domain.video import PROMPT_MAX
from sora_studio.ui import routes
from sora_studio.ui.components.form import error
from sora_studio.ui.pages.create.composer_state import CAST, Character, ComposerState
from sora_studio.ui.pages.create.model_options import ModelOption, ProviderGroup, SizeOption
from sora_studio.ui.theme import SMALL_ICON, icon, style

_offer = ComposerState.offer


def composer() -> rx.Component:
    """Draw the form at the foot of the page."""
    return rx.el.div(
        rx.el.form(
            rx.el.input(type="hidden", name="idempotency_key", value=ComposerState.form_key, read_only=True),
            rx.el.input(type="hidden", name="reference_id", value=ComposerState.reference.id, read_only=True),
            _prompt(),
            _picture(),
            _cast(),
            error(ComposerState.error.text),
            rx.el.p(class_name="error", role="alert", data_upload_error=""),
            rx.el.div(
                _add_picture(),
                rx.cond(ComposerState.ready, _options(), _placeholder()),
                _send(),
                class_name="tools",
            ),
            on_submit=ComposerState.submit,
            class_name="composer",
            aria_label="New video",
            data_composer="",
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
        ),
        rx.el.output(class_name="count num", data_count=f"{PROMPT_MAX:,}"),
        class_name="prompt",
    )


def _picture() -> rx.Component:
    """Show the uploaded picture as it will be cut."""
    picture = ComposerState.reference
    return rx.fragment(
        rx.cond(
            picture.id,
            rx.el.div(
                rx.el.img(
                    src=routes.upload(f"{picture.id}"),
                    alt="The first frame",
                    custom_attrs=style(ar=_offer.size.replace("x", " / ")),
                ),
                rx.el.span(rx.el.strong("First frame"), rx.el.span(ComposerState.fit), class_name="about"),
                rx.el.button(
                    icon("x", SMALL_ICON),
                    type="button",
                    on_click=ComposerState.detach,
                    aria_label="Remove the image",
                    class_name="button small bare",
                ),
                class_name="picture",
            ),
        ),
        rx.el.div(
            rx.el.span(class_name="bar"),
            rx.el.span("Uploading the image…"),
            class_name="picture uploading",
            role="status",
        ),
        # studio.js presses this when an upload has been answered.
        rx.el.button(
            type="button",
            hidden=True,
            tab_index=-1,
            data_attach="",
            aria_label="Use the uploaded image",
            on_click=ComposerState.attach(
                rx.Var("window.studio.uploaded.id").to(str),
                rx.Var("window.studio.uploaded.width").to(int),
                rx.Var("window.studio.uploaded.height").to(int),
            ),
        ),
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
            class_name="sr",
            data_character=character.name,
        ),
        icon("user-round", SMALL_ICON),
        rx.el.bdi(character.name),
        class_name="chip",
    )


def _add_picture() -> rx.Component:
    return rx.el.label(
        icon("image-plus"),
        rx.el.span("Image", class_name="wide-only"),
        rx.el.input(
            type="file",
            accept="image/png,image/jpeg,image/webp",
            class_name="sr",
            aria_label="Add an image",
            data_file="",
        ),
        class_name="button quiet add-picture",
        title="Add an image: it becomes the first frame. You can also drop or paste one.",
    )


def _options() -> rx.Component:
    return rx.el.div(
        rx.el.button(
            rx.el.span(class_name="shape", custom_attrs=style(ar=_offer.size.replace("x", " / "))),
            rx.el.span(
                rx.el.span(_offer.seconds, " s", class_name="num"),
                rx.el.span(_offer.name, class_name="model-name"),
                class_name="gist",
            ),
            icon("chevron-up", SMALL_ICON),
            type="button",
            class_name="button quiet summary",
            title="Size, length and model",
            aria_expanded="false",
            data_options="",
        ),
        rx.el.div(
            rx.el.fieldset(
                rx.el.legend("Size", class_name="sr"),
                rx.foreach(_offer.sizes, _size),
                key=f"sizes {_offer.model}",
                class_name="segments sizes",
            ),
            rx.el.fieldset(
                rx.el.legend("Length", class_name="sr"),
                rx.foreach(_offer.lengths, _length),
                key=f"lengths {_offer.model}",
                class_name="segments",
            ),
            rx.el.label(
                rx.el.span(_offer.name, aria_hidden="true", class_name="model-name"),
                icon("chevron-down", SMALL_ICON),
                rx.el.select(
                    rx.foreach(ComposerState.groups, _group),
                    name="model",
                    value=_offer.model,
                    on_change=ComposerState.choose_model,
                    aria_label="Model",
                ),
                class_name="button quiet select",
                title=_offer.hint,
            ),
            class_name="panel",
        ),
        class_name="options",
    )


def _size(size: rx.vars.ObjectVar[SizeOption]) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="size",
            value=size.value,
            default_checked=size.value == _offer.size,
            on_change=ComposerState.choose_size(size.value),
            aria_label=f"{size.name} {size.frame}",
            class_name="sr",
            data_size=size.value,
        ),
        rx.el.span(class_name="shape", custom_attrs=style(ar=size.ratio)),
        rx.el.span(rx.el.span(size.name, " ", class_name="word"), size.frame, class_name="num name"),
        title=f"{size.name} {size.frame}",
    )


def _length(length: rx.Var[str]) -> rx.Component:
    last = _offer.lengths.to(rx.vars.ArrayVar[Sequence[str]], tuple[str, ...])[-1]
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="seconds",
            value=length,
            default_checked=length == _offer.seconds,
            on_change=ComposerState.choose_seconds(length),
            aria_label=f"{length} seconds",
            class_name="sr",
        ),
        rx.el.span(length, rx.cond(length == last, " s", ""), class_name="num"),
    )


def _group(group: rx.vars.ObjectVar[ProviderGroup]) -> rx.Component:
    return rx.el.optgroup(rx.foreach(group.models, _model), label=group.label)


def _model(model: rx.vars.ObjectVar[ModelOption]) -> rx.Component:
    return rx.el.option(model.text, value=model.value)


def _send() -> rx.Component:
    return rx.el.div(
        rx.el.output(_offer.price, class_name="price num", aria_label="Price"),
        rx.el.button(
            "Create",
            rx.el.kbd(class_name="keys", aria_hidden="true", data_keys=""),
            type="submit",
            class_name="button primary",
        ),
        class_name="send",
    )


def _placeholder() -> rx.Component:
    return rx.el.div(rx.el.span(class_name="skeleton control"), class_name="options", aria_hidden="true")
