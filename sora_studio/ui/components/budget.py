"""How a budget stands, drawn."""

import reflex as rx

from sora_studio.ui.budget_lines import BudgetLine


def budget_bar(line: rx.vars.ObjectVar[BudgetLine], *more: rx.Component) -> rx.Component:
    """Draw a budget's line of a list: whose, how much of it is used, and when it opens again."""
    name = rx.cond(line.whose, line.whose, line.scope)
    return rx.el.li(
        rx.el.p(
            rx.el.span(
                rx.el.bdi(name, class_name="who"),
                rx.cond(line.whose, rx.el.span(" ", line.scope, class_name="muted")),
                rx.cond(line.blocks, rx.fragment(), rx.el.span("Warns only", class_name="tag")),
            ),
            rx.el.span(line.amount, class_name="num"),
        ),
        rx.el.progress(
            value=line.part.to_string(),
            max="100",
            aria_label="Used of the budget: " + name.to(str),
            class_name=rx.cond(line.near, "near", ""),
        ),
        rx.el.p(
            rx.el.span(line.used, " · ", line.left, class_name="num"),
            rx.el.span(line.opens, class_name="num"),
            class_name="muted",
        ),
        *more,
        key=line.id,
    )
