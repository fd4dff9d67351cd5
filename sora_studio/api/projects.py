"""Projects: libraries that several people share."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from sora_studio.api.dependencies import IdentityDep, NarrowReaderDep
from sora_studio.container import services
from sora_studio.domain.access import project_within, require_reach
from sora_studio.domain.account import ProjectRole
from sora_studio.domain.project import PAGE_MAX, MemberView, ProjectPage, ProjectView

router = APIRouter(prefix="/projects", tags=["projects"])


class ProjectName(BaseModel):
    """What a project is called."""

    name: str


class ProjectMember(BaseModel):
    """Somebody in a project."""

    user_id: UUID
    display_name: str
    email: str
    role: ProjectRole
    added_at: int = Field(description="Unix seconds.")

    @classmethod
    def of(cls, member: MemberView) -> "ProjectMember":
        """Shape a member."""
        return cls(
            user_id=member.user_id,
            display_name=member.display_name,
            email=member.email,
            role=member.role,
            added_at=int(member.added_at.timestamp()),
        )


class Project(BaseModel):
    """A project as one of its members sees it."""

    id: UUID
    object: Literal["project"] = "project"
    name: str
    created_at: int = Field(description="Unix seconds.")
    role: ProjectRole = Field(description="One's own.")
    members: int
    videos: int = Field(description="Counted up to 1,000.")

    @classmethod
    def of(cls, project: ProjectView) -> "Project":
        """Shape a project."""
        return cls(
            id=project.id,
            name=project.name,
            created_at=int(project.created_at.timestamp()),
            role=project.role,
            members=project.members,
            videos=project.videos,
        )


class ProjectDetails(Project):
    """A project with what it stores, and some of those who are in it."""

    storage_bytes: int
    storage_quota_bytes: int | None = Field(description="What it may store; null: as much as it likes.")
    people: list[ProjectMember] = Field(description="By name.")
    more_people: bool = Field(description="Whether others follow them: ask for those after the last one.")


class ProjectList(BaseModel):
    """A page of the projects that one is in, by name."""

    object: Literal["list"] = "list"
    data: list[Project]
    first_id: UUID | None
    last_id: UUID | None
    has_more: bool

    @classmethod
    def of(cls, page: ProjectPage) -> "ProjectList":
        """Shape a page."""
        data = [*map(Project.of, page.projects)]
        first, last = (data[0].id, data[-1].id) if data else (None, None)
        return cls(data=data, first_id=first, last_id=last, has_more=page.has_more)


class NewMember(BaseModel):
    """Who is to be let in, and as what."""

    email: str = Field(max_length=320)
    role: ProjectRole


class Membership(BaseModel):
    """What somebody is in a project."""

    role: ProjectRole


class ProjectMembers(BaseModel):
    """Who is in a project, by name."""

    object: Literal["list"] = "list"
    data: list[ProjectMember]

    @classmethod
    def of(cls, members: Sequence[MemberView]) -> "ProjectMembers":
        """Shape them."""
        return cls(data=[*map(ProjectMember.of, members)])


@router.post("", status_code=201)
async def create(identity: IdentityDep, project: ProjectName) -> Project:
    """Open a project; one is its manager."""
    return Project.of(await services().projects.create(identity, project.name))


@router.get("")
async def list_projects(
    identity: NarrowReaderDep,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_MAX,
    after: Annotated[UUID | None, Query(description="The last id of the page before.")] = None,
) -> ProjectList:
    """List the projects that one is in, by name; with a key for one project, that one."""
    if project_id := project_within(identity.key, None):
        only = await services().projects.view(identity.user_id, project_id)
        return ProjectList.of(ProjectPage((only,) if after is None else (), has_more=False))
    return ProjectList.of(await services().projects.page(identity.user_id, after=after, limit=limit))


@router.get("/{project_id}")
async def read(
    identity: NarrowReaderDep,
    project_id: UUID,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX, description="Of its members.")] = PAGE_MAX,
    after: Annotated[UUID | None, Query(description="The last member of the page before.")] = None,
) -> ProjectDetails:
    """Return a project with its members, a page of them at a time."""
    require_reach(identity.key, project_id)
    project, page = await services().projects.get(identity.user_id, project_id, after=after, limit=limit)
    storage = await services().limits.project_storage(identity.user_id, project_id)
    return ProjectDetails(
        **Project.of(project).model_dump(),
        storage_bytes=storage.used_bytes,
        storage_quota_bytes=storage.quota_bytes,
        people=[*map(ProjectMember.of, page.members)],
        more_people=page.has_more,
    )


@router.patch("/{project_id}")
async def rename(identity: IdentityDep, project_id: UUID, change: ProjectName) -> Project:
    """Give a project another name: its managers may."""
    return Project.of(await services().projects.rename(identity, project_id, change.name))


@router.delete("/{project_id}", status_code=204)
async def remove(identity: IdentityDep, project_id: UUID) -> None:
    """Delete a project in which there are no videos: its managers may."""
    await services().projects.remove(identity, project_id)


@router.post("/{project_id}/members", status_code=201)
async def add_member(identity: IdentityDep, project_id: UUID, member: NewMember) -> ProjectMember:
    """Let somebody in by their address: managers may."""
    added = await services().projects.add_member(identity, project_id, member.email, member.role)
    return ProjectMember.of(added)


@router.put("/{project_id}/members/{user_id}")
async def put_member(
    identity: IdentityDep, project_id: UUID, user_id: UUID, membership: Membership
) -> ProjectMembers:
    """Let somebody in, or give them another role: managers may."""
    members = await services().projects.put_member(identity, project_id, user_id, membership.role)
    return ProjectMembers.of(members)


@router.delete("/{project_id}/members/{user_id}", status_code=204)
async def remove_member(identity: IdentityDep, project_id: UUID, user_id: UUID) -> None:
    """Take somebody out: managers may, and everybody may leave. What they made stays."""
    await services().projects.remove_member(identity, project_id, user_id)
