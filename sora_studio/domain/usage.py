"""Usage: what was spent, on what and by whom, added up."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from sora_studio.domain.errors import InvalidInput

SERIES = 5
"""Things that a chart tells apart; what is left is one more."""

LONGEST = timedelta(days=1100)
"""Three years: what is asked for at a time."""

SAMPLE = 1000
"""Videos of which it is told how long they took."""

_DAY = timedelta(days=1)


class Grouping(StrEnum):
    """What usage is added up by."""

    DAY = "day"
    MODEL = "model"
    PROVIDER = "provider"
    USER = "user"
    PROJECT = "project"
    KEY = "key"


@dataclass(frozen=True)
class UsageScope:
    """Whose usage it is; with neither, the whole studio's."""

    user_id: UUID | None = None
    project_id: UUID | None = None


@dataclass(frozen=True)
class UsageSums:
    """What attempts add up to; money in micro-dollars."""

    count: int = 0  # attempts
    completed: int = 0
    failures: int = 0
    seconds: int = 0  # of finished video
    spent_micros: int = 0
    held_micros: int = 0  # for what is not decided yet
    failed_micros: int = 0  # of what was spent: on attempts that failed

    @property
    def success(self) -> float | None:
        """Return the part of the attempts that ended well, 0 to 1; None: none has ended."""
        ended = self.completed + self.failures
        return self.completed / ended if ended else None


@dataclass(frozen=True)
class UsageRow:
    """One line: what it is about, and the sums."""

    key: str  # a day, a name or an id; empty: of none, such as what came with no API key
    sums: UsageSums
    name: str = ""  # of a person, while there is an account


@dataclass(frozen=True)
class UsageQuery:
    """Which usage is wanted: whole days of the studio's time zone, the last one included."""

    scope: UsageScope
    first: date
    last: date
    grouping: Grouping = Grouping.DAY
    after: str | None = None  # the last key of the page before
    limit: int = 1000

    def __post_init__(self) -> None:
        """Check that the days make sense.

        Raises:
            InvalidInput: They are in the wrong order, or more than three years.
        """
        if self.last < self.first:
            message = "to must not be before from."
            raise InvalidInput(message, "to")
        if self.last - self.first > LONGEST:
            message = f"from and to are at most {LONGEST.days} days apart."
            raise InvalidInput(message, "from")

    def days(self) -> list[date]:
        """Return the days, in order."""
        return [self.first + n * _DAY for n in range((self.last - self.first) // _DAY + 1)]


@dataclass(frozen=True)
class Usage:
    """A page of usage, and what all pages add up to."""

    rows: tuple[UsageRow, ...]
    totals: UsageSums
    has_more: bool = False


@dataclass(frozen=True)
class DayPart:
    """What was spent or is on hold of one day, on one thing."""

    day: date
    key: str | None  # None: all things that are none of the dearest
    micros: int


@dataclass(frozen=True)
class Durations:
    """How long something took, in seconds; None: it has not happened."""

    median: float | None = None
    most: float | None = None  # that 95 of 100 took at most
    is_sample: bool = False  # of the latest `SAMPLE`, because there are more


@dataclass(frozen=True)
class Dearest:
    """An attempt that cost much."""

    micros: int
    model: str
    user_id: UUID | None
    video_id: UUID | None = None  # of one's own, as long as it is there
    title: str = ""


@dataclass(frozen=True)
class UsageReport:
    """A stretch of usage from all sides."""

    totals: UsageSums
    parts: tuple[DayPart, ...]
    names: dict[str, str]  # of people, by their ids
    waits: Durations  # until the provider took it
    renders: Durations
    dearest: tuple[Dearest, ...]


def month_of(day: date) -> tuple[date, date]:
    """Return the first and the last day of a month."""
    return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])


def spans(first: date, last: date) -> list[tuple[str, date]]:
    """Return the months that lie wholly in a stretch of days, and the days beside them."""
    found: list[tuple[str, date]] = []
    day = first
    while day <= last:
        month = month_of(day)
        is_whole = day == month[0] and month[1] <= last
        found.append(("month" if is_whole else "day", day))
        day = (month[1] if is_whole else day) + _DAY
    return found


def pace(used_micros: int, today: date) -> int:
    """Return what a month will have cost at its end if it goes on like this."""
    return used_micros * month_of(today)[1].day // today.day


def ranked(parts: Sequence[DayPart], most: int) -> list[str]:
    """Return the keys that cost most, the dearest first."""
    sums: dict[str, int] = {}
    for part in parts:
        if part.key is not None:
            sums[part.key] = sums.get(part.key, 0) + part.micros
    return sorted(sums, key=lambda key: (-sums[key], key))[:most]
