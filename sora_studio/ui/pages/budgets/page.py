"""The budgets of the studio."""

import reflex as rx

from sora_studio.domain.budget import THRESHOLDS, Behaviour, BudgetScope, Period
from sora_studio.ui.budget_lines import SCOPES, BudgetLine
from sora_studio.ui.components.budget import budget_bar, budget_choices, budget_terms
from sora_studio.ui.components.form import error, field, text_field
from sora_studio.ui.components.studio import studio_page
from sora_studio.ui.pages.budgets.state import BudgetsState, Candidate


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
        *budget_terms("", Period.MONTH, Behaviour.BLOCK, ", ".join(map(str, THRESHOLDS))),
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


def _line(line: rx.vars.ObjectVar[BudgetLine]) -> rx.Component:
    return budget_bar(
        line, budget_choices(line, BudgetsState.busy, change=BudgetsState.change, remove=BudgetsState.remove)
    )
