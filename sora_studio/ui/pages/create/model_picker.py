"""Size, length and model: what the composer can choose from."""

from collections.abc import Sequence

import reflex as rx

from sora_studio.ui.pages.create.composer_state import ComposerState
from sora_studio.ui.pages.create.model_options import ModelOption, ProviderGroup, QualityOption, ShapeOption
from sora_studio.ui.theme import SMALL_ICON, icon, style

_selection = ComposerState.selection


def options() -> rx.Component:
    """Draw the choices; on a narrow screen they open from one button that sums them up."""
    return rx.el.div(
        rx.el.button(
            rx.el.span(class_name="shape", custom_attrs=style(ar=_selection.size.replace("x", " / "))),
            rx.el.span(
                rx.el.span(_selection.seconds, " s", class_name="num"),
                rx.el.span(_selection.name, class_name="model-name"),
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
            rx.cond(
                _selection.shapes.length() > 0,
                rx.el.fieldset(
                    rx.el.legend("Shape", class_name="sr"),
                    rx.foreach(_selection.shapes, _shape),
                    key=f"shapes {_selection.model}",
                    class_name="segments shapes",
                ),
            ),
            rx.cond(
                _selection.qualities.length() > 0,
                rx.el.fieldset(
                    rx.el.legend("Quality", class_name="sr"),
                    rx.foreach(_selection.qualities, _quality),
                    key=f"qualities {_selection.model} {_selection.shape}",
                    class_name="segments",
                ),
            ),
            rx.cond(
                _selection.lengths.length() > 0,
                rx.el.fieldset(
                    rx.el.legend("Length", class_name="sr"),
                    rx.foreach(_selection.lengths, _length),
                    key=f"lengths {_selection.model} {_selection.shapes.length()}",
                    class_name="segments",
                ),
            ),
            rx.el.label(
                rx.el.span(_selection.name, aria_hidden="true", class_name="model-name"),
                icon("chevron-down", SMALL_ICON),
                rx.el.select(
                    rx.foreach(ComposerState.groups, _group),
                    name="model",
                    value=_selection.model,
                    on_change=ComposerState.choose_model,
                    aria_label="Model",
                ),
                class_name="button quiet select",
                title=_selection.hint,
            ),
            class_name="panel",
        ),
        class_name="options",
    )


def _shape(shape: rx.vars.ObjectVar[ShapeOption]) -> rx.Component:
    label = f"{shape.name} {shape.frame}"
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="shape",
            value=shape.value,
            default_checked=shape.name == _selection.shape,
            on_change=ComposerState.choose_size(shape.value),
            aria_label=label,
            class_name="sr",
            data_size=shape.value,
        ),
        rx.el.span(class_name="shape", custom_attrs=style(ar=shape.ratio)),
        rx.el.span(shape.name, class_name="name"),
        title=label,
    )


def _quality(quality: rx.vars.ObjectVar[QualityOption]) -> rx.Component:
    price = rx.cond(quality.price, f", {quality.price}", "")
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="size",
            value=quality.value,
            default_checked=quality.value == _selection.size,
            on_change=ComposerState.choose_size(quality.value),
            aria_label=f"{quality.name} {quality.frame}{price}",
            class_name="sr",
        ),
        rx.el.span(quality.name, class_name="num"),
        rx.cond(quality.price, rx.el.span(quality.price, class_name="num price")),
        title=quality.frame,
    )


def _length(length: rx.Var[str]) -> rx.Component:
    last = _selection.lengths.to(rx.vars.ArrayVar[Sequence[str]], tuple[str, ...])[-1]
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="seconds",
            value=length,
            default_checked=length == _selection.seconds,
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
