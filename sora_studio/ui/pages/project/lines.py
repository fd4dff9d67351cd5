"""A project and its members in the words of the page."""

from dataclasses import dataclass
from uuid import UUID

from sora_studio.domain.account import ProjectRole
from sora_studio.domain.project import MemberView, ProjectView
from sora_studio.ui.libraries import videos_of


@dataclass(frozen=True)
class Member:
    """Somebody in the project."""

    id: str = ""
    name: str = ""
    email: str = ""
    role: str = ""
    is_me: bool = False


@dataclass(frozen=True)
class Shown:
    """What the page says of its project."""

    id: str = ""
    name: str = ""
    role: str = ""
    runs: bool = False  # who looks is a manager
    videos: str = ""


def to_shown(project: ProjectView) -> Shown:
    """Write down what the page says of a project."""
    return Shown(
        id=project.id.hex,
        name=project.name,
        role=project.role.capitalize(),
        runs=project.role is ProjectRole.MANAGER,
        videos=videos_of(project),
    )


def to_member(member: MemberView, user_id: UUID) -> Member:
    """Write down what the page says of a member."""
    return Member(
        id=member.user_id.hex,
        name=member.display_name,
        email=member.email,
        role=member.role,
        is_me=member.user_id == user_id,
    )
