"""The tables of videos, jobs, files and hints in memory, as the background work uses them.

`test_tables.py` holds them against the real repositories: the same steps leave the same rows.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar, cast
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from sora_studio.db.assets import SEARCH_TIME
from sora_studio.db.engine import Database
from sora_studio.db.models import AT_ONCE, NOBODY, AssetRow, JobRow
from sora_studio.db.webhook_deliveries import AT_MOST_EVERY, KEPT, WAITS
from sora_studio.domain.activity import ActivityKind
from sora_studio.domain.errors import Conflict
from sora_studio.domain.fair_queue import Standing, join
from sora_studio.domain.job import Charge, ClaimedJob, JobChange, Likeness
from sora_studio.domain.problem import MAY_COME_BACK, Problem, ProblemCode
from sora_studio.domain.video import NEXT, TERMINAL, Kind, Phase
from sora_studio.services.jobs.stores import Stores

_LATER = datetime.max.replace(tzinfo=UTC)


@dataclass
class Video:
    """A row of `video`, without what only people see."""

    id: UUID
    owner_id: UUID
    prompt: str
    provider: str = "simulated"
    kind: Kind = Kind.CREATE
    model: str = "model"
    size: str = "1280x720"
    seconds: str = "4"
    characters: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    parent_id: UUID | None = None
    phase: Phase = Phase.SUBMITTING
    completed_at: datetime | None = None
    deleted_at: datetime | None = None


@dataclass
class Job:
    """A row of `job`."""

    id: UUID
    video_id: UUID
    created_at: datetime
    provider: str = "simulated"
    current: bool = True
    server: str | None = None
    remote_id: str | None = None
    phase: Phase = Phase.SUBMITTING
    progress: int = 0
    progress_known: bool = False
    remote_status: str | None = None
    problem_code: str | None = None
    problem_message: str | None = None
    price_micros: int | None = None
    charge: Charge = Charge.RESERVED
    submit_started_at: datetime | None = None
    accepted_at: datetime | None = None
    rendered_at: datetime | None = None
    ended_at: datetime | None = None
    remote_expires_at: datetime | None = None
    hinted_at: datetime | None = None
    facts: dict[str, Any] | None = None
    virtual_start: float | None = None
    due_at: datetime | None = AT_ONCE
    lease_until: datetime | None = None
    holder: UUID | None = None
    fence: int = 0
    failures: int = 0
    lookups: int = 0
    api_key_id: UUID | None = None
    asked_by: UUID | None = None
    play_money: bool = False


Row = TypeVar("Row", Video, Job)


def changed(row: Row, **values: object) -> Row:
    """Return a copy with other values; rows themselves never change, so an old one stays for comparison."""
    copy: Row = object.__new__(type(row))
    copy.__dict__.update(row.__dict__)
    copy.__dict__.update(values)
    return copy


class Tables:
    """What is committed."""

    def __init__(self) -> None:
        self.jobs: dict[UUID, Job] = {}
        self.videos: dict[UUID, Video] = {}
        self.assets: dict[tuple[UUID, str], AssetRow] = {}
        self.deliveries: dict[str, tuple[str, datetime]] = {}
        self.trash: dict[str, datetime] = {}
        self.activity: list[tuple[UUID, ActivityKind, str | None]] = []
        self.shares: dict[tuple[str, UUID], float] = {}  # how far people have come in a provider's queue
        self.weights: dict[UUID, float] = {}  # of people; 1 where nothing is said
        self.commits = 0

    def join(self, owner_id: UUID, provider: str, seconds: int) -> float:
        """Put a new wish behind the others of its person; returns where it starts."""
        whose = provider, owner_id
        standing = Standing(
            self.shares.get((provider, NOBODY), 0.0),
            self.shares.get(whose, 0.0),
            self.weights.get(owner_id, 1.0),
        )
        start, finish = join(standing, seconds)
        self.shares = self.shares | {whose: finish}
        return start


class Transaction(Tables):
    """A transaction: sees what is committed and what it did itself, at one moment of the tables' clock."""

    def __init__(self, tables: Tables, now: datetime) -> None:
        self.base, self.now, self.commits = tables, now, tables.commits
        self.jobs, self.videos = dict(tables.jobs), dict(tables.videos)
        self.assets, self.deliveries, self.trash = (
            dict(tables.assets),
            dict(tables.deliveries),
            dict(tables.trash),
        )
        self.activity = [*tables.activity]
        self.shares, self.weights = dict(tables.shares), tables.weights
        self.fences: list[tuple[int, int]] = []  # of each write: its holder's number and the row's

    def commit(self) -> None:
        base = self.base
        assert base.commits == self.commits, "a transaction waited for something else while it was open"
        base.jobs, base.videos, base.assets = self.jobs, self.videos, self.assets
        base.deliveries, base.trash, base.activity = self.deliveries, self.trash, self.activity
        base.shares = self.shares
        base.commits += 1

    def change(self, job: Job, **values: object) -> Job:
        self.jobs[job.id] = changed(job, **values)
        return self.jobs[job.id]

    def show(self, job: Job) -> None:
        """Let the video show the phase of its current job."""
        video = self.videos[job.video_id]
        if job.current and video.phase is not job.phase:
            ended = self.now if job.phase is Phase.COMPLETED else video.completed_at
            self.videos[video.id] = changed(video, phase=job.phase, completed_at=ended)


