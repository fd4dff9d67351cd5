"""The budgets of the studio."""

import reflex as rx

from sora_studio.domain.budget import THRESHOLDS, Behaviour, BudgetScope, Period
from sora_studio.ui.budget_lines import PERIODS, SCOPES, BudgetLine
from sora_studio.ui.components.budget import budget_bar
from sora_studio.ui.components.confirm import confirm
from sora_studio.ui.components.form import error, field, text_field
from sora_studio.ui.components.studio import studio_page
from sora_studio.ui.pages.budgets.state import BudgetsState, Candidate

_BEHAVIOURS = {
    Behaviour.BLOCK: "Refuse what it does not cover",
    Behaviour.WARN: "Warn, and let it through",
}


def page() -> rx.Component:
    """Draw the page."""
    return studio_page(
        "Budgets",
        rx.cond(BudgetsState.ready, _lists()),
        name="studio-budgets",
        ready=BudgetsState.ready,
        trouble=BudgetsState.problem,
    )


def _lists() -> rx.Component:
    return rx.fragment(
        rx.el.details(
            rx.el.summary("New budget…", class_name="button primary"),
            _new(),
            key=BudgetsState.made.to_string(),
            class_name="unfold",
        ),
        rx.cond(
            BudgetsState.budgets.length() > 0,
            rx.el.ul(rx.foreach(BudgetsState.budgets, _line), class_name="limits budgets"),
            rx.el.p("There is no budget yet: everybody may spend what they like.", class_name="muted"),
        ),
        rx.cond(
            BudgetsState.has_more,
            rx.el.button("Show more", type="button", on_click=BudgetsState.more, class_name="button"),
        ),
    )


def _new() -> rx.Component:
    is_named = (BudgetsState.scope != BudgetScope.STUDIO) & (BudgetsState.scope != BudgetScope.PROVIDER)
    return rx.el.form(
        field(
            "Whose spending",
            rx.el.select(
                *(rx.el.option(words, value=scope) for scope, words in SCOPES.items()),
                name="scope",
                value=BudgetsState.scope,
                on_change=BudgetsState.choose_scope,
                class_name="input",
            ),
        ),
        rx.cond(
            is_named,
            text_field(
                "Look for",
                "words",
                placeholder="Name",
                auto_complete="off",
                on_change=BudgetsState.find.debounce(200),
                key=BudgetsState.scope,
            ),
        ),
        rx.cond(
            BudgetsState.scope != BudgetScope.STUDIO,
            rx.el.fieldset(
                rx.el.legend("Which one", class_name="label"),
                rx.foreach(BudgetsState.candidates, _candidate),
                rx.cond(
                    BudgetsState.candidates.length() == 0,
                    rx.el.p("None has such a name.", class_name="muted"),
                ),
                class_name="choices-list",
            ),
        ),
        *_terms("", Period.MONTH, Behaviour.BLOCK, ", ".join(map(str, THRESHOLDS))),
        error(BudgetsState.refusal),
        rx.el.button("Make budget", type="submit", disabled=BudgetsState.busy, class_name="button primary"),
        on_submit=BudgetsState.create,
        method="post",
        class_name="form",
        aria_label="New budget",
    )


def _candidate(candidate: rx.vars.ObjectVar[Candidate]) -> rx.Component:
    return rx.el.label(
        rx.el.input(type="radio", name="scope_id", value=candidate.id, required=True),
        rx.el.span(rx.el.bdi(candidate.name)),
        key=candidate.id,
        class_name="check",
    )


def _terms(
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


def _line(line: rx.vars.ObjectVar[BudgetLine]) -> rx.Component:
    name = rx.cond(line.whose, line.whose, line.scope).to(str)
    return budget_bar(
        line,
        rx.el.div(
            rx.el.details(
                rx.el.summary("Change…", class_name="button small", aria_label="Change the budget: " + name),
                rx.el.form(
                    rx.el.input(type="hidden", name="budget_id", value=line.id, read_only=True),
                    *_terms(line.amount_usd, line.period, line.behaviour, line.thresholds),
                    rx.el.button("Save", type="submit", disabled=BudgetsState.busy, class_name="button"),
                    on_submit=BudgetsState.change,
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
                    on_click=BudgetsState.remove(line.id),
                    disabled=BudgetsState.busy,
                    aria_label="Delete the budget: " + name,
                    class_name="button small danger solid",
                ),
                look="small danger",
            ),
            class_name="choices",
        ),
    )
