"""The limits of projects, for the studio's admins: how much of it one may take."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from sora_studio.api.dependencies import IdentityDep
from sora_studio.container import services
from sora_studio.domain.limits import LimitChange, Limits

router = APIRouter(prefix="/admin/projects", tags=["admin"])


class ProjectLimits(BaseModel):
    """What counts for a project."""

    object: Literal["project.limits"] = "project.limits"
    id: UUID
    queue_weight: float

    @classmethod
    def of(cls, project_id: UUID, limits: Limits) -> "ProjectLimits":
        """Shape them."""
        return cls(id=project_id, queue_weight=limits.queue_weight)


class ChangedLimits(BaseModel):
    """What to change; what is left out stays."""

    queue_weight: float | None = Field(
        None, description="Of what is made in it, beside that of who asks; 1 is usual."
    )


@router.patch("/{project_id}")
async def change_limits(identity: IdentityDep, project_id: UUID, change: ChangedLimits) -> ProjectLimits:
    """Change how much of the studio a project may take."""
    wanted = LimitChange(**change.model_dump())
    return ProjectLimits.of(project_id, await services().limits.change_project(identity, project_id, wanted))
