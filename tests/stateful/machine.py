"""A person, a provider, processes and time, in any order; what must hold is looked at after each step."""

import asyncio
import json
from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from uuid import UUID, uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import text

from sora_studio.db.engine import Database
from sora_studio.domain.errors import (
    Conflict,
    ContentRejected,
    IdempotencyKeyReused,
    NotFound,
    ProviderUnavailable,
    SubmitUnclear,
)
from sora_studio.domain.job import Charge, ClaimedJob, JobChange
from sora_studio.domain.library import LibraryQuery
from sora_studio.domain.ports import RemoteJob, Submission
from sora_studio.domain.problem import MAY_COME_BACK
from sora_studio.domain.video import NEXT, TERMINAL, Phase, Status, Variant, VideoWish
from sora_studio.domain.webhooks import Delivery, key_of
from sora_studio.services.jobs.webhooks import WebhookService
from sora_studio.services.worker_pool import WorkerPool
from sora_studio.storage.local import LocalStorage
from tests.integration.jobs.conftest import Background
from tests.simulation.process import Desk
from tests.simulation.provider import BODY
from tests.support.books import Books, sums_of_sums
from tests.support.database import DELETE_ALL
from tests.support.library import add_person
from tests.support.provider import FakeProvider
from tests.unit.domain.test_webhooks import SECRET, sign

T = TypeVar("T")

LOST = SubmitUnclear("The connection broke.", "connection_lost")
BUSY = ProviderUnavailable("Slow down.", "rate_limit_exceeded", 5)
REFUSED = ContentRejected("Not this.", "moderation_blocked")
UNDO_SECONDS = 60
PROMPTS = st.sampled_from(["a paper boat", "a kite"])
KEYS = st.sampled_from([None, None, "one key", "another key"])
DECISIONS = ("check_again", "submit_again", "give_up")
CHOICES = st.integers(0, 9)
_MOMENTS = (
    *("created_at", "submit_started_at", "accepted_at", "rendered_at", "hinted_at", "due_at", "lease_until"),
    "remote_expires_at",
)
_CHARGES = {
    (Charge.RESERVED, Charge.SETTLED),
    (Charge.RESERVED, Charge.RELEASED),
    (Charge.SETTLED, Charge.RELEASED),
}


@dataclass
class Place:
    """Where the machine runs: a database, a folder and an event loop of its own."""

    db: Database
    folder: Path
    loop: asyncio.AbstractEventLoop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)


@dataclass
class Wished:
    """A video as its owner knows it."""

    id: UUID
    prompt: str
    deleted: float | None = None  # seconds ago
    gone: bool = False
    decision: str | None = None  # the last one


_A_BUDGET = """INSERT INTO budget
    (id, scope, scope_id, amount_micros, period, behaviour, thresholds, created_at)
    VALUES (gen_random_uuid(), 'studio', '', 1000000000, 'total', 'block', '{50}', now())"""
"""More than anybody here spends: it is there to be counted against."""


