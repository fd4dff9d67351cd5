"""The little of the look that Python needs to know; everything else is assets/css."""

import reflex as rx

ICON = 20  # pixels
SMALL_ICON = 16

PAPER = "#faf9f7"  # the page in light, as in assets/css/tokens.css
NIGHT = "#0c0d10"  # and in dark

UNTRANSLATED = {"translate": "no"}

plain_link = rx.el.A.create
"""A link to a file or an anchor, followed by the browser itself; `rx.el.a` goes through the router."""


def icon(name: str, size: int = ICON) -> rx.Component:
    """Draw a lucide icon; it is decoration, the words beside it carry the meaning."""
    return rx.icon(name, size=size, aria_hidden="true")


def live(value: rx.Var[str]) -> rx.Component:
    """Show a number that changes while the page is open.

    Translators of pages put other elements around texts, and React goes on changing those that it knows: so
    another value is another element, and none is translated.
    """
    return rx.el.span(value, key=value, class_name="num", custom_attrs=UNTRANSLATED)


def style(**custom_properties: object) -> dict[str, object]:
    """Set CSS custom properties as a plain style attribute: `style(ar=1.5)` sets `--ar`.

    Reflex's own `style` makes a class in the browser for each value; a grid of tiles has a value each.
    """
    return {"style": rx.Var.create({f"--{name}": value for name, value in custom_properties.items()})}
