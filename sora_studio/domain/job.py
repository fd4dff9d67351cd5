"""A job: one attempt to have a provider make a video, as the background work sees it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sora_studio.domain.activity import ActivityKind
from sora_studio.domain.card_field import Option, Options
from sora_studio.domain.derivations import requested_seconds
from sora_studio.domain.facts import NO_FACTS, Facts
from sora_studio.domain.inputs import Role
from sora_studio.domain.problem import Problem
from sora_studio.domain.video import Kind, Phase


@dataclass(frozen=True)
class ServerId:
    """Which server a job was sent to: a provider's name may stand for another one elsewhere, or later.

    Written as its address and, behind a `#`, a fingerprint of the key; empty where that is not known.
    """

    address: str
    key: str = ""

    @classmethod
    def parse(cls, text: str | None) -> "ServerId":
        """Read what `str` wrote; None is nothing known."""
        address, _, key = (text or "").partition("#")
        return cls(address, key)

    def __str__(self) -> str:
        """Write it down."""
        return f"{self.address}#{self.key}" if self.key else self.address


class Charge(StrEnum):
    """What became of a job's price."""

    RESERVED = "reserved"  # before the POST
    SETTLED = "settled"  # the provider took the job
    RELEASED = "released"  # refused, failed or given up: no longer reserved


@dataclass(frozen=True)
class Likeness:
    """What jobs have in common that take about as long as each other."""

    provider: str
    model: str
    size: str
    seconds: str


@dataclass(frozen=True)
class JobInput:
    """A file that is sent along."""

    role: Role
    key: str  # in our storage
    content_type: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class ClaimedJob:
    """A due job that this process holds, with what is needed to work on it."""

    id: UUID
    video_id: UUID
    owner_id: UUID | None  # None: the account is gone
    provider: str
    remote_id: str | None
    phase: Phase
    fence: int  # every later write carries it
    progress: int
    failures: int
    lookups: int
    created_at: datetime
    submit_started_at: datetime | None
    accepted_at: datetime | None
    rendered_at: datetime | None
    remote_expires_at: datetime | None
    kind: Kind
    prompt: str
    model: str
    size: str
    seconds: str
    parent_remote_id: str | None  # the parent's remote id at the same provider
    parent_seconds: str | None
    characters: tuple[str, ...]  # their remote ids
    inputs: tuple[JobInput, ...]  # what goes in beside the prompt, in order
    now: datetime  # the database's clock at the claim
    due_at: datetime | None = None
    deleted_at: datetime | None = None  # its video is; what became of it is wanted all the same
    server: str | None = None  # the one that it was sent to, a `ServerId`; None: that was not recorded
    problem_message: str | None = None  # what it waits for, or what was said where its answer was unclear
    options: Options = field(default_factory=dict[str, Option], hash=False)  # of the model's own fields

    @property
    def likeness(self) -> Likeness:
        """Return what it has in common with jobs that take about as long."""
        return Likeness(self.provider, self.model, self.size, self.seconds)

    def may_be_at(self, server: str) -> bool:
        """Tell whether a server can be asked about it: one at the same address, whatever its key."""
        sent_to, asked = ServerId.parse(self.server).address, ServerId.parse(server).address
        return not sent_to or not asked or sent_to == asked

    @property
    def requested_seconds(self) -> str:
        """Return the seconds that the provider is asked for: of an extension, those that it adds."""
        return requested_seconds(self.kind, self.seconds, self.parent_seconds)


@dataclass(frozen=True)
class JobChange:
    """What became of a claimed job; None leaves a field as it is, except `due_in`."""

    job: ClaimedJob
    phase: Phase | None = None
    due_in: timedelta | None = None  # None: nothing more to do by itself
    remote_id: str | None = None
    progress: int | None = None  # never lowers what is stored
    remote_status: str | None = None  # "" clears it
    remote_expires_at: datetime | None = None
    problem: Problem | None = None  # NO_PROBLEM clears it
    charge: Charge | None = None
    failures: int = 0
    lookups: int | None = None
    not_sent: bool = False  # the POST that was begun has certainly not been taken
    accepted: bool = field(default=False)  # the provider took it now
    rendered_at: datetime | None = None  # when the provider had rendered it
    server: str | None = None  # the one that knows it
    facts: Facts = NO_FACTS  # what was not told leaves what is stored
    activity_kinds: tuple[ActivityKind, ...] = ()  # further lines of its activity