class StudioMachine(RuleBasedStateMachine):
    """One person's studio."""

    place: ClassVar[Place]

    def __init__(self) -> None:
        super().__init__()
        self.videos: list[Wished] = []
        self.by_key: dict[str, Wished] = {}
        self.sent_again: Counter[str] = Counter()
        self.seen: dict[UUID, dict[str, Any]] = {}
        self.deliveries: list[Delivery] = []
        self.provider = FakeProvider()

    @initialize(prompts=st.lists(PROMPTS, min_size=1, max_size=3))
    def open(self, prompts: list[str]) -> None:
        self.run(self._empty())
        self.owner_id = self.run(add_person(self.place.db))
        self.holder = uuid4()
        self.start()
        self._sql(_A_BUDGET)
        for prompt in prompts:
            self.create(prompt, None)

    def start(self) -> None:
        """Start a process on the same data directory as the one before."""
        storage, worker_pool = LocalStorage(self.place.folder), self._worker_pool()
        self.background = Background(
            self.place.db, self.provider, storage, worker_pool, self.owner_id, self.holder
        )
        self.webhooks = WebhookService(
            db=self.place.db,
            keys=[key_of(SECRET)],
            redact=bytes,
            clock=lambda: datetime.now(UTC),
            wake=lambda _name: None,
        )
        self.run(self.background.claims.release())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.place.run(work)

    # The person.

    @rule(prompt=PROMPTS, key=KEYS)
    def create(self, prompt: str, key: str | None) -> None:
        before = self.by_key.get(key or "")
        made = self.background.videos.create(self.owner_id, VideoWish(prompt), idempotency_key=key)
        if before is None:
            self._made(self.run(made).id, prompt, key)
        elif before.prompt != prompt:
            self._refuses(made, IdempotencyKeyReused)
        elif before.gone or before.deleted is not None:
            self._refuses(made, NotFound)
        else:
            assert self.run(made).id == before.id

    @rule(choice=CHOICES, prompt=PROMPTS)
    def remix(self, choice: int, prompt: str) -> None:
        parent = self._pick(choice)
        if parent is None:
            return
        made = self.background.derivations.remix(self.owner_id, parent.id, prompt)
        if self._phase(parent) is Phase.COMPLETED:
            self._made(self.run(made).id, prompt, None)
        else:
            self._refuses(made, Conflict)

    @rule(choice=CHOICES)
    def delete(self, choice: int) -> None:
        if video := self._pick(choice):
            self.run(self.background.videos.remove(self.owner_id, video.id))
            video.deleted = 0.0

    @rule(choice=CHOICES)
    def restore(self, choice: int) -> None:
        deleted = [video for video in self.videos if video.deleted is not None]
        if not deleted:
            return
        video = deleted[choice % len(deleted)]
        back = self.background.videos.restore(self.owner_id, video.id)
        if video.gone or (video.deleted or 0.0) >= UNDO_SECONDS:
            self._refuses(back, NotFound)
        else:
            self.run(back)
            video.deleted = None

    @rule(choice=CHOICES, decision=st.sampled_from(DECISIONS))
    def decide(self, choice: int, decision: str) -> None:
        video = self._pick(choice)
        if video is None:
            return
        view = self.run(self.background.videos.get(self.owner_id, video.id))
        waits = view.phase is Phase.NEEDS_ATTENTION
        lost = view.phase is Phase.FAILED and view.problem is not None and view.problem.code in MAY_COME_BACK
        again = video.decision == decision  # a second click is answered as the first
        held = decision == "give_up" and self._rows(
            "SELECT FROM job WHERE video_id = :id AND NOT current AND charge = 'reserved'", id=video.id
        )
        decided = getattr(self.background.videos, decision)(self.owner_id, video.id)
        if not (waits or again or held or (lost and decision == "check_again")):
            self._refuses(decided, Conflict)
            return
        self.run(decided)
        video.decision = decision
        if waits and decision == "submit_again":
            self.sent_again[video.prompt] += 1

    # The provider.

    @precondition(lambda self: self.provider.jobs)
    @rule(
        choice=CHOICES, reports=st.lists(st.sampled_from([None, 0, 10, 50, 90, 100]), min_size=1, max_size=3)
    )
    def render(self, choice: int, reports: list[int | None]) -> None:
        """Tell of progress as it comes, and of none under a word that nobody knows; each is looked at."""
        remote = self._remote(choice)
        if remote.status in (Status.COMPLETED, Status.FAILED):
            return
        for progress in reports:
            self.provider.report(remote.remote_id, Status.IN_PROGRESS if progress else None, progress)
            self.pass_time(31)
            self.wake("poll")

    @precondition(lambda self: self.provider.jobs)
    @rule(choice=CHOICES)
    def finish(self, choice: int) -> None:
        remote = self._remote(choice)
        if remote.status is not Status.FAILED:
            self.provider.finish(remote.remote_id, BODY + remote.remote_id.encode())

    @precondition(lambda self: self.provider.jobs)
    @rule(choice=CHOICES)
    def fail(self, choice: int) -> None:
        remote = self._remote(choice)
        if remote.status is not Status.COMPLETED:
            self.provider.fail(remote.remote_id, "broken", "It broke.")

    @rule(
        port=st.sampled_from(["before_submit", "after_submit", "on_fetch", "on_list", "on_content"]),
        error=st.sampled_from([LOST, BUSY, REFUSED]),
    )
    def break_down(self, port: str, error: Exception) -> None:
        """Let the next request fail; after it has done its work, a provider can only be unclear."""
        asks = port in ("on_fetch", "on_list", "on_content")
        wrong = BUSY if asks else LOST if port == "after_submit" else error
        getattr(self.provider, port).append(wrong)

    @rule(choice=CHOICES, again=st.booleans())
    def webhook(self, choice: int, *, again: bool) -> None:
        """Announce a job that is known, one that comes next, or the same thing once more."""
        if not (again and self.deliveries):
            names = [*self.provider.jobs, f"remote-{len(self.provider.jobs)}"]
            self.deliveries.append(_delivery(names[choice % len(names)]))
        self.run(self.webhooks.receive(self.deliveries[choice % len(self.deliveries)]))

    # The background work.

    @rule(tasks=st.lists(st.sampled_from(["submit", "poll", "reconcile", "archive"]), min_size=1, max_size=5))
    def work(self, tasks: list[str]) -> None:
        """Run the periodic tasks a few times, some seconds apart."""
        for wake in tasks:
            self.pass_time(2)
            self.wake(wake)

    def wake(self, name: str) -> None:
        background = self.background
        runs = {
            "submit": background.submit,
            "poll": background.refresher.run,
            "reconcile": background.reconciler.run,
            "archive": background.archive,
        }
        self.run(runs[name]())
        self.jobs_go_only_their_ways()

    @rule()
    def purge(self) -> None:
        self.run(self.background.purger.run())
        rows = {row["video_id"] for row in self._rows("SELECT video_id FROM job")}
        for video in self.videos:
            if video.id not in rows:
                assert (video.deleted or 0.0) >= UNDO_SECONDS, "gone before its time"
                video.gone = True

    @rule(taken=st.sampled_from([None, False, True]))
    def crash_in_submit(self, taken: bool | None) -> None:
        """Die with a claim: before the POST began, before it was taken, or before its answer was written."""
        for job in self.run(self.background.claims.take(Phase.SUBMITTING, most=2)):
            if taken is not None and self.run(self.background.claims.begin(job)) and taken:
                with suppress(SubmitUnclear, ProviderUnavailable, ContentRejected):
                    self.run(self.provider.submit(_order(job)))
        self.start()

    @rule()
    def pass_a_quiet_minute(self) -> None:
        """Let everything go well for a while: without it few videos would ever be finished."""
        self.provider.before_submit.clear()
        self.provider.after_submit.clear()
        self.provider.on_fetch.clear()
        self.provider.on_content.clear()
        self.pass_time(61)
        self.wake("submit")
        for number in range(len(self.provider.jobs)):
            self.finish(number)
        self.pass_time(31)
        for name in ("poll", "archive"):
            self.wake(name)

    @rule(prompt=PROMPTS, taken=st.booleans(), decision=st.sampled_from([None, *DECISIONS]))
    def lose_an_answer(self, prompt: str, decision: str | None, *, taken: bool) -> None:
        """Have a submit end unclear, look for it until nothing more is known, then let the person decide."""
        self.provider.before_submit.clear()
        (self.provider.after_submit if taken else self.provider.before_submit).append(LOST)
        self.create(prompt, None)
        self.wake("submit")
        for _ in range(4):
            self.pass_time(31)
            self.wake("submit")
            self.wake("reconcile")
        if decision:
            self.decide(-1, decision)
            self.wake("submit")

    @rule()
    def crash(self) -> None:
        self.start()

    @rule(waits=st.booleans(), phase=st.sampled_from([None, *Phase]))
    def freeze(self, phase: Phase | None, *, waits: bool) -> None:
        """Let another process claim everything and stand still, maybe beyond its lease; then it writes."""
        other = Background(
            self.place.db,
            self.provider,
            self.background.storage,
            self.background.worker_pool,
            self.owner_id,
            uuid4(),
        )
        jobs = self.run(other.claims.take(*Phase, most=9))
        if waits:
            self.pass_time(31)
            for name in ("submit", "poll", "archive"):
                self.wake(name)
        for job in jobs:
            self._write_late(other, job, phase)
        self.run(other.claims.release())

    def _write_late(self, other: Background, job: ClaimedJob, phase: Phase | None) -> None:
        """Neither a job that was claimed anew changes, nor does one leave the allowed ways."""
        before = self._rows("SELECT * FROM job WHERE id = :id", id=job.id)
        overtaken = not before or before[0]["fence"] != job.fence
        allowed = phase is None or phase is job.phase or phase in NEXT[job.phase]
        if allowed and not overtaken:
            return  # it did not sleep long enough for anybody to notice
        change = JobChange(job, phase=phase, not_sent=True, charge=Charge.RELEASED, progress=77)
        assert self.run(other.claims.record([change])) == 0
        assert not overtaken or not self.run(other.claims.begin(job))
        assert self._rows("SELECT * FROM job WHERE id = :id", id=job.id) == before

    @rule()
    def fold_usage(self) -> None:
        """Move what was booked into the totals."""
        self.run(self.background.work.usage.run())

    @rule(seconds=st.sampled_from([2, 6, 31, 61, 100]))
    def pass_time(self, seconds: int) -> None:
        """Let everything that was written down have happened earlier."""
        moves = ", ".join(f"{name} = {name} - make_interval(secs => :seconds)" for name in _MOMENTS)
        self._sql(f"UPDATE job SET {moves}", seconds=seconds)  # noqa: S608 - our own names
        self._sql(
            "UPDATE video SET deleted_at = deleted_at - make_interval(secs => :seconds)", seconds=seconds
        )
        self._sql(
            "UPDATE webhook_delivery SET received_at = received_at - make_interval(secs => :seconds)",
            seconds=seconds,
        )
        for video in self.videos:
            if video.deleted is not None:
                video.deleted += seconds

    # What must hold.

    @invariant()
    def nothing_is_paid_twice(self) -> None:
        wished = Counter(video.prompt for video in self.videos) + self.sent_again
        paid = Counter(remote.prompt for remote in self.provider.jobs.values())
        assert all(paid[prompt] <= wished[str(prompt)] for prompt in paid), (paid, wished)

    @invariant()
    def jobs_go_only_their_ways(self) -> None:
        rows = {row["id"]: row for row in self._rows("SELECT * FROM job")}
        for job_id, new in rows.items():
            _check_row(new)
            if old := self.seen.get(job_id):
                _check_way(old, new)
        self.seen = rows

    @invariant()
    def every_hold_is_that_of_an_attempt_that_is_not_decided(self) -> None:
        """And each sum of money is that of its entries."""
        books = Books(
            jobs=self._rows("SELECT * FROM job"),
            entries=self._rows("SELECT * FROM ledger_entry ORDER BY id"),
            days=self._rows("SELECT * FROM usage_day"),
            windows=self._rows("SELECT * FROM budget_window JOIN budget ON budget.id = budget_id"),
        )
        assert [*books.findings(), *sums_of_sums(self._rows)] == []

    @invariant()
    def the_library_shows_what_is_there(self) -> None:
        page = self.run(self.background.videos.list_library(self.owner_id, LibraryQuery(limit=100)))
        alive = [video.id for video in self.videos if not video.gone and video.deleted is None]
        assert [view.id for view in page.videos] == alive[::-1]
        current = {row["video_id"]: row for row in self.seen.values() if row["current"]}
        assert [view.phase for view in page.videos] == [current[view.id]["phase"] for view in page.videos]
        counts = self.run(self.background.videos.count_library(self.owner_id))
        each = (counts.coming, counts.deciding, counts.completed, counts.failed)
        assert (counts.all, sum(each)) == (len(alive), len(alive))

    @invariant()
    def what_is_completed_is_on_the_disk(self) -> None:
        for row in self.seen.values():
            if row["phase"] == Phase.COMPLETED and row["current"] and self._is_alive(row["video_id"]):
                file = self.run(self.background.media.file(self.owner_id, row["video_id"], Variant.VIDEO))
                content = self.run(self.background.storage.read(file.key))
                assert content == BODY + row["remote_id"].encode()

    # The small print.

    def _made(self, video_id: UUID, prompt: str, key: str | None) -> None:
        self.videos.append(Wished(video_id, prompt))
        if key:
            self.by_key[key] = self.videos[-1]

    def _refuses(self, work: Coroutine[Any, Any, object], error: type[Exception]) -> None:
        try:
            self.run(work)
        except error:
            return
        raise AssertionError(f"It should have been {error.__name__}.")

    def _pick(self, choice: int) -> Wished | None:
        alive = [video for video in self.videos if video.deleted is None and not video.gone]
        return alive[choice % len(alive)] if alive else None

    def _is_alive(self, video_id: UUID) -> bool:
        return any(video.id == video_id and video.deleted is None for video in self.videos)

    def _phase(self, video: Wished) -> Phase:
        return self.run(self.background.videos.get(self.owner_id, video.id)).phase

    def _remote(self, choice: int) -> RemoteJob:
        jobs = [*self.provider.jobs.values()]
        return jobs[choice % len(jobs)]

    def _rows(self, statement: str, **parameters: object) -> list[dict[str, Any]]:
        async def read() -> list[dict[str, Any]]:
            async with self.place.db.transaction() as tx:
                rows = await (await tx.connection()).execute(text(statement), parameters)
                return [dict(row._mapping) for row in rows]

        return self.run(read())

    def _sql(self, statement: str, **parameters: object) -> None:
        self.run(self.background.sql(statement, **parameters))

    async def _empty(self) -> None:
        async with self.place.db.transaction() as tx:
            await (await tx.connection()).exec_driver_sql(DELETE_ALL)

    def _worker_pool(self) -> WorkerPool:
        async def cross(port: str) -> None:
            del port

        return Desk(cross)


