"""The person's characters: who there is, and the way to delete one."""

import reflex as rx

from sora_studio.ui.pages.profile.characters_state import CharactersState, Listed
from sora_studio.ui.theme import SMALL_ICON, icon


def characters() -> rx.Component:
    """Draw a line for each; it opens to ask whether that is meant, only one at a time."""
    return rx.el.div(rx.foreach(CharactersState.characters, _line), class_name="people")


def _line(character: rx.vars.ObjectVar[Listed]) -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            icon("user-round", SMALL_ICON),
            rx.el.bdi(character.name),
            rx.el.span(character.provider, class_name="muted"),
            icon("trash-2", SMALL_ICON),
            aria_label="Delete " + character.name.to(str) + "…",
        ),
        rx.el.div(
            rx.el.p("Its videos stay. This cannot be undone.", class_name="muted"),
            rx.el.button(
                "Delete",
                type="button",
                on_click=CharactersState.remove(character.id),
                disabled=CharactersState.removing != "",
                class_name="button danger solid",
            ),
            class_name="row between",
        ),
        key=character.id,
        custom_attrs={"name": "characters"},
    )
