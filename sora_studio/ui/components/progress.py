"""How far something is: a ring with its number."""

import reflex as rx

from sora_studio.ui.theme import style


def ring(percent: rx.Var[int], *, known: rx.Var[bool] | bool, label: rx.Var[str] | str) -> rx.Component:
    """Draw progress; where the provider tells none, the ring turns and shows no number."""
    return rx.el.div(
        rx.cond(known, rx.el.span(percent, rx.el.small("%"), class_name="num", aria_hidden="true")),
        role="progressbar",
        aria_label=label,
        aria_valuemin="0",
        aria_valuemax="100",
        aria_valuenow=percent.to_string(),
        aria_valuetext=rx.cond(known, f"{percent}%", "In progress; the provider reports no percentage"),
        data_busy=rx.cond(known, "false", "true"),
        class_name="ring",
        custom_attrs=style(p=percent),
    )
