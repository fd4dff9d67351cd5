"""Menus. The one of a tile serves all of them, moved to the tile that asked for it."""

from typing import Any

import reflex as rx

from sora_studio.domain.marks import STARS_MAX
from sora_studio.ui import routes
from sora_studio.ui.actions import VideoActions
from sora_studio.ui.components.confirm import confirm
from sora_studio.ui.theme import SMALL_ICON, icon, plain_link

# studio.js notes on the menu whose it is; this is read at the click.
_WHOSE = rx.Var("document.getElementById('tile-menu').dataset.video").to(str)
_PAGE = routes.video(f"{_WHOSE}")


def tile_menu() -> rx.Component:
    """Open, download, remix, delete."""
    return menu(
        _item("maximize-2", "Open", on_click=rx.redirect(_PAGE)),
        plain_link(
            icon("download", SMALL_ICON), "Download", role="menuitem", data_item="download", download=""
        ),
        _item("shuffle", "Remix", on_click=rx.redirect(f"{_PAGE}#remix"), data_item="remix"),
        _item(
            "pencil", "Edit and resubmit", on_click=rx.redirect(routes.edit(f"{_WHOSE}")), data_item="edit"
        ),
        rx.el.div(
            *(_rating(stars) for stars in range(STARS_MAX, -1, -1)),
            role="group",
            aria_label="Stars",
            class_name="rating",
            data_item="stars",
        ),
        _item(
            "trash-2", "Delete", on_click=VideoActions.remove(_WHOSE), class_name="danger", data_item="delete"
        ),
        _delete_at_once(),
        name="tile-menu",
    )


def _rating(stars: int) -> rx.Component:
    text = f"{stars} star{'' if stars == 1 else 's'}" if stars else "No stars"
    return rx.el.button(
        "★" if stars else "✕",
        type="button",
        role="menuitemradio",
        aria_label=text,
        title=text,
        aria_checked="false",
        data_rate=f"{stars}",
    )


def menu(*items: rx.Component, name: str) -> rx.Component:
    """Draw a menu, closed; what has its name in `data-opens` opens it, and studio.js finds the place."""
    return rx.el.div(*items, role="menu", class_name="menu", custom_attrs={"id": name, "popover": "auto"})


def _delete_at_once() -> rx.Component:
    """Ask before something is deleted that is being made; studio.js writes what it costs all the same."""
    return confirm(
        (icon("trash-2", SMALL_ICON), "Delete"),
        rx.el.span(data_cost=""),
        "This cannot be undone.",
        button=rx.el.button(
            "Delete now",
            type="button",
            on_click=VideoActions.remove_at_once(_WHOSE),
            class_name="button small danger solid",
        ),
        look="danger",
        data_item="delete-at-once",
    )


def _item(symbol: str, text: str, **props: Any) -> rx.Component:  # noqa: ANN401 -- props have any type
    return rx.el.button(icon(symbol, SMALL_ICON), text, type="button", role="menuitem", **props)
