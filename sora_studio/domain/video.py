"""What a video is: its words, its life, and how pages and the API see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from uuid import UUID

from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.facts import NO_FACTS, Facts
from sora_studio.domain.fair_queue import QueuePlace
from sora_studio.domain.inputs import GivenInput
from sora_studio.domain.marks import NO_MARKS, Marks
from sora_studio.domain.problem import Problem
from sora_studio.domain.text import check_storable, first_line, is_blank, shorten, whole_number

PROMPT_MAX = 32_000  # characters, from the API's own limit
TITLE_MAX = 120  # characters
FIRST_TITLE = 60  # characters of the prompt
SIDE_MIN, SIDE_MAX = 16, 8192  # pixels


class Status(StrEnum):
    """The API's four words."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"


class Phase(StrEnum):
    """The studio's finer word for where a video is."""

    SUBMITTING = "submitting"  # the wish is written down; the provider has not been asked or has not answered
    SUBMIT_UNKNOWN = "submit_unknown"  # asked, but the answer was lost: being reconciled
    QUEUED = "queued"  # the provider has taken it
    IN_PROGRESS = "in_progress"  # the provider renders it
    SAVING = "saving"  # rendered; our copy is being made
    COMPLETED = "completed"  # our copy is safe
    FAILED = "failed"
    NEEDS_ATTENTION = "needs_attention"  # the person has to decide


class Kind(StrEnum):
    """How a video was asked for."""

    CREATE = "create"
    REMIX = "remix"  # a variation of a finished video
    EDIT = "edit"  # the same video with a change
    EXTEND = "extend"  # the same video, going on


class Variant(StrEnum):
    """The files of a video that can be had."""

    VIDEO = "video"
    THUMBNAIL = "thumbnail"
    SPRITESHEET = "spritesheet"


POSTER_SIDE = 1280
"""Pixels: the longer side of a thumbnail at most."""


class PosterWidth(IntEnum):
    """Pixels: so small the thumbnail is kept, too, for tiles."""

    NARROW = 320
    WIDE = 640

    @property
    def variant(self) -> str:
        """Name the copy of the thumbnail that is at most so wide, as a file of its own."""
        return f"{Variant.THUMBNAIL}-{self:d}"


STATUS_OF = {
    Phase.SUBMITTING: Status.QUEUED,
    Phase.SUBMIT_UNKNOWN: Status.QUEUED,
    Phase.QUEUED: Status.QUEUED,
    Phase.IN_PROGRESS: Status.IN_PROGRESS,
    Phase.SAVING: Status.IN_PROGRESS,
    Phase.COMPLETED: Status.COMPLETED,
    Phase.FAILED: Status.FAILED,
    Phase.NEEDS_ATTENTION: Status.IN_PROGRESS,
}

TERMINAL = frozenset({Phase.COMPLETED, Phase.FAILED})

COMING = tuple(phase for phase in Phase if phase not in TERMINAL | {Phase.NEEDS_ATTENTION})
"""Where a video is that ends by itself."""

# The only ways on; whatever arrives late or twice changes nothing.
NEXT: dict[Phase, frozenset[Phase]] = {
    Phase.SUBMITTING: frozenset(
        {Phase.SUBMIT_UNKNOWN, Phase.QUEUED, Phase.IN_PROGRESS, Phase.SAVING, Phase.FAILED}
    ),
    Phase.SUBMIT_UNKNOWN: frozenset(
        {
            Phase.SUBMITTING,
            Phase.QUEUED,
            Phase.IN_PROGRESS,
            Phase.SAVING,
            Phase.FAILED,
            Phase.NEEDS_ATTENTION,
        },
    ),
    Phase.QUEUED: frozenset({Phase.IN_PROGRESS, Phase.SAVING, Phase.FAILED, Phase.NEEDS_ATTENTION}),
    Phase.IN_PROGRESS: frozenset({Phase.SAVING, Phase.FAILED, Phase.NEEDS_ATTENTION}),
    Phase.SAVING: frozenset({Phase.COMPLETED, Phase.FAILED, Phase.NEEDS_ATTENTION}),
    Phase.NEEDS_ATTENTION: frozenset(
        {Phase.SUBMIT_UNKNOWN, Phase.QUEUED, Phase.IN_PROGRESS, Phase.SAVING, Phase.FAILED},
    ),
    Phase.COMPLETED: frozenset(),
    Phase.FAILED: frozenset(),
}


