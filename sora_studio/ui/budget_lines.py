"""A budget in the words of pages."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sora_studio.domain.budget import Behaviour, BudgetScope, BudgetStatus, Period, as_moment
from sora_studio.domain.ids import public_budget_id
from sora_studio.domain.money import as_amount, decimal

PERIODS = {
    Period.MONTH: "a month",
    Period.WEEK: "a week, from Monday",
    Period.DAY: "a day",
    Period.NONE: "from now on, once",
    Period.TOTAL: "in all, ever",
}
"""How long a budget's window is, in words."""

SCOPES = {
    BudgetScope.STUDIO: "The studio",
    BudgetScope.USER: "Person",
    BudgetScope.PROJECT: "Project",
    BudgetScope.KEY: "API key",
    BudgetScope.PROVIDER: "Provider",
}
"""Whose spending a budget bounds, in words."""


@dataclass(frozen=True)
class BudgetLine:
    """One budget as pages show it."""

    id: str = ""  # public
    scope: str = ""  # `Project`
    whose: str = ""  # its name; of the studio: empty
    amount: str = ""  # `$5.00 a month`
    used: str = ""  # `$1.20 spent · $0.40 on hold`
    left: str = ""  # `$3.40 left`
    opens: str = ""  # `Opens again on …`; empty: never
    part: int = 0  # per cent that are used, 100 at most
    near: bool = False  # beyond its last but one threshold
    blocks: bool = True
    amount_usd: str = ""  # what its form holds
    period: str = ""
    behaviour: str = ""
    thresholds: str = ""
    by_manager: bool = False  # its project's managers change it, too


def to_budget_line(status: BudgetStatus, name: str, zone: ZoneInfo) -> BudgetLine:
    """Write down how a budget stands.

    Args:
        status: The budget.
        name: Of the person, project, key or provider.
        zone: In which the moment is told at which it opens again.
    """
    budget, ends_at = status.budget, status.window.ends_at
    return BudgetLine(
        id=public_budget_id(budget.id),
        scope=SCOPES[budget.scope],
        whose=name,
        amount=f"{as_amount(budget.amount_micros)} {PERIODS[budget.period]}",
        used=f"{as_amount(status.spent_micros)} spent · {as_amount(status.held_micros)} on hold",
        left=f"{as_amount(status.left_micros)} left",
        opens=f"Opens again on {as_moment(ends_at, zone)}" if ends_at else "",
        part=part_of(status),
        near=is_near(status),
        blocks=budget.behaviour is Behaviour.BLOCK,
        amount_usd=decimal(budget.amount_micros),
        period=budget.period,
        behaviour=budget.behaviour,
        thresholds=", ".join(map(str, budget.thresholds)),
        by_manager=budget.by_manager,
    )


def part_of(status: BudgetStatus) -> int:
    """Return how many per cent of a budget are used, 100 at most."""
    amount = status.budget.amount_micros
    return min(100, status.used_micros * 100 // amount) if amount else 100


def is_near(status: BudgetStatus) -> bool:
    """Tell whether a budget has told its last but one threshold."""
    thresholds = status.budget.thresholds
    return bool(thresholds) and status.alerted >= max(thresholds[-2:][:1])
