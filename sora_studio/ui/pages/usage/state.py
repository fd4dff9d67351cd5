"""What was spent in a month: one's own, or the studio's for who runs it."""

from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.access import Action, allowed
from sora_studio.domain.budget import BudgetStatus, name_of
from sora_studio.domain.errors import SoraStudioError
from sora_studio.domain.ids import public_id
from sora_studio.domain.money import as_amount
from sora_studio.domain.usage import (
    SAMPLE,
    Durations,
    Grouping,
    UsageQuery,
    UsageReport,
    UsageScope,
    month_of,
    pace,
)
from sora_studio.ui import formatting, routes
from sora_studio.ui.budget_lines import is_near, part_of
from sora_studio.ui.errors import explain
from sora_studio.ui.pages.usage.chart import Chart, draw
from sora_studio.ui.session import signed_in, still_signed_in
from sora_studio.ui.state_update import assign

MINE, STUDIO = "mine", "studio"

_NONE = "\u2013"
_FIRST = date(2000, 1, 1)


@dataclass(frozen=True)
class Figure:
    """One number and what it is."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Limit:
    """A budget and how it stands."""

    name: str
    left: str
    part: int  # per cent that are used, 100 at most
    alerted: bool  # beyond its last but one threshold


@dataclass(frozen=True)
class DearLine:
    """An attempt that cost much."""

    title: str
    note: str
    price: str
    href: str = ""


@dataclass(frozen=True)
class Shown:
    """Which month, and whose."""

    scope: str = MINE
    month: str = ""  # `2026-12`
    name: str = ""  # `December 2026`
    before: str = ""
    after: str = ""  # empty: it has not begun
    sheet: str = ""  # the address of the same rows as CSV


class UsageState(rx.State):
    """A month of usage."""

    ready: rx.Field[bool] = rx.field(False)
    problem: rx.Field[str] = rx.field("")
    runs_studio: rx.Field[bool] = rx.field(False)
    shown: rx.Field[Shown] = rx.field(default_factory=Shown)
    figures: rx.Field[list[Figure]] = rx.field(default_factory=list)
    limits: rx.Field[list[Limit]] = rx.field(default_factory=list)
    chart: rx.Field[Chart] = rx.field(default_factory=Chart)
    dearest: rx.Field[list[DearLine]] = rx.field(default_factory=list)

    @rx.event(background=True)
    async def load(self) -> None:
        """Show the month that is shown already, this one at first."""
        await _show(self)

    @rx.event(background=True)
    async def show_scope(self, scope: str) -> None:
        """Show one's own usage, or the whole studio's."""
        await _show(self, scope=STUDIO if scope == STUDIO else MINE)

    @rx.event(background=True)
    async def show_month(self, month: str) -> None:
        """Show another month, such as `2026-11`."""
        await _show(self, month=month[:7])


async def _show(state: UsageState, *, scope: str = "", month: str = "") -> None:
    """Read what is wanted; what is left out stays as it is."""
    async with state:
        identity, before = await signed_in(state), state.shown
    usage, today = services().usage, services().usage.today()
    first, last = month_of(_month(month or before.month, today))
    scope = scope or before.scope
    whose = UsageScope() if scope == STUDIO else UsageScope(user_id=identity.user_id)
    grouping = Grouping.USER if scope == STUDIO else Grouping.MODEL
    try:
        report = await usage.report(identity, UsageQuery(whose, first, last, grouping))
        budgets = await services().budgets.mine(identity)
    except SoraStudioError as error:
        async with still_signed_in(state, identity.user_id):
            assign(state, ready=True, problem=explain(error))
        return
    shown = _shown(scope, first, last, today)
    async with still_signed_in(state, identity.user_id):
        assign(
            state,
            ready=True,
            problem="",
            runs_studio=allowed(identity, Action.RUN_STUDIO),
            shown=shown,
            figures=_figures(report, first, today),
            limits=[*map(_limit, budgets)] if first <= today <= last else [],
            chart=draw(report.parts, first, last, report.names),
            dearest=_dear_lines(report),
        )


def _month(text: str, today: date) -> date:
    """Read a month; what is none, or has not begun, is this one. Before the first, nothing was spent."""
    try:
        return max(_FIRST, min(date.fromisoformat(f"{text}-01"), today))
    except ValueError:
        return today


def _shown(scope: str, first: date, last: date, today: date) -> Shown:
    after = last + timedelta(days=1)
    query = {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "scope": scope,
        "group_by": "user" if scope == STUDIO else "model",
    }
    return Shown(
        scope,
        f"{first:%Y-%m}",
        f"{first:%B %Y}",
        before=f"{first - timedelta(days=1):%Y-%m}",
        after=f"{after:%Y-%m}" if after <= today else "",
        sheet=f"{routes.USAGE_SHEET}?{urlencode(query)}",
    )


def _figures(report: UsageReport, first: date, today: date) -> list[Figure]:
    sums = report.totals
    figures = [
        Figure("Spent", as_amount(sums.spent_micros)),
        Figure("On hold", as_amount(sums.held_micros), "reserved for what is not decided yet"),
        Figure("Cost of failures", as_amount(sums.failed_micros)),
        Figure("Success rate", _share(sums.success), _attempts(sums.count)),
        Figure("Video made", formatting.took(timedelta(seconds=sums.seconds)) if sums.seconds else _NONE),
        Figure("Wait", *_took(report.waits)),
        Figure("Rendering", *_took(report.renders)),
    ]
    if first == month_of(today)[0]:
        used = sums.spent_micros + sums.held_micros
        figures.insert(2, Figure("Pace", as_amount(pace(used, today)), "by the end of the month"))
    return figures


def _share(part: float | None) -> str:
    return _NONE if part is None else f"{part:.0%}"


def _attempts(count: int) -> str:
    return "1 attempt" if count == 1 else f"{count:,} attempts"


def _took(took: Durations) -> tuple[str, str]:
    if took.median is None or took.most is None:
        return _NONE, ""
    of = f", of the latest {SAMPLE:,}" if took.is_sample else ""
    return (
        formatting.took(timedelta(seconds=took.median)),
        f"95 % within {formatting.took(timedelta(seconds=took.most))}{of}",
    )


def _limit(status: BudgetStatus) -> Limit:
    name = name_of(status.budget)
    return Limit(
        name[:1].upper() + name[1:],
        f"{as_amount(status.left_micros)} left",
        part_of(status),
        is_near(status),
    )


def _dear_lines(report: UsageReport) -> list[DearLine]:
    return [
        DearLine(
            each.title or report.names.get(str(each.user_id)) or "A video that is gone",
            each.model,
            as_amount(each.micros),
            routes.video(public_id(each.video_id)) if each.video_id else "",
        )
        for each in report.dearest
    ]
