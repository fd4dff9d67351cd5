"""A library: one person's videos, searched, counted and paged."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sora_studio.domain.video import Phase, Status, VideoView


class SortOrder(StrEnum):
    """Which end of the library comes first."""

    NEWEST = "desc"
    OLDEST = "asc"


@dataclass(frozen=True)
class LibraryQuery:
    """Which of the owner's videos to show."""

    search: str = ""
    statuses: tuple[Status, ...] = ()  # none: all of them
    order: SortOrder = SortOrder.NEWEST
    after: UUID | None = None  # the last video of the page before
    limit: int = 24  # 1..200
    phases: tuple[Phase, ...] = ()  # none: all of them; a finer choice than the statuses


@dataclass(frozen=True)
class LibraryPage:
    """One page of a library."""

    videos: tuple[VideoView, ...]
    has_more: bool


@dataclass(frozen=True)
class LibraryCounts:
    """How many videos there are of each status, counted up to 1,000 (`capped` beyond)."""

    all: int
    coming: int  # queued or in progress
    completed: int
    failed: int
    deciding: int = 0  # in progress as long as their person has not decided; they are not among the coming
    capped: bool = False


@dataclass(frozen=True)
class Coming:
    """What is being made right now."""

    count: int
    price_micros: int  # without the play money
    play_micros: int = 0  # what the sandbox counts


@dataclass(frozen=True)
class Family:
    """A video's parent, and what was made from it, oldest first."""

    parent: VideoView | None
    made: tuple[VideoView, ...]
