"""How much of the studio a person or a project may take."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sora_studio.domain.errors import InvalidInput, StorageQuotaExceeded
from sora_studio.domain.fair_queue import check_weight
from sora_studio.domain.text import file_size

GIGABYTE = 1_000_000_000
NO_QUOTA = 2**63 - 1
"""A quota in bytes that nothing reaches: the largest that is stored."""

_QUOTA_MAX = 1_000_000 * GIGABYTE


class QuotaWord(StrEnum):
    """A quota that is no number of bytes."""

    DEFAULT = "default"  # what the studio's setting says
    UNLIMITED = "unlimited"


@dataclass(frozen=True)
class Limits:
    """What counts for a person or a project."""

    queue_weight: float = 1.0
    storage_quota_bytes: int | None = None  # None: what the studio's setting says

    @property
    def storage_quota(self) -> int | QuotaWord:
        """Return the quota as it is set."""
        match self.storage_quota_bytes:
            case None:
                return QuotaWord.DEFAULT
            case number if number >= NO_QUOTA:
                return QuotaWord.UNLIMITED
            case number:
                return number


USUAL = Limits()
"""What counts where nobody has said anything."""


@dataclass(frozen=True)
class ProjectTake:
    """A project as admins see it: how much of the studio it takes and may take, never what is in it."""

    id: UUID
    name: str
    limits: Limits
    storage_bytes: int
    members: int
    managers: int  # who can log in; 0: nobody can run it


@dataclass(frozen=True)
class ProjectTakePage:
    """Some projects, by name."""

    projects: tuple[ProjectTake, ...]
    has_more: bool


@dataclass(frozen=True)
class LimitChange:
    """What to change; None stays as it is."""

    queue_weight: float | None = None
    storage_quota: int | QuotaWord | None = None  # bytes

    def values(self) -> dict[str, float | None]:
        """Return what is stored.

        Raises:
            InvalidInput: A value will not do, or there is none.
        """
        values: dict[str, float | None] = {}
        if self.queue_weight is not None:
            values["queue_weight"] = check_weight(self.queue_weight)
        if self.storage_quota is not None:
            values["storage_quota_bytes"] = _quota(self.storage_quota)
        if not values:
            message = "Say what to change."
            raise InvalidInput(message)
        return values

    def told(self) -> str:
        """Say it for the trail."""
        weight = None if self.queue_weight is None else f"{self.queue_weight:g}"
        said = {"queue_weight": weight, "storage_quota_bytes": self.storage_quota}
        return ", ".join(f"{name} = {value}" for name, value in said.items() if value is not None)


def _quota(wanted: int | QuotaWord) -> int | None:
    """Return a quota as it is stored; None: what the studio's setting says."""
    if wanted is QuotaWord.DEFAULT:
        return None
    if wanted is QuotaWord.UNLIMITED:
        return NO_QUOTA
    if not 0 <= wanted <= _QUOTA_MAX:
        message = f"A quota is a number of bytes from 0 to {_QUOTA_MAX}, “default” or “unlimited”."
        raise InvalidInput(message, "storage_quota_bytes")
    return wanted


@dataclass(frozen=True)
class StorageUse:
    """What a library stores, and what it may."""

    used_bytes: int
    quota_bytes: int | None  # None: as much as it likes

    @property
    def part(self) -> int:
        """Return how many per cent of the quota are used, 100 at most; 0 without one."""
        if self.quota_bytes is None:
            return 0
        return min(100, self.used_bytes * 100 // self.quota_bytes) if self.quota_bytes else 100

    def require_room(self, more_bytes: int, *, of_project: bool) -> None:
        """Make sure that something new may be stored.

        How large a video is, is not known before it is made: one may lead beyond the quota, and is kept.

        Args:
            more_bytes: How large it is, as far as that is known.
            of_project: Whether the library is a project's, and not the person's own.

        Raises:
            StorageQuotaExceeded: The quota is used up, or would be.
        """
        quota = self.quota_bytes
        if quota is None or (self.used_bytes < quota and self.used_bytes + more_bytes <= quota):
            return
        whose = "The storage of this project" if of_project else "Your storage"
        used = f"{file_size(self.used_bytes)} of {file_size(quota)}"
        state = "is full" if self.used_bytes >= quota else "has no room for this"
        message = f"{whose} {state}: {used} are used. Delete videos, or ask an admin of this studio for more."
        raise StorageQuotaExceeded(message)


def quota_of(set_bytes: int | None, usual_gb: int) -> int | None:
    """Return the quota in bytes that counts; None: there is none.

    Args:
        set_bytes: What an admin has set for this library; None: nothing.
        usual_gb: What the studio's setting says; 0: there is none.
    """
    if set_bytes is not None:
        return None if set_bytes >= NO_QUOTA else set_bytes
    return usual_gb * GIGABYTE or None
