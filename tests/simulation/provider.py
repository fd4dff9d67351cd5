"""The provider of the simulation: what it takes goes into its ledger, the oracle of every check."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from pathlib import Path
from random import Random
from typing import Protocol, TypeVar
from uuid import UUID

from sora_studio.domain.errors import (
    ContentRejected,
    JobNotFound,
    ProviderError,
    ProviderUnavailable,
    SubmitUnclear,
    Unsupported,
)
from sora_studio.domain.ports import Content, RemoteJob, RemotePage, ResumePoint, Submission
from sora_studio.domain.problem import Problem
from sora_studio.domain.profile import Model, Profile
from sora_studio.domain.video import Status, Variant

T = TypeVar("T")

MODEL = Model("model", sizes=("1280x720",), seconds=(4,), micros_per_second=100_000)
CLIENT_PATIENCE = 30.0  # seconds until a request without an answer is given up
NEVER = datetime.max.replace(tzinfo=UTC)
BROKEN = "broken"  # the code of what it fails at
BODY = b"ftyp a film of "
_GONE = "No such video."


class Fault(Enum):
    """What becomes of a request."""

    NONE = auto()
    UNREACHABLE = auto()  # nothing was sent
    LOST = auto()  # it was sent and never arrived
    BUSY = auto()  # 429
    BROKEN = auto()  # it arrived and came to nothing: 500
    SLOW = auto()
    UNANSWERED = auto()  # it was done, and the answer was lost
    GARBLED = auto()  # it was done, and the answer makes no sense: 500, reset, HTML


_HARMLESS = (Fault.UNREACHABLE, Fault.BUSY, Fault.BROKEN, Fault.SLOW)
_ALL = (*_HARMLESS, Fault.LOST, Fault.UNANSWERED, Fault.GARBLED)


@dataclass
class Accepted:
    """A line of the ledger: a job that was taken, and that costs money."""

    remote_id: str
    key: UUID
    submission: Submission
    at: datetime
    starts: datetime
    ends: datetime  # datetime.max in UTC: never
    fails: bool
    expires: datetime  # when its file goes
    tells_progress: bool
    odd_word: bool  # a status word that nobody knows, while it renders
    shown: datetime | None  # when the list shows it; None: never
    lost: bool = False  # the provider forgot it
    deleted: bool = False
    server: str = ""  # which of several servers has it

    @property
    def body(self) -> bytes:
        return BODY + self.remote_id.encode()

    @property
    def never_ends(self) -> bool:
        return self.ends == NEVER

    def completed_by(self, now: datetime) -> bool:
        return now >= self.ends and not self.fails


@dataclass(frozen=True)
class Weather:
    """How bad everything is, drawn once for a seed."""

    faults: float  # share of requests that fail
    lists_lag: float  # seconds that the list is behind
    list_lacks: float  # share of jobs that it never shows
    shows_twice: bool
    renders: float  # seconds, at most
    lives: float  # seconds that a file is kept
    never_ends: float  # share of jobs
    refuses: float
    fails: float
    tags: bool  # its files have tags, so that the rest of one can be asked for
    skew: float  # seconds that its clock is ahead
    tells_prompts: bool  # in its list, and anywhere


class Host(Protocol):
    """What the provider needs to know of the world."""

    rng: Random
    stormy: bool

    def now(self) -> datetime:
        """Return the time."""
        ...

    def log(self, what: str, *details: object) -> None:
        """Note what happened."""
        ...

    async def pass_time(self, seconds: float) -> None:
        """Let time go by."""
        ...

    def later(self, seconds: float, do: Callable[[], object]) -> None:
        """Do something in a while, whatever becomes of the process that asked for it."""
        ...


class Provider:
    """The server."""

    def __init__(self, host: Host, profile: Profile, weather: Weather) -> None:
        self.host, self.profile, self.weather = host, profile, weather
        self.ledger: list[Accepted] = []
        self.by_id: dict[str, Accepted] = {}
        self.down = False
        self.misled = False  # another server answers in its place and knows nothing, as after a wrong setting
        self.on_taken: Callable[[Accepted], None] = lambda _taken: None

    def fault(self, *, submits: bool = False) -> Fault:
        """Draw what becomes of a request."""
        rng = self.host.rng
        if self.down or (self.misled and submits):
            return Fault.UNREACHABLE
        if not self.host.stormy or rng.random() >= self.weather.faults:
            return Fault.NONE
        return rng.choice(_ALL if submits else _HARMLESS)

    def accept(self, submission: Submission, server: str) -> RemoteJob:
        """Take a submission, or refuse it."""
        host, weather, rng = self.host, self.weather, self.host.rng
        for taken in self.ledger if self.profile.honours_idempotency_key else ():
            if (taken.key, taken.server) == (submission.job_id, server):
                return self._said(taken)
        if rng.random() < weather.refuses:
            host.log("refused", submission.job_id)
            raise ContentRejected("Not this.", "moderation_blocked")
        now = host.now()
        starts = now + timedelta(seconds=rng.uniform(0, 5))
        ends = starts + timedelta(seconds=rng.uniform(1, weather.renders))
        shown = now + timedelta(seconds=rng.uniform(0, weather.lists_lag))
        taken = Accepted(
            remote_id=f"remote-{len(self.ledger)}",
            key=submission.job_id,
            submission=submission,
            at=now,
            starts=starts,
            ends=NEVER if rng.random() < weather.never_ends else ends,
            fails=rng.random() < weather.fails,
            expires=ends + timedelta(seconds=weather.lives),
            tells_progress=rng.random() < 0.7,
            odd_word=rng.random() < 0.05,
            shown=None if rng.random() < weather.list_lacks else shown,
            server=server,
        )
        self.ledger.append(taken)
        self.by_id[taken.remote_id] = taken
        host.log("accepted", taken.remote_id, submission.job_id)
        self.on_taken(taken)
        return self._said(taken)

    def find(self, remote_id: str, server: str) -> RemoteJob:
        return self._said(self._known(remote_id, server))

    def page(self, after: str | None, limit: int, server: str) -> RemotePage:
        """Return a page of the list, newest first."""
        if self.misled:
            raise Unsupported("Not Found", "not_found")
        now = self.host.now()
        found = [
            taken
            for taken in reversed(self.ledger)
            if taken.shown
            and taken.shown <= now
            and not taken.lost
            and not taken.deleted
            and taken.server == server
        ]
        if self.weather.shows_twice:
            found = [taken for taken in found for _ in range(2)]
        ids = [taken.remote_id for taken in found]
        start = len(ids) - ids[::-1].index(after) if after in ids else 0
        page = found[start : start + limit]
        last = page[-1].remote_id if page else None
        return RemotePage(tuple(map(self._said, page)), last, has_more=start + limit < len(ids))

    def file(self, remote_id: str, server: str) -> bytes:
        taken = self._known(remote_id, server)
        if not taken.completed_by(self.host.now()) or self.host.now() >= taken.expires:
            raise JobNotFound("No such file.", "not_found")
        return taken.body

    def delete(self, remote_id: str) -> None:
        if taken := self.by_id.get(remote_id):
            taken.deleted = True
            self.host.log("deleted there", remote_id)

    def restart(self) -> None:
        """Forget everything, as servers do that keep their jobs in memory."""
        for taken in self.ledger:
            taken.lost = True
        self.host.log("the provider restarted and forgot its jobs")

    def _known(self, remote_id: str, server: str) -> Accepted:
        taken = self.by_id.get(remote_id)
        if taken is None or taken.lost or taken.deleted or taken.server != server or self.misled:
            raise JobNotFound(_GONE, "not_found")
        return taken

    def _said(self, taken: Accepted) -> RemoteJob:
        now, ended = self.host.now(), self.host.now() >= taken.ends
        status = Status.QUEUED if now < taken.starts else Status.IN_PROGRESS
        if ended:
            status = Status.FAILED if taken.fails else Status.COMPLETED
        odd = taken.odd_word and status is Status.IN_PROGRESS
        failed = ended and taken.fails
        return RemoteJob(
            remote_id=taken.remote_id,
            status=None if odd else status,
            status_word="paused" if odd else str(status),
            progress=self._progress(taken, status),
            created_at=taken.at + timedelta(seconds=self.weather.skew),
            expires_at=taken.expires if ended else None,
            problem=Problem(BROKEN, "It broke.") if failed else None,
            prompt=taken.submission.prompt if self.weather.tells_prompts else None,
            model=taken.submission.model,
            size=taken.submission.size,
            seconds=taken.submission.seconds,
            completed_at=taken.ends if ended else None,
        )

    def _progress(self, taken: Accepted, status: Status) -> int | None:
        """Progress that grows, with a wrong step now and then, or none at all."""
        if not taken.tells_progress:
            return None
        if status is not Status.IN_PROGRESS:
            return 100 if status is Status.COMPLETED else 0
        if self.host.stormy and self.host.rng.random() < self.weather.faults:
            return self.host.rng.randrange(101)
        whole = min((taken.ends - taken.starts).total_seconds(), 1e6)
        return int(99 * (self.host.now() - taken.starts).total_seconds() / whole)


class Wire(Protocol):
    """What connects one process to the world."""

    async def cross(self, port: str) -> None:
        """Pass from the process to the outside or back: here it freezes and dies."""
        ...


class Line:
    """The provider as one process reaches it; implements `domain.ports.Provider`.

    What was sent arrives, and is done, whatever becomes of the process that has sent it.
    """

    def __init__(self, server: Provider, wire: Wire, name: str = "") -> None:
        self._server, self._wire, self._host = server, wire, server.host
        self._name, self.profile = name, replace(server.profile, server=name)

    async def submit(self, submission: Submission) -> RemoteJob:
        self._host.log("POST", submission.job_id)
        fault = self._server.fault(submits=True)
        return await self._request(lambda: self._server.accept(submission, self._name), fault, SubmitUnclear)

    async def fetch(self, remote_id: str, *, model: str = "") -> RemoteJob:
        del model
        return await self._get(lambda: self._server.find(remote_id, self._name))

    async def list_jobs(self, *, after: str | None = None, limit: int = 100) -> RemotePage:
        return await self._get(lambda: self._server.page(after, limit, self._name))

    async def delete(self, remote_id: str, *, model: str = "") -> None:
        del model
        await self._get(lambda: self._server.delete(remote_id))

    async def create_character(self, name: str, film: Path, key: UUID) -> str:
        raise Unsupported(f"No {name} from {film} for {key}: there are no characters here.")

    def content(
        self, remote_id: str, variant: Variant, beginning: ResumePoint | None = None, *, model: str = ""
    ) -> AbstractAsyncContextManager[Content]:
        del model
        assert variant is Variant.VIDEO
        return self._content(remote_id, beginning)

    async def list_models(self) -> tuple[Model, ...]:
        return self.profile.models

    async def close(self) -> None:
        """Nothing to close."""

    @asynccontextmanager
    async def _content(self, remote_id: str, beginning: ResumePoint | None) -> AsyncIterator[Content]:
        body = await self._get(lambda: self._server.file(remote_id, self._name))
        fault = self._server.fault()
        if fault is Fault.BROKEN:
            body = b"<html>" + body
        sent = body[:-1] if fault is Fault.BUSY else body
        etag = remote_id if self._server.weather.tags and fault is not Fault.BROKEN else None
        first = beginning.bytes if beginning and beginning.etag == etag else 0

        async def chunks() -> AsyncIterator[bytes]:
            for start in range(first, len(sent), 7):
                await self._wire.cross("content")
                yield sent[start : start + 7]
            if fault is Fault.UNREACHABLE:
                raise ProviderUnavailable("The connection broke.", "connection_lost")

        yield Content("video/mp4", len(body), chunks(), first, etag)

    async def _get(self, work: Callable[[], T]) -> T:
        return await self._request(work, self._server.fault(), ProviderUnavailable)

    async def _request(self, work: Callable[[], T], fault: Fault, unclear: type[ProviderError]) -> T:
        host, rng = self._host, self._host.rng
        if fault is Fault.UNREACHABLE:
            await host.pass_time(rng.uniform(0.01, 1))
            await self._wire.cross("unreachable")
            raise ProviderUnavailable("Connection refused.", "connection_refused")
        answer: list[T | ProviderError] = []
        way = rng.uniform(0.01, 0.2) if fault is not Fault.SLOW else rng.uniform(1, CLIENT_PATIENCE * 0.9)
        host.later(way, lambda: answer.append(_done(work, fault, rng)))
        await host.pass_time(CLIENT_PATIENCE if fault in (Fault.LOST, Fault.UNANSWERED) else way + 0.05)
        await self._wire.cross("answered")
        if fault in (Fault.LOST, Fault.UNANSWERED, Fault.GARBLED):
            raise unclear("The answer was lost.", "connection_lost")
        if fault is Fault.BROKEN:
            raise unclear("Internal server error.", "server_error")
        (said,) = answer
        if isinstance(said, ProviderError):
            raise said
        return said


def _done(work: Callable[[], T], fault: Fault, rng: Random) -> T | ProviderError:
    """Do at the provider what was asked for."""
    if fault is Fault.BUSY:
        return ProviderUnavailable("Slow down.", "rate_limit", rng.choice([None, 2.0, 60.0]))
    if fault in (Fault.LOST, Fault.BROKEN):
        return ProviderUnavailable("Nothing was done.")
    try:
        return work()
    except ProviderError as error:
        return error