def _check_row(row: dict[str, Any]) -> None:
    """What a price may be in each phase (I4)."""
    phase, charge = row["phase"], row["charge"]
    if phase == Phase.COMPLETED:
        assert charge == Charge.SETTLED
    if phase == Phase.FAILED and row["remote_id"] is None:
        assert charge == Charge.RELEASED
    if charge == Charge.RESERVED:
        assert row["remote_id"] is None
        assert row["current"] or row["submit_started_at"]  # an earlier attempt that may have been taken
        assert phase not in TERMINAL


def _check_way(old: dict[str, Any], new: dict[str, Any]) -> None:
    """What may become of a row in one step (I3)."""
    before, after = Phase(old["phase"]), Phase(new["phase"])
    if (before, after) == (Phase.FAILED, Phase.IN_PROGRESS):
        assert old["problem_code"] in MAY_COME_BACK  # the person has it looked for again
        return
    assert after is before or after in NEXT[before], f"{before} > {after}"
    assert new["progress"] >= old["progress"]
    assert new["fence"] >= old["fence"]
    assert old["remote_id"] in (None, new["remote_id"])
    if old["charge"] != new["charge"]:
        assert (old["charge"], new["charge"]) in _CHARGES
    if before in TERMINAL:
        assert (old["ended_at"], old["charge"]) == (new["ended_at"], new["charge"])


def _delivery(remote_id: str) -> Delivery:
    stamp, delivery_id = str(int(datetime.now(UTC).timestamp())), uuid4().hex
    body = json.dumps({"type": "video.completed", "data": {"id": remote_id}}).encode()
    return Delivery(delivery_id, stamp, sign(SECRET, delivery_id, stamp, body), body)


def _order(job: ClaimedJob) -> Submission:
    return Submission(job.id, job.prompt, job.model, job.size, job.seconds)
