"""What can be done to the videos that are selected: the bar, which studio.js shows while there are any."""

import reflex as rx

from sora_studio.domain.marks import STARS_MAX, TAG_MAX
from sora_studio.ui.components.menu import menu
from sora_studio.ui.theme import SMALL_ICON, icon


def selection_bar(until: rx.Var[str]) -> rx.Component:
    """Draw it, hidden; `data-batch` names an act and its value.

    Args:
        until: When the newest video that is shown was asked for: "all" means no later one.
    """
    return rx.el.div(
        rx.el.button(
            icon("x", SMALL_ICON),
            type="button",
            aria_label="Clear the selection",
            data_unselect="",
            class_name="button bare",
        ),
        rx.el.span(role="status", data_selected="", class_name="num"),
        rx.el.button("Select all", type="button", data_select_all="", class_name="button small quiet"),
        rx.el.span(class_name="gap"),
        rx.el.button(
            icon("star", SMALL_ICON),
            rx.el.span("Star"),
            type="button",
            aria_haspopup="menu",
            data_opens="star-menu",
            class_name="button",
        ),
        menu(
            *(_stars(stars) for stars in range(STARS_MAX, 0, -1)),
            rx.el.button("No stars", type="button", role="menuitem", data_batch="star=0"),
            name="star-menu",
        ),
        _tag(),
        rx.el.button(
            icon("trash-2", SMALL_ICON),
            rx.el.span("Delete"),
            type="button",
            data_batch="delete=",
            class_name="button danger",
        ),
        role="toolbar",
        aria_label="Selected videos",
        class_name="selection-bar",
        hidden=True,
        data_bar="",
        data_until=until,
    )


def _stars(stars: int) -> rx.Component:
    return rx.el.button(
        rx.el.span("★" * stars, aria_hidden="true", class_name="lamp-text"),
        rx.el.span(f"{stars} star{'s' if stars > 1 else ''}", class_name="sr"),
        type="button",
        role="menuitem",
        data_batch=f"star={stars}",
    )


def _tag() -> rx.Component:
    """Draw the tag that is put on all of them, or taken off."""
    return rx.el.details(
        rx.el.summary(icon("tag", SMALL_ICON), rx.el.span("Tag"), class_name="button"),
        rx.el.div(
            rx.el.input(
                type="text",
                name="tag",
                max_length=TAG_MAX,
                placeholder="client",
                aria_label="Tag",
                auto_complete="off",
                data_tag="",
                class_name="input",
            ),
            rx.el.button("Add", type="button", data_tagging="tag", class_name="button primary"),
            rx.el.button("Remove", type="button", data_tagging="untag", class_name="button"),
            class_name="tagging",
        ),
        custom_attrs={"name": "confirm"},
        class_name="confirm tag-box",
    )
