"""How far something is: a ring with its number."""

import reflex as rx

from sora_studio.ui.theme import SMALL_ICON, UNTRANSLATED, icon, style


def ring(percent: rx.Var[int], *, known: rx.Var[bool] | bool, label: rx.Var[str] | str) -> rx.Component:
    """Draw progress: no number before it begins; a ring that turns where the provider tells none.

    The stylesheet writes the number, which so glides along with the arc, and which no translator touches.
    """
    return rx.el.div(
        rx.cond(
            known,
            rx.cond(
                percent.to(int) > 0,
                rx.el.span(rx.el.small("%"), class_name="num", aria_hidden="true", custom_attrs=UNTRANSLATED),
                icon("clock", SMALL_ICON),
            ),
        ),
        role="progressbar",
        aria_label=label,
        aria_valuemin="0",
        aria_valuemax="100",
        aria_valuenow=percent.to_string(),
        aria_valuetext=rx.cond(known, f"{percent}%", "In progress; the provider reports no percentage"),
        data_busy=rx.cond(known, "false", "true"),
        class_name="ring",
        custom_attrs=style(p=percent, percent=percent),
    )
