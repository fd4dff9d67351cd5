"""Budgets: how much may be spent, by whom, in which window of time. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from sora_studio.domain.errors import BudgetExceeded, InvalidInput
from sora_studio.domain.money import AMOUNT_MAX, as_amount, as_price, micros

THRESHOLDS = (50, 80, 100)
"""Per cent at which a budget speaks up when nothing else is said."""

_THRESHOLDS_MOST, _THRESHOLD_MAX = 10, 1000
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)  # before anything


class BudgetScope(StrEnum):
    """Whose spending a budget bounds."""

    STUDIO = "studio"
    USER = "user"
    PROJECT = "project"
    KEY = "key"
    PROVIDER = "provider"


class Period(StrEnum):
    """How long a budget's window is; it begins at midnight in the studio's time zone."""

    NONE = "none"  # from the budget's own beginning on, and never anew
    DAY = "day"
    WEEK = "week"  # from Monday
    MONTH = "month"
    TOTAL = "total"  # everything that was ever spent


class Behaviour(StrEnum):
    """What a budget does about a wish that it does not cover."""

    BLOCK = "block"
    WARN = "warn"


@dataclass(frozen=True)
class Window:
    """A stretch of time: from its start up to, and not including, its end."""

    starts_at: datetime
    ends_at: datetime | None  # None: it never ends


@dataclass(frozen=True)
class Budget:
    """A limit in money over a window, on one scope."""

    id: UUID
    scope: BudgetScope
    scope_id: str  # an id, or a provider's name; empty of the studio
    amount_micros: int
    period: Period
    behaviour: Behaviour
    thresholds: tuple[int, ...]  # per cent, rising
    created_at: datetime
    by_manager: bool = False  # a manager of its project has made it, and may change it; else only admins may


@dataclass(frozen=True)
class Spender:
    """Whose money an attempt takes: what is compared with the scopes of budgets."""

    user_id: UUID
    provider: str
    project_id: UUID | None = None
    api_key_id: UUID | None = None

    def names(self) -> dict[BudgetScope, str]:
        """Return the id by which each scope knows it; those that it has nothing to do with are missing."""
        known = {
            BudgetScope.STUDIO: "",
            BudgetScope.USER: str(self.user_id),
            BudgetScope.PROVIDER: self.provider,
        }
        if self.project_id:
            known[BudgetScope.PROJECT] = str(self.project_id)
        if self.api_key_id:
            known[BudgetScope.KEY] = str(self.api_key_id)
        return known


@dataclass(frozen=True)
class BudgetStatus:
    """How a budget stands in one of its windows."""

    budget: Budget
    window: Window
    held_micros: int = 0
    spent_micros: int = 0
    alerted: int = 0  # the highest threshold that has been told in this window

    @property
    def used_micros(self) -> int:
        """Return what counts against it: spent, and reserved for what is not decided yet."""
        return self.held_micros + self.spent_micros

    @property
    def left_micros(self) -> int:
        """Return what is left; 0 where more was spent than it allows."""
        return max(0, self.budget.amount_micros - self.used_micros)

    @property
    def blocks(self) -> bool:
        """Tell whether it refuses what it does not cover."""
        return self.budget.behaviour is Behaviour.BLOCK

    def covers(self, price_micros: int) -> bool:
        """Tell whether a price fits in; what is free always does."""
        return price_micros == 0 or self.used_micros + price_micros <= self.budget.amount_micros

    def reached(self, price_micros: int = 0) -> tuple[int, ...]:
        """Return the thresholds that are reached once a price is reserved, too, and were not told yet."""
        return tuple(
            each for each in self.budget.thresholds if each > self.alerted and self.is_at(each, price_micros)
        )

    def is_at(self, threshold: int, price_micros: int = 0) -> bool:
        """Tell whether so many per cent are used once a price is reserved, too."""
        used = self.used_micros + price_micros
        return used > 0 and used * 100 >= threshold * self.budget.amount_micros


@dataclass(frozen=True)
class BudgetNotice:
    """What somebody reads about a budget, until they put it away."""

    budget: Budget
    name: str  # of the person, project, key or provider whose budget it is; of the studio: empty
    threshold: int  # per cent: the highest that was reached
    at: datetime


def window_of(budget: Budget, at: datetime, zone: ZoneInfo) -> Window:
    """Return the window of a budget in which a moment lies.

    Args:
        budget: Its period says how long the window is.
        at: The moment; of a window without an end, any.
        zone: Whose midnights count. Days are as long as its clocks make them.
    """
    if budget.period is Period.NONE:
        return Window(budget.created_at, None)
    if budget.period is Period.TOTAL:
        return Window(_BEGINNING, None)
    first, after = _days(budget.period, at.astimezone(zone).date())
    return Window(midnight(first, zone), midnight(after, zone))


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the moment in UTC at which a day begins: where clocks skip midnight, when they do."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _days(period: Period, day: date) -> tuple[date, date]:
    """Return the first day of a window, and the first of the next one."""
    if period is Period.DAY:
        return day, day + timedelta(days=1)
    if period is Period.WEEK:
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1)


def tightest(statuses: Iterable[BudgetStatus]) -> BudgetStatus | None:
    """Return the budget that leaves least; among equals, the one that opens last. None: there is none."""

    def how_tight(status: BudgetStatus) -> tuple[int, float]:
        ends_at = status.window.ends_at
        return status.left_micros, -(ends_at.timestamp() if ends_at else float("inf"))

    return min(statuses, key=how_tight, default=None)


def refusal(
    statuses: Sequence[BudgetStatus],
    price_micros: int | None,
    zone: ZoneInfo,
    named: Collection[BudgetScope] = frozenset(BudgetScope),
) -> BudgetExceeded | None:
    """Say why a wish cannot be paid for, by the tightest of the budgets that do not cover it; None: it can.

    Args:
        statuses: Of all budgets that apply.
        price_micros: None: unknown, which no budget that blocks covers.
        zone: In which the moment is told at which the budget opens again.
        named: Of which scopes a budget is named; of another one nothing is told but that it is short.
    """
    blocking = [status for status in statuses if status.blocks]
    short = [status for status in blocking if price_micros is None or not status.covers(price_micros)]
    worst = tightest(short)
    if worst is None:
        return None
    if worst.budget.scope not in named:
        message = f"{_what(price_micros)}a budget of the person whose API key this is does not cover it."
        return BudgetExceeded(message, "", 0, 0, None)
    return BudgetExceeded(
        _what(price_micros) + rest(worst, zone),
        worst.budget.scope,
        worst.budget.amount_micros,
        worst.left_micros,
        worst.window.ends_at,
    )


_WHOSE = {
    BudgetScope.STUDIO: "the studio's budget",
    BudgetScope.USER: "your budget",
    BudgetScope.PROJECT: "this project's budget",
    BudgetScope.KEY: "this API key's budget",
}
_EACH = {Period.DAY: " a day", Period.WEEK: " a week", Period.MONTH: " a month", Period.TOTAL: " in all"}


def name_of(budget: Budget) -> str:
    """Name a budget as a person reads it: `the studio's budget of $5.00 a month`."""
    whose = _WHOSE.get(budget.scope, f"the budget for {budget.scope_id}")
    return f"{whose} of {as_amount(budget.amount_micros)}{_EACH.get(budget.period, '')}"


def _what(price_micros: int | None) -> str:
    if price_micros is None:
        return "What this costs is not known, and budgets pay only for what is: "
    return f"This costs {as_price(price_micros)}, and "


def rest(status: BudgetStatus, zone: ZoneInfo) -> str:
    """Say what is left of a budget, when it opens again and who can raise it."""
    left = as_amount(status.left_micros) if status.left_micros else "nothing"
    what = f"{left} is left of {name_of(status.budget)}."
    return f"{what} {_when(status.window, zone)}{_who(status.budget)}"


def _when(window: Window, zone: ZoneInfo) -> str:
    if window.ends_at is None:
        return ""
    return f"It opens again on {as_moment(window.ends_at, zone)}. "


def as_moment(at: datetime, zone: ZoneInfo) -> str:
    """Write a moment as a person reads it: `1 December 2026, 00:00 (Europe/Berlin)`."""
    there = at.astimezone(zone)
    return f"{there.day} {there:%B %Y, %H:%M} ({zone.key})"


def _who(budget: Budget) -> str:
    if budget.scope is BudgetScope.PROJECT:
        return "A manager of the project or an admin of this studio can raise it."
    if budget.scope is BudgetScope.KEY:
        return "It is raised on the profile of the person whose key it is, or by an admin of this studio."
    return "An admin of this studio can raise it."


@dataclass(frozen=True)
class BudgetTerms:
    """What is asked of a new budget, as it came."""

    scope: BudgetScope
    scope_id: str | None
    amount_usd: str
    period: Period
    behaviour: Behaviour = Behaviour.BLOCK
    thresholds: tuple[int, ...] = THRESHOLDS

    def budget(self, budget_id: UUID, now: datetime) -> Budget:
        """Return the budget that is asked for.

        Raises:
            InvalidInput: A value will not do.
        """
        return Budget(
            id=budget_id,
            scope=self.scope,
            scope_id=_scope_id(self.scope, self.scope_id or ""),
            amount_micros=_amount(self.amount_usd),
            period=self.period,
            behaviour=self.behaviour,
            thresholds=check_thresholds(self.thresholds),
            created_at=now,
        )


@dataclass(frozen=True)
class BudgetChange:
    """What to change about a budget, as it came; None stays as it is."""

    amount_usd: str | None = None
    period: Period | None = None
    behaviour: Behaviour | None = None
    thresholds: tuple[int, ...] | None = None

    def applied_to(self, budget: Budget) -> Budget:
        """Return the budget with the change.

        Raises:
            InvalidInput: A value will not do.
        """
        amount, thresholds = self.amount_usd, self.thresholds
        return replace(
            budget,
            amount_micros=budget.amount_micros if amount is None else _amount(amount),
            period=self.period or budget.period,
            behaviour=self.behaviour or budget.behaviour,
            thresholds=budget.thresholds if thresholds is None else check_thresholds(thresholds),
        )


def _scope_id(scope: BudgetScope, text: str) -> str:
    """Return whose or what's budget it is: an id as UUID, with or without its prefix; a provider's name."""
    if scope is BudgetScope.STUDIO and text:
        message = "The studio's budget has no scope_id."
        raise InvalidInput(message, "scope_id")
    if scope is BudgetScope.STUDIO or (scope is BudgetScope.PROVIDER and text):
        return text
    try:
        return str(UUID(text.removeprefix(f"{scope}_")))
    except ValueError as error:
        message = f"scope_id has to name a {scope}."
        raise InvalidInput(message, "scope_id") from error


def _amount(text: str) -> int:
    try:
        amount = micros(text)
    except ValueError as error:
        message = "amount_usd is a number of dollars with at most six decimals, such as 12.50."
        raise InvalidInput(message, "amount_usd") from error
    if amount > AMOUNT_MAX:
        message = f"amount_usd is at most {AMOUNT_MAX // 1_000_000}."
        raise InvalidInput(message, "amount_usd")
    return amount


def check_thresholds(thresholds: Sequence[int]) -> tuple[int, ...]:
    """Return thresholds in order, each once.

    Raises:
        InvalidInput: More than ten, or one that is not 1 to 1000 per cent.
    """
    clean = tuple(sorted(set(thresholds)))
    if len(clean) > _THRESHOLDS_MOST or any(not 1 <= each <= _THRESHOLD_MAX for each in clean):
        message = (
            f"thresholds are at most {_THRESHOLDS_MOST} numbers from 1 to {_THRESHOLD_MAX}, in per cent."
        )
        raise InvalidInput(message, "thresholds")
    return clean
