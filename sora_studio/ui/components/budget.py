"""How a budget stands, and the forms that make and change one, drawn."""

from collections.abc import Callable
from typing import Any

import reflex as rx
from reflex.event import EventType

from sora_studio.domain.budget import Behaviour
from sora_studio.ui.budget_lines import PERIODS, BudgetLine
from sora_studio.ui.components.confirm import confirm
from sora_studio.ui.components.form import field, text_field

_BEHAVIOURS = {
    Behaviour.BLOCK: "Refuse what it does not cover",
    Behaviour.WARN: "Warn, and let it through",
}


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


def budget_terms(
    amount: rx.Var[str] | str,
    period: rx.Var[str] | str,
    behaviour: rx.Var[str] | str,
    thresholds: rx.Var[str] | str,
) -> tuple[rx.Component, ...]:
    """Draw the fields that a new budget and one that is changed have in common."""
    return (
        text_field(
            "Dollars",
            "amount_usd",
            default_value=amount,
            input_mode="decimal",
            placeholder="5.00",
            required=True,
            max_length=40,
            auto_complete="off",
        ),
        field(
            "For",
            rx.el.select(
                *(rx.el.option(words, value=each) for each, words in PERIODS.items()),
                name="period",
                default_value=period,
                class_name="input",
            ),
        ),
        field(
            "When a wish does not fit",
            rx.el.select(
                *(rx.el.option(words, value=each) for each, words in _BEHAVIOURS.items()),
                name="behaviour",
                default_value=behaviour,
                class_name="input",
            ),
        ),
        text_field(
            "Notices at, in per cent",
            "thresholds",
            default_value=thresholds,
            auto_complete="off",
        ),
    )


def budget_choices(
    line: rx.vars.ObjectVar[BudgetLine],
    busy: rx.Var[bool],
    *,
    change: EventType[dict[str, Any]],
    remove: Callable[[rx.Var[str]], EventType[()]],
) -> rx.Component:
    """Draw what can be done to a budget.

    Args:
        line: The budget.
        busy: Whether something is on its way.
        change: Takes the form.
        remove: Takes the budget's id.
    """
    name = rx.cond(line.whose, line.whose, line.scope).to(str)
    return rx.el.div(
        rx.el.details(
            rx.el.summary("Change…", class_name="button small", aria_label="Change the budget: " + name),
            rx.el.form(
                rx.el.input(type="hidden", name="budget_id", value=line.id, read_only=True),
                *budget_terms(line.amount_usd, line.period, line.behaviour, line.thresholds),
                rx.el.button("Save", type="submit", disabled=busy, class_name="button"),
                on_submit=change,
                method="post",
                class_name="form",
            ),
            key=f"{line.amount} {line.behaviour} {line.thresholds}",
            class_name="unfold",
        ),
        confirm(
            ("Delete",),
            "What it bounded is bounded by the other budgets alone.",
            button=rx.el.button(
                "Delete budget",
                type="button",
                on_click=remove(line.id),
                disabled=busy,
                aria_label="Delete the budget: " + name,
                class_name="button small danger solid",
            ),
            look="small danger",
        ),
        class_name="choices",
    )