class Link(Protocol):
    """What is between a process and its database."""

    def now(self) -> datetime:
        """Return the database's time."""
        ...

    async def before(self) -> None:
        """Get there; an error here means that nothing was done."""
        ...

    async def after(self, transaction: Transaction) -> None:
        """Get back; an error here means that it was done, but its process does not know."""
        ...


class MemoryDatabase(Database):
    """The one way to the tables."""

    def __init__(self, tables: Tables, link: Link) -> None:
        self._tables, self._link = tables, link

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        await self._link.before()
        transaction = Transaction(self._tables, self._link.now())
        yield cast("AsyncSession", transaction)
        transaction.commit()
        await self._link.after(transaction)

    reading = transaction  # which has nothing to commit


class _Store:
    """A part of the tables, inside one transaction."""

    def __init__(self, tx: AsyncSession) -> None:
        self._t = cast("Transaction", tx)


class MemoryJobs(_Store):
    """Jobs, as `JobStore` wants them, and what people decide about them."""

    async def claim(
        self,
        phases: Iterable[Phase],
        *,
        holder: UUID,
        lease: timedelta,
        most: int,
        held: Iterable[UUID] = (),
        servers: Iterable[str] = (),
    ) -> tuple[ClaimedJob, ...]:
        now, wanted, held, ours = self._t.now, frozenset(phases), frozenset(held), {None, *servers}
        aside = now - timedelta(minutes=1)
        free = (
            job
            for job in self._t.jobs.values()
            if self._is_free(job, now) and (job.server in ours or (job.due_at or now) <= aside)
        )
        due = [job for job in free if job.phase in wanted and job.id not in held]
        due.sort(key=lambda job: (_deadline(job), job.due_at, job.created_at))
        claimed = [
            self._t.change(
                job, fence=job.fence + 1, lease_until=now + lease, holder=holder, virtual_start=None
            )
            for job in due[:most]
        ]
        return tuple(map(self._to_claimed, claimed))

    async def claim_wishes(
        self,
        *,
        holder: UUID,
        lease: timedelta,
        most: int,
        places: Mapping[str, int],
        held: Iterable[UUID] = (),
        known: Iterable[str] | None = None,
    ) -> tuple[ClaimedJob, ...]:
        del known  # there are no instances that have others
        now, held = self._t.now, frozenset(held)
        wishes = [job for job in self._t.jobs.values() if job.phase is Phase.SUBMITTING]
        free = [job for job in wishes if self._is_free(job, now) and job.id not in held]
        begun = [job for job in free if job.virtual_start is None]
        begun.sort(key=lambda job: (job.due_at, job.created_at))
        turns: list[tuple[int, float, UUID]] = []
        for provider in {job.provider for job in wishes if job.virtual_start is not None}:
            room = places[provider] - self._making(provider) if provider in places else most
            line = [
                (job.virtual_start, job.id)
                for job in free
                if job.provider == provider and job.virtual_start is not None
            ]
            line = sorted(line)[: max(min(room, most), 0)]
            turns += [(place, *each) for place, each in enumerate(line)]
        due = [*sorted(job.id for job in begun[:most]), *(job_id for _, _, job_id in sorted(turns))][:most]
        for job in map(self._t.jobs.__getitem__, due):
            if job.virtual_start is not None:
                whose = job.provider, NOBODY
                self._t.shares[whose] = max(self._t.shares.get(whose, job.virtual_start), job.virtual_start)
        return tuple(
            self._to_claimed(
                self._t.change(
                    job, fence=job.fence + 1, lease_until=now + lease, holder=holder, virtual_start=None
                )
            )
            for job in map(self._t.jobs.__getitem__, due)
        )

    def _making(self, provider: str) -> int:
        """Count what a provider makes, or is about to be sent."""
        making = (Phase.SUBMITTING, Phase.SUBMIT_UNKNOWN, Phase.QUEUED, Phase.IN_PROGRESS)
        return sum(
            job.provider == provider and job.current and job.phase in making and job.virtual_start is None
            for job in self._t.jobs.values()
        )

    async def unanswered(self, provider: str) -> tuple[ClaimedJob, ...]:
        oldest = self._t.now - timedelta(minutes=10)
        return tuple(
            self._to_claimed(job)
            for job in self._t.jobs.values()
            if job.provider == provider
            and job.remote_id is None
            and job.submit_started_at
            and (
                job.phase in (Phase.SUBMITTING, Phase.SUBMIT_UNKNOWN)
                or (
                    (job.phase is Phase.NEEDS_ATTENTION or job.problem_code == ProblemCode.GIVEN_UP)
                    and job.submit_started_at > oldest
                )
            )
        )

    async def durations(self) -> dict[Likeness, tuple[float, ...]]:
        """Know nothing: looks go by progress and by the clock."""
        return {}

    def _is_free(self, job: Job, now: datetime) -> bool:
        due = job.current and job.due_at is not None and job.due_at <= now
        wanted = self._t.videos[job.video_id].deleted_at is None or is_unclear(job)
        return due and wanted and (job.lease_until is None or job.lease_until <= now)

    def _to_claimed(self, job: Job) -> ClaimedJob:
        video = self._t.videos[job.video_id]
        source = self._t.videos.get(video.parent_id) if video.parent_id else None
        parents = (
            each
            for each in self._t.jobs.values()
            if each.video_id == video.parent_id and each.current and each.provider == job.provider
        )
        parent = next(parents, None)
        values: dict[str, Any] = {**video.__dict__, **job.__dict__}
        values["now"] = self._t.now
        values["parent_seconds"] = source and source.seconds
        values["parent_remote_id"] = parent and parent.remote_id
        values["inputs"] = ()
        return ClaimedJob(**{name: values[name] for name in _CLAIMED})

    async def begin(self, job: ClaimedJob, server: str | None = None) -> bool:
        row = self._t.jobs.get(job.id)
        if row is None or row.fence != job.fence or row.submit_started_at is not None:
            return False
        self._t.fences.append((job.fence, row.fence))
        self._t.change(row, submit_started_at=self._t.now, server=server)
        return True

    async def record(self, changes: Sequence[JobChange]) -> set[UUID]:
        return {change.job.id for change in changes if self._record(change)}

    def _record(self, change: JobChange) -> bool:
        job = self._t.jobs.get(change.job.id)
        if job is None or job.fence != change.job.fence or job.holder is None:
            return False
        phase = change.phase or job.phase
        if phase is not job.phase and phase not in NEXT[job.phase]:
            return False
        remote_id = job.remote_id or change.remote_id
        if remote_id and any(
            other.remote_id == remote_id and other.provider == job.provider and other.id != job.id
            for other in self._t.jobs.values()
        ):
            raise Conflict("The provider's job already belongs to another video.")
        self._t.fences.append((change.job.fence, job.fence))
        self._t.show(self._t.change(job, phase=phase, remote_id=remote_id, **self._news(job, change)))
        note = (change.problem.message or None) if change.problem else None
        notes = [*[None] * (len(change.activity_kinds) - 1), note]
        self._t.activity += [
            (job.video_id, *each) for each in zip(change.activity_kinds, notes, strict=False)
        ]
        return True

    def _news(self, job: Job, change: JobChange) -> dict[str, object]:
        now, progress = self._t.now, change.progress
        on = change.phase is not None and change.phase is not job.phase
        problem = change.problem or (
            None if on else Problem(job.problem_code or "", job.problem_message or "")
        )
        status = job.remote_status if change.remote_status is None else change.remote_status
        return {
            "due_at": self._due(job, change),
            "lease_until": None,
            "holder": None,
            "virtual_start": (
                self._t.shares.get((job.provider, NOBODY), 0.0)
                if (change.phase or job.phase) is Phase.SUBMITTING
                else None
            ),
            "progress": job.progress if progress is None else max(job.progress, progress),
            "progress_known": job.progress_known or 1 <= (progress or 0) <= 99,
            "remote_status": status or None,
            "remote_expires_at": change.remote_expires_at or job.remote_expires_at,
            "problem_code": (problem and problem.code) or None,
            "problem_message": (problem and problem.message) or None,
            "charge": change.charge or job.charge,
            "failures": change.failures,
            "lookups": job.lookups if change.lookups is None else change.lookups,
            "submit_started_at": None if change.not_sent else job.submit_started_at,
            "accepted_at": job.accepted_at or now if change.accepted else job.accepted_at,
            "rendered_at": job.rendered_at or change.rendered_at,
            "server": change.server or job.server,
            "facts": {**(job.facts or {}), **change.facts.told()} or None,
            "ended_at": now if change.phase in TERMINAL else job.ended_at,
        }

    def _due(self, job: Job, change: JobChange) -> datetime | None:
        if change.due_in is None:
            return None
        waits = (change.phase or job.phase) in {Phase.QUEUED, Phase.IN_PROGRESS, Phase.NEEDS_ATTENTION}
        if waits and job.hinted_at and job.hinted_at > change.job.now:
            return max(self._t.now, job.hinted_at)
        return self._t.now + change.due_in

    async def known(self, provider: str, remote_ids: Iterable[str]) -> set[str]:
        ours = {job.remote_id for job in self._t.jobs.values() if job.provider == provider}
        return {remote_id for remote_id in remote_ids if remote_id in ours}

    async def extend(self, holder: UUID, job_ids: Iterable[UUID], lease: timedelta) -> None:
        for job in map(self._t.jobs.get, job_ids):
            if job and job.holder == holder and job.lease_until and job.lease_until > self._t.now:
                self._t.change(job, lease_until=self._t.now + lease)

    async def release(self, holder: UUID) -> None:
        for job in [*self._t.jobs.values()]:
            if job.holder == holder:
                self._t.change(job, lease_until=None, holder=None, fence=job.fence + 1)

    async def check_again(self, video_id: UUID) -> bool:
        if not (job := self._waiting(video_id) or self._lost(video_id)):
            return False
        phase = Phase.IN_PROGRESS if job.remote_id else Phase.SUBMIT_UNKNOWN
        again = {"phase": phase, "due_at": self._t.now, "created_at": self._t.now, "ended_at": None}
        fresh = {"lookups": 0, "failures": 0, "server": None, "problem_code": None, "problem_message": None}
        return self._decided(job, ActivityKind.RECHECKED, **again, **fresh)

    async def submit_again(self, attempt: JobRow) -> bool:
        if not (old := self._waiting(attempt.video_id)):
            return False
        charge = old.charge if old.submit_started_at else _released(old)
        self._t.change(old, current=False, due_at=None, fence=old.fence + 1, charge=charge)
        now, price = self._t.now, attempt.price_micros
        asked, start = attempt.created_at, attempt.virtual_start
        new = Job(
            attempt.id,
            old.video_id,
            asked,
            attempt.provider,
            price_micros=price,
            due_at=now,
            asked_by=attempt.asked_by,
            virtual_start=start,
        )
        self._t.jobs[new.id] = new
        self._t.show(new)
        self._t.activity.append((old.video_id, ActivityKind.RESUBMITTED, None))
        return True

    async def give_up(self, video_id: UUID) -> bool:
        earlier = [job for job in self._t.jobs.values() if job.video_id == video_id and not job.current]
        held = [job for job in earlier if job.charge is Charge.RESERVED]
        for job in held:
            self._t.change(job, charge=Charge.RELEASED)
        if not (job := self._waiting(video_id)):
            self._t.activity += [(video_id, ActivityKind.GIVEN_UP, None)] if held else []
            return bool(held)
        problem = {"problem_code": "given_up", "problem_message": "You stopped waiting for this video."}
        ended = {"phase": Phase.FAILED, "ended_at": self._t.now, "due_at": None}
        return self._decided(job, ActivityKind.GIVEN_UP, **ended, **problem, charge=_released(job))

    def _waiting(self, video_id: UUID) -> Job | None:
        jobs = (job for job in self._t.jobs.values() if job.video_id == video_id and job.current)
        return next((job for job in jobs if job.phase is Phase.NEEDS_ATTENTION), None)

    def _lost(self, video_id: UUID) -> Job | None:
        """Return a failed job that its provider may have after all."""
        jobs = (job for job in self._t.jobs.values() if job.video_id == video_id and job.current)
        failed = (job for job in jobs if job.phase is Phase.FAILED and job.remote_id)
        return next((job for job in failed if job.problem_code in MAY_COME_BACK), None)

    def _decided(self, job: Job, kind: ActivityKind, **values: object) -> bool:
        self._t.show(self._t.change(job, fence=job.fence + 1, **values))
        self._t.activity.append((job.video_id, kind, None))
        return True


