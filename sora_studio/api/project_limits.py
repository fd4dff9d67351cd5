"""The limits of projects, for the studio's admins: how much of it one may take."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from sora_studio.api.dependencies import IdentityDep
from sora_studio.api.projects import ProjectMember
from sora_studio.container import services
from sora_studio.domain.limits import LimitChange, Limits, ProjectTake, ProjectTakePage, QuotaWord
from sora_studio.domain.project import PAGE_MAX

router = APIRouter(prefix="/admin/projects", tags=["admin"])


class ProjectLimits(BaseModel):
    """What counts for a project."""

    object: Literal["project.limits"] = "project.limits"
    id: UUID
    queue_weight: float
    storage_quota_bytes: int | None = Field(description="That counts for it; null: there is none.")
    storage_quota: int | QuotaWord = Field(description="As it is set.")

    @classmethod
    def of(cls, project_id: UUID, limits: Limits) -> "ProjectLimits":
        """Shape them."""
        return cls(
            id=project_id,
            queue_weight=limits.queue_weight,
            storage_quota_bytes=services().limits.quotas.of_project(limits),
            storage_quota=limits.storage_quota,
        )


class ProjectUse(ProjectLimits):
    """A project as admins see it: how much of the studio it takes, never what is in it."""

    name: str
    members: int
    managers: int = Field(description="Who can log in; 0: nobody can run it.")
    storage_bytes: int

    @classmethod
    def seen(cls, project: ProjectTake) -> "ProjectUse":
        """Shape a project."""
        return cls(
            **ProjectLimits.of(project.id, project.limits).model_dump(),
            name=project.name,
            members=project.members,
            managers=project.managers,
            storage_bytes=project.storage_bytes,
        )


class ProjectUseList(BaseModel):
    """A page of projects, by name."""

    object: Literal["list"] = "list"
    data: list[ProjectUse]
    first_id: UUID | None
    last_id: UUID | None
    has_more: bool

    @classmethod
    def of(cls, page: ProjectTakePage) -> "ProjectUseList":
        """Shape a page."""
        data = [*map(ProjectUse.seen, page.projects)]
        first, last = (data[0].id, data[-1].id) if data else (None, None)
        return cls(data=data, first_id=first, last_id=last, has_more=page.has_more)


class ChangedLimits(BaseModel):
    """What to change; what is left out stays."""

    queue_weight: float | None = Field(
        None, description="Of what is made in it, beside that of who asks; 1 is usual."
    )
    storage_quota_bytes: int | QuotaWord | None = Field(None, description="Bytes, `default` or `unlimited`.")


class Appointment(BaseModel):
    """Who is to run a project that nobody can run."""

    email: str = Field(max_length=320)


@router.get("")
async def list_projects(
    identity: IdentityDep,
    *,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 50,
    after: Annotated[UUID | None, Query(description="The last id of the page before.")] = None,
    q: Annotated[str, Query(max_length=200, description="What the name has in it.")] = "",
) -> ProjectUseList:
    """List the studio's projects by name, with how much of it they take."""
    return ProjectUseList.of(await services().limits.projects(identity, q, after=after, limit=limit))


@router.patch("/{project_id}")
async def change_limits(identity: IdentityDep, project_id: UUID, change: ChangedLimits) -> ProjectLimits:
    """Change how much of the studio a project may take."""
    wanted = LimitChange(change.queue_weight, change.storage_quota_bytes)
    return ProjectLimits.of(project_id, await services().limits.change_project(identity, project_id, wanted))


@router.post("/{project_id}/manager", status_code=201)
async def appoint(identity: IdentityDep, project_id: UUID, appointment: Appointment) -> ProjectMember:
    """Have somebody run a project whose managers cannot log in; 409 as long as one can."""
    return ProjectMember.of(await services().projects.appoint(identity, project_id, appointment.email))
