"""The processes that serve one studio together: which are there, and what they must have in common."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4, uuid5

from sora_studio.domain.job import ServerId

BEAT = timedelta(seconds=20)
"""How often an instance says that it is there."""

LIVES = 3 * BEAT
"""How long it counts as being there after it has said so."""

_SANDBOX = "sandbox:"


class InstanceRole(StrEnum):
    """What an instance does."""

    ALL = "all"
    WEB = "web"  # answers people and programs
    WORK = "work"  # takes wishes to providers, and saves what they made


@dataclass(frozen=True)
class ProcessInfo:
    """The place of a process among those of its studio."""

    role: InstanceRole = InstanceRole.ALL
    address: str = ""  # where it listens, for operators
    is_private: bool = False  # only this machine can reach it
    number: int | None = None  # among those that `serve --workers` has started; None: it is alone

    def name_in(self, installation: UUID) -> UUID:
        """Return the id under which it holds jobs: the same after a restart, and nobody else's."""
        return uuid5(installation, str(self.number)) if self.number else installation


@dataclass(frozen=True)
class Instance:
    """A process, and as much of its configuration as others have to share."""

    id: UUID = field(default_factory=uuid4)
    installation: UUID = field(default_factory=uuid4)  # its data directory's
    role: InstanceRole = InstanceRole.ALL
    address: str = ""
    version: str = ""
    build: str = ""
    signing_keys: tuple[str, ...] = ()  # fingerprints, first of the one that signs
    providers: Mapping[str, str] = field(default_factory=dict[str, str])  # by name, a `ServerId`
    storage: str = ""  # what tells the place of the files from others; empty: not known
    time_zone: str = ""
    started_at: datetime | None = None  # by the database's clock, as the next
    seen_at: datetime | None = None

    @property
    def works(self) -> bool:
        """Tell whether it takes wishes to providers."""
        return self.role is not InstanceRole.WEB

    def differences(self, other: "Instance") -> Iterator[str]:
        """Say what keeps it from serving one studio together with another instance."""
        if not _verify_each_other(self.signing_keys, other.signing_keys):
            yield (
                "it has another signing key: give both the same SORA_STUDIO_SECRET_KEY; to replace it, "
                "give all of them first old,new, then new,old"
            )
        both_send = self.works and other.works
        for name in sorted(self.providers.keys() & other.providers.keys() if both_send else ()):
            ours, theirs = (ServerId.parse(each.providers[name]).address for each in (self, other))
            if ours != theirs and _SANDBOX in f"{ours}{theirs}":
                yield (
                    "only one can have a sandbox beside itself: name a server that both reach, in "
                    "OPENAI_BASE_URL or providers.toml"
                )
            elif ours != theirs:
                yield f"its provider {name} is at {theirs}, and ours at {ours}: name one server for both"
        if self.storage and other.storage and self.storage != other.storage:
            yield (
                "its files are kept elsewhere: point SORA_STUDIO_MEDIA_DIR of both to one folder, or "
                "SORA_STUDIO_MEDIA_URL and SORA_STUDIO_S3_ENDPOINT of both to one place"
            )
        if self.time_zone != other.time_zone:
            yield f"its days begin in {other.time_zone}: give both the same SORA_STUDIO_TIME_ZONE"


def _verify_each_other(ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    """Tell whether what one signs counts at the other: while a key is replaced, each has two."""
    return ours[:1] == theirs[:1] or bool(ours and theirs and ours[0] in theirs and theirs[0] in ours)
