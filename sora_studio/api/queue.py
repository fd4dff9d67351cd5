"""The queues of providers, for the studio's admins: whose wishes wait, and what goes before."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from sora_studio.api.dependencies import IdentityDep
from sora_studio.api.videos import VideoId
from sora_studio.container import services
from sora_studio.domain.fair_queue import Waiting
from sora_studio.domain.ids import public_id

router = APIRouter(prefix="/admin/queue", tags=["admin"])


class QueueEntry(BaseModel):
    """A wish that waits; whose it is, never what."""

    video_id: str
    user_id: str | None
    display_name: str
    email: str
    seconds: int = Field(description="Of video.")
    urgent: bool
    queue_position: int = Field(description="1 is next.")

    @classmethod
    def of(cls, position: int, waiting: Waiting) -> "QueueEntry":
        """Shape it."""
        return cls(
            video_id=public_id(waiting.video_id),
            user_id=str(waiting.owner_id) if waiting.owner_id else None,
            display_name=waiting.owner,
            email=waiting.email,
            seconds=waiting.seconds,
            urgent=waiting.urgent,
            queue_position=position,
        )


class QueueList(BaseModel):
    """The next that wait at a provider."""

    object: Literal["list"] = "list"
    data: list[QueueEntry]


class Urgency(BaseModel):
    """Whether a wish goes before everything else."""

    urgent: bool


@router.get("")
async def read_queue(
    identity: IdentityDep,
    provider: Annotated[str, Query(max_length=200)],
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> QueueList:
    """List who waits at a provider, the next first."""
    waiting = await services().queue_admin.waiting(identity, provider, limit=limit)
    return QueueList(data=[QueueEntry.of(place, each) for place, each in enumerate(waiting, 1)])


@router.patch("/{video_id}", status_code=204)
async def urge(identity: IdentityDep, video_id: VideoId, wanted: Urgency) -> None:
    """Put a wish before everything else that waits at its provider, or back; 409 when it does not wait."""
    await services().queue_admin.urge(identity, video_id, urgent=wanted.urgent)
