"""The books: reads only the tables of money, and says in words where they do not agree.

It is called when nothing is being written. Every hold is that of a job which is not decided, and every sum is
that of its entries. It knows nothing of the studio's code, and adds up by itself.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, LiteralString
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row

Row = Mapping[str, Any]

HELD = {"reserve": 1, "settle": -1, "release": -1, "correct": 0}
SPENT = {"reserve": 0, "settle": 1, "release": 0, "correct": 1}
"""What an entry of each kind does to what is held, and to what is spent."""

WHO = ("user_id", "project_id", "provider", "model", "api_key_id")
_NOBODY, _UTC = UUID(int=0), ZoneInfo("UTC")


def check_books(database_url: str) -> list[str]:
    """Return what is wrong with the money."""
    with psycopg.connect(database_url) as connection, connection.cursor(row_factory=dict_row) as cursor:

        def rows(query: LiteralString) -> Sequence[Row]:
            return cursor.execute(query).fetchall()

        zone = rows(
            "SELECT coalesce((SELECT value #>> '{}' FROM setting WHERE name = 'time_zone'), 'UTC') AS z"
        )
        books = Books(
            jobs=rows("SELECT * FROM job"),
            entries=rows("SELECT * FROM ledger_entry ORDER BY id"),
            days=rows("SELECT * FROM usage_day"),
            windows=rows("SELECT * FROM budget_window JOIN budget ON budget.id = budget_id"),
            zone=ZoneInfo(zone[0]["z"]),
        )
        return [*books.findings(), *sums_of_sums(rows)]


def sums_of_sums(rows: Callable[[LiteralString], Sequence[Row]]) -> Iterator[str]:
    """Totals and what is not in them yet say what the days add up to, and costs what the entries do."""
    for row in rows(_WRONG_TOTALS):
        yield f"Money: the totals of {row['part']} do not say what its days do"
    for row in rows(_WRONG_COSTS):
        yield f"Money: the cost of job {row['job_id']} is not that of its entries"


_WRONG_TOTALS = """
SELECT concat_ws(' ', grouping, span, starts, key) AS part FROM (
    SELECT kind.grouping, span.name AS span, span.starts, kind.key, sign * jobs AS a, sign * completed AS b,
        sign * failures AS c, sign * seconds AS d, sign * held_micros AS e, sign * spent_micros AS f,
        sign * failed_micros AS g
    FROM (
        SELECT 1 AS sign, usage_day.* FROM usage_day
        UNION ALL SELECT -1, day, user_id, project_id, provider, model, api_key_id, jobs, completed, failures,
            seconds, held_micros, spent_micros, failed_micros FROM usage_change
    ) AS used
    CROSS JOIN LATERAL (VALUES
        ('day', day), ('month', date_trunc('month', day)::date)) AS span (name, starts)
    CROSS JOIN LATERAL (VALUES ('model', model), ('provider', provider), ('user', user_id::text),
        ('project', project_id::text), ('key', api_key_id::text)) AS kind (grouping, key)
    UNION ALL SELECT grouping, span, starts,
        CASE key WHEN '' THEN '00000000-0000-0000-0000-000000000000' ELSE key END, -jobs, -completed,
        -failures, -seconds, -held_micros, -spent_micros, -failed_micros FROM usage_total
) AS used GROUP BY grouping, span, starts, key
HAVING (sum(a), sum(b), sum(c), sum(d), sum(e), sum(f), sum(g)) <> (0, 0, 0, 0, 0, 0, 0)
"""
_WRONG_COSTS = """
SELECT job_id FROM (
    SELECT job_id, micros FROM attempt_cost
    UNION ALL SELECT job_id, -micros FROM ledger_entry WHERE kind IN ('settle', 'correct')
) AS used GROUP BY job_id HAVING sum(micros) <> 0
"""


class Books:
    """Everything that the tables say of money."""

    def __init__(
        self,
        *,
        jobs: Sequence[Row],
        entries: Sequence[Row],
        days: Sequence[Row],
        windows: Sequence[Row],
        zone: ZoneInfo = _UTC,
    ) -> None:
        self._jobs, self._entries, self._days, self._windows = jobs, entries, days, windows
        self._zone = zone
        self._of_job: dict[UUID, list[Row]] = defaultdict(list)
        for entry in entries:
            self._of_job[entry["job_id"]].append(entry)

    def findings(self) -> list[str]:
        """Return everything that does not agree, in words."""
        return [
            *self.holds(),
            *self.charges(),
            *self.phases(),
            *self.day_sums(),
            *self.window_sums(),
            *self.window_bounds(),
        ]

    def holds(self) -> Iterator[str]:
        """Whatever is held is the price of a job that is not decided, and of each of these."""
        open_jobs = {job["id"]: _price(job) for job in self._jobs if job["charge"] == "reserved"}
        held = {
            job_id: entries[0]["micros"]
            for job_id, entries in self._of_job.items()
            if not {entry["kind"] for entry in entries} & {"settle", "release"}
        }
        for job_id in held.keys() | open_jobs.keys():
            if held.get(job_id, "nothing") != open_jobs.get(job_id, "nothing"):
                yield (
                    f"Money: of job {job_id} {held.get(job_id, 'nothing')} is held and "
                    f"{open_jobs.get(job_id, 'nothing')} is reserved"
                )
        total = sum((entry["micros"] or 0) * HELD[entry["kind"]] for entry in self._entries)
        if total != sum(price or 0 for price in open_jobs.values()):
            yield f"Money: {total} is held, and {sum(price or 0 for price in open_jobs.values())} reserved"

    def charges(self) -> Iterator[str]:
        """Each job is reserved first and ends once; what is spent on it is its price, or what it cost."""
        jobs = {job["id"]: job for job in self._jobs}
        for job_id, entries in self._of_job.items():
            kinds = [entry["kind"] for entry in entries]
            ends = [kind for kind in kinds if kind in {"settle", "release"}]
            if kinds[0] != "reserve" or kinds.count("reserve") != 1 or len(ends) > 1:
                yield f"Money: job {job_id} has the entries {', '.join(kinds)}"
            if len({entry["reserved_at"] for entry in entries}) != 1:
                yield f"Money: job {job_id} counts in several windows"
            spent = sum((entry["micros"] or 0) * SPENT[entry["kind"]] for entry in entries)
            job = jobs.get(job_id)
            if job is None and not ends:
                yield f"Money: job {job_id} is gone, and its price is held for ever"
            if job is not None and spent != _cost(job):
                yield f"Money: {spent} is spent on job {job_id}, which costs {_cost(job)}"

    def phases(self) -> Iterator[str]:
        """Each job is reserved, settled or released as its phase says.

        What the provider is known to have taken is never on hold, and what it has not taken is never settled.
        """
        for job in self._jobs:
            may_be = _CHARGES[job["phase"]] - ({"reserved"} if job["remote_id"] else set())
            if job["charge"] not in may_be:
                yield f"Money: job {job['id']} is {job['phase']}, and its price {job['charge']}"

    def day_sums(self) -> Iterator[str]:
        """Every day says what its entries add up to."""
        expected: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
        for entry in self._entries:
            sums = expected[self._key(entry)]
            sums[0] += (entry["micros"] or 0) * HELD[entry["kind"]]
            sums[1] += (entry["micros"] or 0) * SPENT[entry["kind"]]
            sums[2] += entry["kind"] == "reserve"
        found = {
            (row["day"], *(row[name] for name in WHO)): [
                row["held_micros"],
                row["spent_micros"],
                row["jobs"],
            ]
            for row in self._days
        }
        for key in expected.keys() | found.keys():
            if expected.get(key) != found.get(key):
                yield f"Money: the day {key[0]} says {found.get(key)}, its entries {expected.get(key)}"

    def window_sums(self) -> Iterator[str]:
        """Every window of a budget says what its entries add up to, and does not exceed what blocks."""
        for window in self._windows:
            inside = [entry for entry in self._entries if _covers(window, entry) and _is_in(window, entry)]
            sums = tuple(
                sum((entry["micros"] or 0) * signs[entry["kind"]] for entry in inside)
                for signs in (HELD, SPENT)
            )
            if sums != (window["held"], window["spent"]):
                yield f"Money: a window says {window['held']}, {window['spent']}, its entries {sums}"

    def window_bounds(self) -> Iterator[str]:
        """Every window begins at a midnight of the studio's, and ends at the one that its period says."""
        for window in self._windows:
            if window["ends_at"] is None:
                continue
            first, after = (window[name].astimezone(self._zone) for name in ("starts_at", "ends_at"))
            days = (after.date() - first.date()).days
            fits = {
                "day": days == 1,
                "week": days == _WEEK and first.isoweekday() == 1,
                "month": first.day == after.day == 1 and days in _MONTH,
            }
            if not fits[window["period"]] or _is_late(first) or _is_late(after):
                yield f"Money: a window of a {window['period']} lasts from {first} to {after}"

    def _key(self, entry: Row) -> tuple[Any, ...]:
        day: date = entry["reserved_at"].astimezone(self._zone).date()
        return (day, *(_NOBODY if entry[name] is None else entry[name] for name in WHO))


