"""The control that chooses a library."""

import reflex as rx
from reflex.event import EventType

from sora_studio.ui.libraries import Libraries, Library
from sora_studio.ui.theme import SMALL_ICON, icon


def library_select(
    libraries: rx.vars.ObjectVar[Libraries], on_change: EventType[()] | EventType[str], *, parameter: str = ""
) -> rx.Component:
    """Draw it for somebody who has several, with the name of the chosen one.

    Args:
        libraries: What there is.
        on_change: What hears of it.
        parameter: Of the address, where that says what is chosen.
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
            on_change=on_change,
            data_choose=parameter or None,
        ),
        class_name="button quiet select",
    )


def _option(library: rx.vars.ObjectVar[Library]) -> rx.Component:
    return rx.el.option(
        library.name,
        rx.cond(library.may_make, "", " (you only look)"),
        value=library.id,
    )
