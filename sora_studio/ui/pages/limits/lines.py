"""A project in the words of the page."""

from dataclasses import dataclass, field

from sora_studio.domain.limits import ProjectTake, StorageUse
from sora_studio.ui.storage_lines import LimitsForm, StorageLine, to_limits_form, to_storage_line


@dataclass(frozen=True)
class ProjectLine:
    """One project as the page shows it."""

    id: str = ""
    name: str = ""
    members: str = ""  # `12 members`
    orphaned: bool = False  # nobody who can log in runs it
    storage: StorageLine = field(default_factory=StorageLine)
    limits: LimitsForm = field(default_factory=LimitsForm)


def line_of(project: ProjectTake, quota_bytes: int | None) -> ProjectLine:
    """Write down how much of the studio a project takes, and the quota that counts for it."""
    return ProjectLine(
        id=project.id.hex,
        name=project.name,
        members="1 member" if project.members == 1 else f"{project.members:,} members",
        orphaned=project.managers == 0,
        storage=to_storage_line(StorageUse(project.storage_bytes, quota_bytes)),
        limits=to_limits_form(project.limits),
    )
