"""Projects: libraries that several people share."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sora_studio.domain.account import ProjectRole, clean_name

MOST_MEMBERS = 500
PAGE_MAX = 100
"""Projects, or members of one, that are read at once."""


@dataclass(frozen=True)
class ProjectView:
    """A project as one of its members sees it."""

    id: UUID
    name: str
    created_at: datetime
    role: ProjectRole  # of who looks
    members: int
    videos: int  # counted up to 1,000


@dataclass(frozen=True)
class ProjectPage:
    """Some of the projects that somebody is in, by name."""

    projects: tuple[ProjectView, ...]
    has_more: bool


@dataclass(frozen=True)
class MemberView:
    """Somebody in a project."""

    user_id: UUID
    display_name: str
    email: str
    role: ProjectRole
    added_at: datetime


@dataclass(frozen=True)
class MemberPage:
    """Some of those who are in a project, by name."""

    members: tuple[MemberView, ...]
    has_more: bool


@dataclass(frozen=True)
class ProjectNotice:
    """What somebody reads who was let into a project by somebody else, until they put it away."""

    project_id: UUID
    name: str
    role: ProjectRole
    added_by: str  # their name; empty: the account is gone
    at: datetime


def clean_project_name(text: str) -> str:
    """Return a project's name on one line.

    Raises:
        InvalidInput: Nothing to be seen, longer than 80 characters, or with control characters.
    """
    return clean_name(text, "name")
