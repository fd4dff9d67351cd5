"""From sums of days to a chart of stacked bars, and the table with the same numbers. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sora_studio.domain.money import as_amount
from sora_studio.domain.usage import SERIES, DayPart, ranked

WIDTH, HEIGHT = 620, 160
"""Of the drawing, in its own units; a day is as wide as fits."""

_OTHERS = "Others"
_GAP = 0.25  # of a day's width


@dataclass(frozen=True)
class Bar:
    """A part of a day's bar."""

    x: str
    y: str
    width: str
    height: str
    tone: str  # `tone-0`
    title: str  # `3 December: sora-2 $0.40`


@dataclass(frozen=True)
class Series:
    """One colour."""

    name: str
    tone: str
    total: str


@dataclass(frozen=True)
class Line:
    """A row of the table: a day and what it took."""

    day: str
    cells: tuple[str, ...]
    total: str


@dataclass(frozen=True)
class Chart:
    """A chart and its table."""

    bars: tuple[Bar, ...] = ()
    series: tuple[Series, ...] = ()
    lines: tuple[Line, ...] = ()  # of days on which something was spent
    top: str = ""  # what the tallest bar says
    first: str = ""
    last: str = ""


def draw(parts: Sequence[DayPart], first: date, last: date, names: Mapping[str, str]) -> Chart:
    """Draw days from the first to the last, both included, stacked by the dearest things."""
    shown = ranked(parts, SERIES)
    labels = [names.get(key) or key or "None" for key in shown]
    if {part.key for part in parts} - {*shown}:
        labels.append(_OTHERS)
    days: dict[date, list[int]] = {}
    for part in parts:
        sums = days.setdefault(part.day, [0] * len(labels))
        sums[shown.index(part.key) if part.key in shown else len(labels) - 1] += part.micros
    tallest = max((sum(sums) for sums in days.values()), default=0)
    bars = [bar for day, sums in days.items() for bar in _bars(day, sums, labels, first, last, tallest)]
    totals = [sum(sums[place] for sums in days.values()) for place in range(len(labels))]
    return Chart(
        bars=tuple(bars),
        series=tuple(
            Series(label, f"tone-{place}", as_amount(total))
            for place, (label, total) in enumerate(zip(labels, totals, strict=True))
        ),
        lines=tuple(
            Line(day_words(day), tuple(map(as_amount, sums)), as_amount(sum(sums)))
            for day, sums in sorted(days.items())
            if any(sums)
        ),
        top=as_amount(tallest) if tallest else "",
        first=day_words(first),
        last=day_words(last),
    )


def day_words(day: date) -> str:
    """Write a day as a person reads it: `3 December`."""
    return f"{day.day} {day:%B}"


def _bars(
    day: date, sums: Sequence[int], labels: Sequence[str], first: date, last: date, tallest: int
) -> list[Bar]:
    step = WIDTH / ((last - first) // timedelta(days=1) + 1)
    bars, below = list[Bar](), 0
    for place, micros in enumerate(sums):
        if micros <= 0 or tallest <= 0:
            continue
        height = micros * HEIGHT / tallest
        below += micros
        bars.append(
            Bar(
                _units((day - first) // timedelta(days=1) * step + step * _GAP / 2),
                _units(HEIGHT - below * HEIGHT / tallest),
                _units(step * (1 - _GAP)),
                _units(height),
                f"tone-{place}",
                f"{day_words(day)}: {labels[place]} {as_amount(micros)}",
            )
        )
    return bars


def _units(length: float) -> str:
    return f"{length:.2f}"
