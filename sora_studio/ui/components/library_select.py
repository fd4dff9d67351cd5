"""The control that chooses a library."""

from typing import Any

import reflex as rx

from sora_studio.ui.libraries import Libraries, Library
from sora_studio.ui.theme import SMALL_ICON, icon


def library_select(libraries: rx.vars.ObjectVar[Libraries], **props: Any) -> rx.Component:  # noqa: ANN401 -- props
    """Draw it for somebody who has several, with the name of the chosen one.

    Args:
        libraries: What there is.
        props: Of the select.
    """
    chosen = libraries.chosen
    everything = libraries.all.to(list[Library])
    return rx.el.label(
        icon("folders", SMALL_ICON),
        rx.el.bdi(chosen.name, aria_hidden="true", class_name="model-name"),
        icon("chevron-down", SMALL_ICON),
        rx.el.select(
            rx.foreach(everything, _option),
            value=chosen.id,
            aria_label="Library",
            **props,
        ),
        class_name="button quiet select",
    )


def _option(library: rx.vars.ObjectVar[Library]) -> rx.Component:
    return rx.el.option(
        library.name,
        rx.cond(library.may_make, "", " (you only look)"),
        value=library.id,
    )
