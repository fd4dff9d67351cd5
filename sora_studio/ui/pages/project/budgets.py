"""The budgets of a project, to its managers: those of admins bound it, their own more closely."""

import reflex as rx

from sora_studio.domain.budget import THRESHOLDS, Behaviour, Period
from sora_studio.ui.budget_lines import BudgetLine
from sora_studio.ui.components.budget import budget_bar, budget_choices, budget_terms
from sora_studio.ui.pages.project.budgets_state import ProjectBudgetsState
from sora_studio.ui.pages.project.state import ProjectState


def budgets() -> rx.Component:
    """Draw the section."""
    return rx.el.section(
        rx.el.h2("Budgets"),
        rx.el.p(
            "Each of them counts. Admins of the studio make and change theirs; yours can bound the project "
            "more closely.",
            class_name="muted",
        ),
        rx.el.details(
            rx.el.summary("New budget…", class_name="button"),
            rx.el.form(
                *budget_terms("", Period.MONTH, Behaviour.BLOCK, ", ".join(map(str, THRESHOLDS))),
                rx.el.button(
                    "Make budget",
                    type="submit",
                    disabled=ProjectBudgetsState.busy,
                    class_name="button primary",
                ),
                on_submit=ProjectBudgetsState.create,
                method="post",
                class_name="form",
                aria_label="New budget",
            ),
            key=ProjectBudgetsState.made.to_string(),
            class_name="unfold",
        ),
        rx.cond(
            ProjectState.budgets.length() > 0,
            rx.el.ul(rx.foreach(ProjectState.budgets, _line), class_name="limits budgets"),
        ),
    )


def _line(line: rx.vars.ObjectVar[BudgetLine]) -> rx.Component:
    return budget_bar(
        line,
        rx.cond(
            line.by_manager,
            budget_choices(
                line,
                ProjectBudgetsState.busy,
                change=ProjectBudgetsState.change,
                remove=ProjectBudgetsState.remove,
            ),
            rx.el.p("Set by an admin of the studio.", class_name="muted"),
        ),
    )