@dataclass(frozen=True, order=True)
class Size:
    """A frame in pixels."""

    width: int
    height: int

    @classmethod
    def parse(cls, text: str) -> "Size":
        """Read `1280x720`.

        Raises:
            InvalidInput: Not two numbers from 16 to 8192 with an `x` between them.
        """
        width, _, height = text.partition("x")
        if all(_is_side(part) for part in (width, height)):
            return cls(int(width), int(height))
        message = f"Size must look like 1280x720, not {text[:40]!r}."
        raise InvalidInput(message, "size")

    def __str__(self) -> str:
        """Return the API's spelling."""
        return f"{self.width}x{self.height}"

    @property
    def name(self) -> str:
        """Say the shape in a word."""
        if self.width == self.height:
            return "Square"
        return "Landscape" if self.width > self.height else "Portrait"


def _is_side(text: str) -> bool:
    return whole_number(text, most=SIDE_MAX) >= SIDE_MIN


def clean_prompt(text: str) -> str:
    """Return the prompt as it will be sent: outer white space off, the rest untouched.

    Raises:
        InvalidInput: Nothing to be seen, over 32,000 characters, or with one that cannot be stored.
    """
    prompt = text.strip()
    if is_blank(prompt):
        message = "Describe the video first: the prompt is empty."
        raise InvalidInput(message, "prompt", "empty_prompt")
    if len(prompt) > PROMPT_MAX:
        message = f"The prompt has {len(prompt):,} characters; the limit is {PROMPT_MAX:,}."
        raise InvalidInput(message, "prompt", "string_above_max_length")
    check_storable(prompt, "prompt")
    return prompt


def title_of(prompt: str) -> str:
    """Make a first title: the prompt's first line that shows, cut at a word within 60 characters; or none."""
    line = " ".join(first_line(prompt).split())
    if len(line) <= FIRST_TITLE:
        return line
    return shorten(line, FIRST_TITLE).rsplit(" ", 1)[0].rstrip(" ,.;:") + "…"


@dataclass(frozen=True)
class VideoWish:
    """What a person asks for, checked against the profile by the service."""

    prompt: str
    model: str | None = None  # None: the profile's first
    size: str | None = None  # None: the model's first
    seconds: str | None = None  # None: the model's first; the API's spelling, a string
    provider: str | None = None  # None: the first provider
    inputs: tuple[GivenInput, ...] = ()  # what goes in beside the prompt, in order
    title: str | None = None
    characters: tuple[UUID, ...] = ()  # people and things made before, whose names are in the prompt
    options: Mapping[str, object] = field(default_factory=dict[str, object])  # of the model's own fields
    project_id: UUID | None = None  # whose library it goes to; None: the person's own


@dataclass(frozen=True)
class VideoView:
    """One video as pages and the API show it."""

    id: UUID
    owner_id: UUID  # who made it, or the project that it is in when they have left
    kind: Kind
    title: str
    prompt: str
    provider: str
    model: str
    size: str
    seconds: str
    phase: Phase
    progress: int  # 0..100, never falls
    progress_known: bool  # False: the provider tells nothing; show an indeterminate bar
    created_at: datetime
    completed_at: datetime | None
    expires_at: datetime | None  # when the provider drops its copy; None once ours is safe
    parent_id: UUID | None
    price_micros: int | None  # None: the profile names no price
    charges: int  # attempts that cost: the provider took them and did not fail
    charged_micros: int | None  # what these cost together, each at its own price; None: unknown
    unclear: int  # attempts that may cost: their POST began, and nobody knows whether they were taken
    problem: Problem | None
    remote_status: str | None  # an unknown status word, verbatim
    characters: tuple[str, ...] = ()  # their remote ids
    accepted_at: datetime | None = None  # when the provider took the job
    sent: bool = True  # False: the provider has not been asked yet, or certainly did not take it
    facts: Facts = NO_FACTS  # what the provider reported about the rendering
    options: Mapping[str, object] = field(default_factory=dict[str, object])  # as they were set
    project_id: UUID | None = None  # None: it is in its owner's own library
    parent_project_id: UUID | None = None  # likewise
    waits: bool = False  # for its turn: nobody has begun to send it
    queue: QueuePlace | None = None  # where, if the provider has a queue and its place can be counted
    marks: Marks = NO_MARKS

    @property
    def status(self) -> Status:
        """Return the API's word for the phase."""
        return STATUS_OF[self.phase]

    @property
    def may_be_billed(self) -> bool:
        """Tell whether a video that is not finished may cost something although it is deleted now."""
        return self.phase not in TERMINAL and bool(self.charges or self.unclear)

    @property
    def charged(self) -> bool | None:
        """Tell whether the video costs anything, all its attempts together; None: not known."""
        return True if self.charges else None if self.unclear else False


@dataclass(frozen=True)
class Removal:
    """What became of a video that somebody has deleted."""

    unsent: bool  # it waited: nobody has asked the provider for it, or will
    may_be_billed: bool  # it was being made: the provider may bill it all the same
