"""The sheet of keys, on every page behind `?`."""

import reflex as rx

from sora_studio.ui.theme import SMALL_ICON, icon

_KEYS = {
    "Everywhere": (("c", "write a prompt"), ("/", "search"), ("z", "undo"), ("?", "this sheet")),
    "On a tile": (
        ("← → ↑ ↓", "go to another tile"),
        ("Enter", "open it"),
        ("1 to 5", "give it stars"),
        ("0", "take its stars"),
        ("x", "select it"),
        ("Delete", "delete it"),
        ("m", "everything else"),
    ),
    "In the library": (
        ("Shift + click", "select all between"),
        ("Ctrl or ⌘ + A", "select all that match"),
        ("Esc", "select nothing"),
    ),
    "Watching": (("Space", "play, pause"), ("← →", "a second back, or on"), ("f", "the whole screen")),
}


def key_sheet() -> rx.Component:
    """Draw it, closed."""
    return rx.el.dialog(
        rx.el.div(
            rx.el.h2("Keys", custom_attrs={"id": "keys-title"}),
            rx.el.button(
                icon("x", SMALL_ICON),
                type="button",
                aria_label="Close",
                data_close_keys="",
                class_name="button small bare",
            ),
            class_name="row between",
        ),
        rx.el.div(*(_group(name) for name in _KEYS), class_name="key-groups"),
        custom_attrs={"id": "keys", "aria-labelledby": "keys-title"},
        class_name="key-sheet",
    )


def _group(name: str) -> rx.Component:
    lines = (rx.fragment(rx.el.dt(rx.el.kbd(keys)), rx.el.dd(what)) for keys, what in _KEYS[name])
    return rx.el.section(rx.el.h3(name), rx.el.dl(*lines))
