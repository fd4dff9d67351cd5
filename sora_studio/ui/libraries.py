"""The libraries that a person can look at or make videos in: their own, and those of their projects."""

from dataclasses import dataclass, field
from uuid import UUID

from sora_studio.container import services
from sora_studio.domain.access import PROJECT_ROLES, Action
from sora_studio.domain.project import ProjectView

MINE = "mine"
"""What stands for one's own library in forms."""


_CAP = 1000  # where the repository stops counting


@dataclass(frozen=True)
class Library:
    """One library, as a list of them shows it."""

    id: str = MINE  # of a project
    name: str = "My library"
    may_make: bool = True
    audience: str = "Only you see it"


@dataclass(frozen=True)
class Libraries:
    """The one that was chosen, and what else could be."""

    chosen: Library = Library()
    all: list[Library] = field(default_factory=list[Library])  # empty: there are no others


async def read_libraries(user_id: UUID, project_id: UUID | None) -> Libraries:
    """Return a person's libraries; of more than a hundred projects, the first by name and the chosen one.

    Raises:
        NotFound: They are not in the chosen project.
        Unavailable: No database.
    """
    projects = (await services().projects.page(user_id)).projects
    if project_id and all(each.id != project_id for each in projects):
        projects = (await services().projects.view(user_id, project_id), *projects)
    shared = [to_library(each) for each in projects]
    chosen = next((each for each in shared if project_id and each.id == project_id.hex), Library())
    return Libraries(chosen, [Library(), *shared] if shared else [])


def to_library(project: ProjectView) -> Library:
    """Write down what is said of a project's library."""
    others = project.members - 1
    seen = "Only you are in this project" if not others else f"All {project.members:,} members see it"
    return Library(
        id=project.id.hex,
        name=project.name,
        may_make=project.role in PROJECT_ROLES[Action.WRITE_VIDEOS],
        audience=seen,
    )


def parse_library(word: str) -> UUID | None:
    """Return the project that a word names; None: one's own library.

    Raises:
        ValueError: It names neither.
    """
    return None if word == MINE else UUID(word)


def videos_of(project: ProjectView) -> str:
    """Say how many videos there are in a project."""
    if project.videos == 1:
        return "1 video"
    return f"{project.videos:,}{'+' if project.videos >= _CAP else ''} videos"
