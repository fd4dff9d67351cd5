"""One act on several videos at once: which ones, what is done to them, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from sora_studio.domain.access import Action
from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.library import LibraryQuery
from sora_studio.domain.marks import star_mark, tag_mark
from sora_studio.domain.search_query import check_exact

NAMED_MAX = 1_000
"""Videos that a selection names one by one, be it those that are chosen or those that are not."""


class BatchAction(StrEnum):
    """What can be done to several videos."""

    STAR = "star"
    TAG = "tag"
    UNTAG = "untag"
    DELETE = "delete"


@dataclass(frozen=True)
class Selection:
    """Some videos: those that are named, or all that match a query but those that are named."""

    ids: tuple[UUID, ...] = ()
    query: LibraryQuery | None = None
    project_id: UUID | None = None  # whose library the query is about, or in which named ones have to be
    until: datetime | None = None  # what was asked for later is not meant: nobody had seen it

    def __post_init__(self) -> None:
        """Check it.

        Raises:
            InvalidInput: It names too many, or its search finds more than it says.
        """
        if self.query is not None:
            check_exact(self.query.search)
        if len(self.ids) > NAMED_MAX:
            message = f"Name at most {NAMED_MAX:,} videos at a time, or select all that match."
            raise InvalidInput(message, "select")


@dataclass(frozen=True)
class BatchAct:
    """What is done to each of them."""

    action: BatchAction
    mark: str | None = None  # that they have afterwards, or no longer; None: no stars

    @classmethod
    def of(cls, action: BatchAction, *, stars: int | None = None, tag: str | None = None) -> Self:
        """Put one together from what somebody asked for.

        Raises:
            InvalidInput: What it needs is missing, or wrong.
        """
        match action:
            case BatchAction.STAR:
                if stars is None:
                    message = "Say how many stars."
                    raise InvalidInput(message, "stars")
                return cls(action, star_mark(stars))
            case BatchAction.TAG | BatchAction.UNTAG:
                return cls(action, tag_mark(tag or ""))
            case BatchAction.DELETE:
                return cls(action)

    @property
    def needs(self) -> Action:
        """Return what its person has to be allowed."""
        return Action.DELETE_VIDEOS if self.action is BatchAction.DELETE else Action.WRITE_VIDEOS


@dataclass(frozen=True)
class BatchResult:
    """What came of it."""

    id: UUID  # by which it can be undone for a minute
    count: int  # of the videos that are different now
    may_be_billed: int = 0  # of those that were deleted while they were being made
