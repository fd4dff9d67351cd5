"""The ledger in memory: books what the triggers of the real one book, whenever jobs change.

`test_tables.py` holds its entries against those of the database. `tests/support/books.py` checks the books.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sora_studio.db.models import NOBODY
from sora_studio.domain.budget import Budget, BudgetStatus, Spender, Window, refusal, window_of
from sora_studio.domain.job import Charge
from tests.simulation.tables import Job, Video
from tests.support.books import HELD, SPENT, WHO, Books

UTC = ZoneInfo("UTC")
_ENDS = {Charge.SETTLED: "settle", Charge.RELEASED: "release"}

Entry = dict[str, Any]


class Ledger:
    """Entries, with the sums that the real one keeps of them."""

    def __init__(self, budgets: tuple[Budget, ...] = ()) -> None:
        self.entries: list[Entry] = []
        self._budgets = budgets
        self._open: dict[UUID, Entry] = {}  # what is reserved, by its job
        self._reserved: dict[UUID, Entry] = {}
        self._days: dict[tuple[Any, ...], Entry] = {}
        self._windows: dict[tuple[UUID, datetime], Entry] = {}

    def admits(self, spender: Spender, price: int, at: datetime) -> bool:
        """Tell whether every budget covers a price, as `Budgets.admit` does."""
        names = spender.names()
        applying = [each for each in self._budgets if names.get(each.scope) == each.scope_id]
        statuses = [self._status(each, window_of(each, at, UTC)) for each in applying]
        return refusal(statuses, price, UTC) is None

    def _status(self, budget: Budget, window: Window) -> BudgetStatus:
        row: Entry | None = self._windows.get((budget.id, window.starts_at))
        if row is None:  # made when first asked for
            row = {**asdict(budget), "budget_id": budget.id, **asdict(window), "held": 0, "spent": 0}
            for entry in self.entries:
                _add(row, entry)
            self._windows[budget.id, window.starts_at] = row
        return BudgetStatus(budget, window, row["held"], row["spent"])

    def book(
        self, before: Mapping[UUID, Job], after: Mapping[UUID, Job], videos: Mapping[UUID, Video]
    ) -> None:
        """Book what has become of jobs."""
        for job_id, job in after.items():
            old = before.get(job_id)
            if old is None:
                self._reserve(job, videos[job.video_id])
            elif old is not job:
                self._change(old, job)
        for job_id in before.keys() - after.keys():
            if before[job_id].charge is Charge.RESERVED and job_id in self._open:
                self._enter(job_id, "release", self._reserved[job_id]["micros"])

    def _reserve(self, job: Job, video: Video) -> None:
        self._reserved[job.id] = {
            "job_id": job.id,
            "reserved_at": job.created_at,
            "user_id": job.asked_by or video.owner_id,
            "project_id": None,
            "provider": job.provider,
            "model": video.model,
            "api_key_id": job.api_key_id,
            "micros": 0 if job.play_money else job.price_micros,
        }
        self._enter(job.id, "reserve", self._reserved[job.id]["micros"])
        if end := _ENDS.get(job.charge):
            self._enter(job.id, end, self._reserved[job.id]["micros"])

    def _change(self, old: Job, new: Job) -> None:
        held = self._reserved[new.id]["micros"]
        ends = old.charge is Charge.RESERVED and new.id in self._open
        if ends and (end := _ENDS.get(new.charge)):
            self._enter(new.id, end, held)
        settled = (held or 0) if ends and new.charge is Charge.SETTLED else 0
        if correction := _spent_on(new, held) - _spent_on(old, held) - settled:
            self._enter(new.id, "correct", correction)

    def _enter(self, job_id: UUID, kind: str, micros: int | None) -> None:
        entry: Entry = {**self._reserved[job_id], "kind": kind, "micros": micros}
        self.entries.append(entry)
        if kind == "reserve":
            self._open[job_id] = entry
        elif kind in _ENDS.values():
            del self._open[job_id]
        who = {name: NOBODY if entry[name] is None else entry[name] for name in WHO}
        at: datetime = entry["reserved_at"]
        day = {"day": at.date(), **who}
        sums = {"held_micros": 0, "spent_micros": 0, "jobs": 0}
        row = self._days.setdefault(tuple(day.values()), {**day, **sums})
        row["held_micros"] += HELD[kind] * (micros or 0)
        row["spent_micros"] += SPENT[kind] * (micros or 0)
        row["jobs"] += kind == "reserve"
        for window in self._windows.values():
            _add(window, entry)

    def findings(self, jobs: Mapping[UUID, Job]) -> Iterator[str]:
        """Return what is wrong with the money of some jobs."""
        books = Books(
            jobs=[job.__dict__ for job in jobs.values()],
            entries=self.entries,
            days=[*self._days.values()],
            windows=[*self._windows.values()],
        )
        yield from books.findings()


def _add(window: Entry, entry: Entry) -> None:
    """Count an entry in a window that it lies in; the budgets of these worlds are the studio's."""
    ends_at, at = window["ends_at"], entry["reserved_at"]
    if window["starts_at"] <= at and (ends_at is None or at < ends_at):
        window["held"] += HELD[entry["kind"]] * (entry["micros"] or 0)
        window["spent"] += SPENT[entry["kind"]] * (entry["micros"] or 0)


def _spent_on(job: Job, held: int | None) -> int:
    if job.charge is not Charge.SETTLED:
        return 0
    told = None if job.play_money else (job.facts or {}).get("cost_micros")
    return (held or 0) if told is None else told
