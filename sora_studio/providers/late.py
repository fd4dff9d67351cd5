"""A provider whose client is loaded at the first call: the SDK takes a quarter of the start."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import UUID

from sora_studio.domain.errors import ProviderError
from sora_studio.domain.ports import Content, Provider, RemoteJob, RemotePage, ResumePoint, Submission
from sora_studio.domain.profile import Model, Profile
from sora_studio.domain.video import Variant


class LateProvider:
    """Implements `domain.ports.Provider` by another one that is made at the first call, in a thread."""

    def __init__(self, profile: Profile, make: Callable[[], Provider]) -> None:
        """Know the profile before `make` makes the provider."""
        self._profile, self._make = profile, make
        self._making: asyncio.Task[Provider] | None = None
        self._provider: Provider | None = None

    @property
    def profile(self) -> Profile:
        """Return what it can do, as far as the provider knows by now."""
        return self._provider.profile if self._provider else self._profile

    async def submit(self, submission: Submission) -> RemoteJob:
        """Ask for a video."""
        return await (await self._made()).submit(submission)

    async def create_character(self, name: str, film: Path, key: UUID) -> str:
        """Have a character made."""
        return await (await self._made()).create_character(name, film, key)

    async def fetch(self, remote_id: str) -> RemoteJob:
        """Ask how a job is going."""
        return await (await self._made()).fetch(remote_id)

    async def list_jobs(self, *, after: str | None = None, limit: int = 100) -> RemotePage:
        """Return a page of the provider's jobs."""
        return await (await self._made()).list_jobs(after=after, limit=limit)

    @asynccontextmanager
    async def content(
        self, remote_id: str, variant: Variant, beginning: ResumePoint | None = None
    ) -> AsyncGenerator[Content]:
        """Open a file for streaming."""
        async with (await self._made()).content(remote_id, variant, beginning) as content:
            yield content

    async def delete(self, remote_id: str) -> None:
        """Remove a job there."""
        await (await self._made()).delete(remote_id)

    async def list_models(self) -> tuple[Model, ...]:
        """Return the models."""
        return await (await self._made()).list_models()

    async def close(self) -> None:
        """Let go of the connections, if there are any."""
        if self._making:
            with suppress(ProviderError):  # it could not be made
                await (await self._making).close()

    async def _made(self) -> Provider:
        if self._making is None:
            self._making = asyncio.create_task(asyncio.to_thread(self._make))
        provider = await asyncio.shield(self._making)
        self._provider = provider
        return provider
