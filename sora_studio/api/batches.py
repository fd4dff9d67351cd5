"""What is done to several videos at once, and taken back."""

from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from sora_studio.api.dependencies import NarrowWriterDep
from sora_studio.api.parsing import read_ids, read_statuses
from sora_studio.container import services
from sora_studio.domain.access import project_within, require
from sora_studio.domain.batch import BatchAct, BatchAction, BatchResult, Selection
from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.library import LibraryQuery
from sora_studio.domain.search_query import SPOKEN

router = APIRouter(prefix="/videos/batch_actions", tags=["videos"])

_LATEST = 253_402_300_799  # the last second that a calendar has


class Selected(BaseModel):
    """Some videos: `ids`, or all that match `query` and `status`, whatever they are, but for `except`."""

    model_config = ConfigDict(extra="forbid")

    ids: list[str] | None = Field(None, description="Up to 1,000; those that you cannot change are left out.")
    query: str | None = Field(None, max_length=1000, description=f"{SPOKEN} Empty: all.")
    status: str | None = Field(None, description="As of GET /api/videos.")
    but: list[str] | None = Field(None, alias="except", description="Up to 1,000.")
    until: int | None = Field(
        None,
        ge=0,
        le=_LATEST,
        description="The `created_at` of the newest that you have seen; what is newer is left out. "
        "A query needs it to delete.",
    )

    def read(self, project_id: UUID | None, action: BatchAction) -> Selection:
        """Return what is meant.

        Raises:
            InvalidInput: Ids as well as a query or what belongs to one, or neither; too many ids, or what is
                none; no status; a query that finds more than it says, or deletes what nobody has seen.
        """
        if (self.ids is None) == (self.query is None):
            message = "Select either ids or a query."
            raise InvalidInput(message, "select")
        if self.query is None:
            if beside := self.model_fields_set - {"ids", "query"}:
                name = "except" if "but" in beside else min(beside)
                message = f"{name} belongs to a query; ids are all that you name."
                raise InvalidInput(message, name)
            return Selection(read_ids(self.ids or (), "ids"), project_id=project_id)
        statuses = read_statuses(self.status or "")
        if self.status is not None and not statuses:
            message = "Name a status, or leave it out for all."
            raise InvalidInput(message, "status")
        if self.until is None and action is BatchAction.DELETE:
            message = "Say until when: the created_at of the newest video that you have seen."
            raise InvalidInput(message, "until")
        query = LibraryQuery(self.query, statuses=statuses)
        return Selection(read_ids(self.but or (), "except"), query, project_id, _whole_second(self.until))


class BatchWish(BaseModel):
    """What is done to which videos."""

    model_config = ConfigDict(extra="forbid")

    action: BatchAction
    select: Selected
    project_id: UUID | None = Field(
        None,
        description="In whose library a query looks: a project's; one's own when left out, or that of a key "
        "for one project.",
    )
    stars: int | None = Field(None, description="For `star`: 0 to 5.")
    tag: str | None = Field(None, description="For `tag` and `untag`.")


class BatchAnswer(BaseModel):
    """What came of it."""

    id: str = Field(description="By which it can be undone within a minute.")
    object: Literal["video.batch_action"] = "video.batch_action"
    count: int = Field(description="How many videos are different now.")
    may_be_billed: int = Field(description="Of those that were deleted while they were being made.")

    @classmethod
    def of(cls, result: BatchResult) -> "BatchAnswer":
        """Shape it."""
        return cls(id=str(result.id), count=result.count, may_be_billed=result.may_be_billed)


@router.post("")
async def act(identity: NarrowWriterDep, wish: BatchWish) -> BatchAnswer:
    """Do one thing to several videos at once: `star`, `tag`, `untag` or `delete`."""
    done = BatchAct.of(wish.action, stars=wish.stars, tag=wish.tag)
    require(identity, done.needs)
    selection = wish.select.read(project_within(identity.key, wish.project_id), wish.action)
    return BatchAnswer.of(await services().batches.act(identity.user_id, selection, done))


@router.post("/{batch_id}/undo")
async def undo(identity: NarrowWriterDep, batch_id: UUID) -> BatchAnswer:
    """Take it back, within a minute; a second time is 404."""
    return BatchAnswer.of(await services().batches.undo(identity.user_id, batch_id, key=identity.key))


def _whole_second(until: int | None) -> datetime | None:
    """Return the end of a second, as what the API says about times leaves out the rest."""
    return None if until is None else datetime.fromtimestamp(until, UTC).replace(microsecond=999_999)