_WEEK, _MONTH = 7, range(28, 32)  # days
_LATE = 2  # hours of a day after midnight in which one begins whose midnight the clocks skip


def _is_late(moment: datetime) -> bool:
    return moment.hour >= _LATE or bool(moment.second)


_DONE = {"settled", "released"}
_CHARGES: Mapping[str, set[str]] = {
    "submitting": {"reserved"},
    "submit_unknown": {"reserved"},
    "queued": {"settled"},
    "in_progress": {"settled"},
    "saving": {"settled"},
    "needs_attention": {"reserved", *_DONE},
    "completed": {"settled"},
    "failed": _DONE,
}


def _price(job: Row) -> int | None:
    return 0 if job["play_money"] else job["price_micros"]


def _cost(job: Row) -> int:
    if job["charge"] != "settled" or job["play_money"]:
        return 0
    told = (job["facts"] or {}).get("cost_micros")
    return (job["price_micros"] or 0) if told is None else told


def _covers(budget: Row, entry: Row) -> bool:
    column = {"user": "user_id", "project": "project_id", "key": "api_key_id", "provider": "provider"}
    scope = budget["scope"]
    return scope == "studio" or str(entry[column[scope]]) == budget["scope_id"]


def _is_in(window: Row, entry: Row) -> bool:
    at = entry["reserved_at"]
    return window["starts_at"] <= at and (window["ends_at"] is None or at < window["ends_at"])
