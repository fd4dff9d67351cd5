"""A project in the words of the list."""

from dataclasses import dataclass

from sora_studio.domain.project import ProjectView
from sora_studio.ui.libraries import videos_of


@dataclass(frozen=True)
class ProjectLine:
    """One project as the list shows it."""

    id: str = ""
    name: str = ""
    role: str = ""
    size: str = ""  # `3 people · 12 videos`


def line_of(project: ProjectView) -> ProjectLine:
    """Write down what the list says of a project."""
    people = "1 person" if project.members == 1 else f"{project.members:,} people"
    return ProjectLine(
        id=project.id.hex,
        name=project.name,
        role=project.role.capitalize(),
        size=f"{people} · {videos_of(project)}",
    )