def is_unclear(job: Job) -> bool:
    """Tell whether the provider may have a job under a name that is not known yet."""
    begun = job.current and job.submit_started_at is not None
    return begun and job.phase in (Phase.SUBMITTING, Phase.SUBMIT_UNKNOWN)


def _deadline(job: Job) -> datetime:
    guess = job.rendered_at + timedelta(hours=1) if job.rendered_at else _LATER
    return job.remote_expires_at or guess


def _released(job: Job) -> Charge:
    return Charge.RELEASED if job.charge is Charge.RESERVED else job.charge


_CLAIMED = [field.name for field in fields(ClaimedJob)]


class MemoryAssets(_Store):
    """Files' rows, and the trash, as `AssetStore` wants them."""

    async def add(self, assets: Iterable[AssetRow]) -> None:
        self._t.assets |= {(asset.video_id, asset.variant): asset for asset in assets}

    async def doomed(
        self, *, older_than: timedelta, limit: int, but: Collection[UUID] = ()
    ) -> Sequence[tuple[UUID, str, str, tuple[str, ...]]]:
        doomed = [
            (video.deleted_at, job)
            for job in self._t.jobs.values()
            if (video := self._t.videos[job.video_id]).deleted_at is not None
            and video.deleted_at < self._t.now - older_than
            and job.current
            and not (is_unclear(job) and video.deleted_at > self._t.now - SEARCH_TIME)
            and video.id not in but
            and (job.lease_until is None or job.lease_until < self._t.now)
        ]
        doomed.sort(key=lambda each: each[0])
        return [
            (job.video_id, job.provider, self._t.videos[job.video_id].model, self._remote_ids(job.video_id))
            for _, job in doomed[:limit]
        ]

    def _remote_ids(self, video_id: UUID) -> tuple[str, ...]:
        theirs = (job.remote_id for job in self._t.jobs.values() if job.video_id == video_id)
        return tuple(sorted(filter(None, theirs)))

    async def may_erase(self) -> bool:
        """Let files go: no backups are made in this world."""
        return True

    async def erase(self, video_ids: Iterable[UUID]) -> None:
        doomed = {each for each in video_ids if (v := self._t.videos.get(each)) and v.deleted_at is not None}
        self._t.trash |= {asset.key: self._t.now for (of, _), asset in self._t.assets.items() if of in doomed}
        self._t.assets = {key: asset for key, asset in self._t.assets.items() if key[0] not in doomed}
        self._t.jobs = {key: job for key, job in self._t.jobs.items() if job.video_id not in doomed}
        self._t.videos = {
            key: changed(video, parent_id=None) if video.parent_id in doomed else video
            for key, video in self._t.videos.items()
            if key not in doomed
        }

    async def forget_words(self) -> None:
        """Nobody leaves here."""

    async def erase_uploads(self, *, older_than: timedelta) -> None:
        """No uploads here."""

    async def trash(self, *, limit: int) -> Sequence[str]:
        return sorted(self._t.trash, key=lambda key: self._t.trash[key])[:limit]

    async def emptied(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._t.trash.pop(key, None)


class MemoryWebhookDeliveries(_Store):
    """Hints, as `DeliveryStore` wants them."""

    async def remember(self, delivery_id: str, remote_id: str) -> bool:
        new = delivery_id not in self._t.deliveries
        if new:
            self._t.deliveries[delivery_id] = (remote_id, self._t.now)
        return new

    async def apply(self, remote_ids: Iterable[str]) -> tuple[bool, ...]:
        now, wanted = self._t.now, {*remote_ids}
        fresh = {remote for remote, at in self._t.deliveries.values() if at > now - WAITS} & wanted
        applied = [
            self._t.change(job, due_at=min(job.due_at or at, at), hinted_at=at)
            for job in [*self._t.jobs.values()]
            if job.remote_id in fresh
            and (
                (job.phase in (Phase.QUEUED, Phase.IN_PROGRESS) and job.lookups == 0)
                or job.phase is Phase.NEEDS_ATTENTION
            )
            and (at := _after_last(job, now))
        ]
        return tuple(bool(job.due_at and job.due_at <= now) for job in applied)

    async def forget_old(self) -> None:
        oldest = self._t.now - KEPT
        self._t.deliveries = {key: hint for key, hint in self._t.deliveries.items() if hint[1] >= oldest}


def _after_last(job: Job, now: datetime) -> datetime:
    """Return when a hint leads to a look: a while after the last one did."""
    if job.hinted_at is None:
        return now
    return job.hinted_at if job.hinted_at > now else max(now, job.hinted_at + AT_MOST_EVERY)


IN_MEMORY = Stores(jobs=MemoryJobs, assets=MemoryAssets, deliveries=MemoryWebhookDeliveries)
