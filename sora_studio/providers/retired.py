"""A provider whose service has ended: it says so, and nothing is ever sent."""

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from sora_studio.domain.errors import JobNotFound, ProviderMisconfigured, Unsupported
from sora_studio.domain.ports import Content, RemoteJob, RemotePage, ResumePoint, Submission
from sora_studio.domain.profile import Model, Profile
from sora_studio.domain.video import Variant

_CODE = "provider_retired"


class RetiredProvider:
    """Implements `domain.ports.Provider` without a network."""

    def __init__(self, profile: Profile) -> None:
        self._profile = replace(profile, operations=frozenset())

    @property
    def profile(self) -> Profile:
        """Return what it could do, without any operation."""
        return self._profile

    async def submit(self, submission: Submission) -> RemoteJob:
        """Refuse."""
        raise ProviderMisconfigured(self._profile.retired, _CODE)

    async def create_character(self, name: str, film: Path, key: UUID) -> str:
        """Refuse."""
        raise ProviderMisconfigured(self._profile.retired, _CODE)

    async def fetch(self, remote_id: str, *, model: str = "") -> RemoteJob:
        """Say that it is lost."""
        raise JobNotFound(self._profile.retired, _CODE)

    async def list_jobs(self, *, after: str | None = None, limit: int = 100) -> RemotePage:
        """Refuse."""
        raise Unsupported(self._profile.retired, _CODE)

    def content(
        self, remote_id: str, variant: Variant, beginning: ResumePoint | None = None, *, model: str = ""
    ) -> AbstractAsyncContextManager[Content]:
        """Say that it is lost."""
        raise JobNotFound(self._profile.retired, _CODE)

    async def delete(self, remote_id: str, *, model: str = "") -> None:
        """Do nothing: what was there has been deleted with the service."""

    async def list_models(self) -> tuple[Model, ...]:
        """Return the models that there were."""
        return self._profile.models

    async def close(self) -> None:
        """Do nothing."""
