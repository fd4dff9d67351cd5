"""What is done to several videos at once, and taken back."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from sora_studio.api.dependencies import NarrowWriterDep, WriterDep
from sora_studio.api.parsing import known_ids, read_statuses
from sora_studio.container import services
from sora_studio.domain.access import project_within, require
from sora_studio.domain.batch import BatchAct, BatchAction, BatchResult, Selection
from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.library import LibraryQuery

router = APIRouter(prefix="/videos/batch_actions", tags=["videos"])


class Selected(BaseModel):
    """Some videos: `ids`, or all that match `query` and `status`, whatever they are, but for `except`."""

    ids: list[str] | None = Field(None, description="Up to 1,000; those that you cannot change are left out.")
    query: str | None = Field(None, max_length=1000, description="As `q` of GET /api/videos; empty: all.")
    status: str = Field("", description="As of GET /api/videos.")
    but: list[str] = Field(default_factory=list, alias="except", description="Up to 1,000.")

    def read(self, project_id: UUID | None) -> Selection:
        """Return what is meant.

        Raises:
            InvalidInput: Ids as well as a query, or neither; too many ids; no status.
        """
        if (self.ids is None) == (self.query is None):
            message = "Select either ids or a query."
            raise InvalidInput(message, "select")
        if self.query is None:
            return Selection(known_ids(self.ids or ()), project_id=project_id)
        query = LibraryQuery(self.query, statuses=read_statuses(self.status))
        return Selection(known_ids(self.but), query, project_id)


class BatchWish(BaseModel):
    """What is done to which videos."""

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
    selection = wish.select.read(project_within(identity.key, wish.project_id))
    return BatchAnswer.of(await services().batches.act(identity.user_id, selection, done))


@router.post("/{batch_id}/undo")
async def undo(identity: WriterDep, batch_id: UUID) -> BatchAnswer:
    """Take it back, within a minute; a second time is 404."""
    return BatchAnswer.of(await services().batches.undo(identity.user_id, batch_id))
