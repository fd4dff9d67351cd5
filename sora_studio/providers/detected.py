"""A provider whose kind nobody has named: its server is asked before anything is sent there."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from uuid import UUID

import structlog

from sora_studio.domain.errors import ProviderUnavailable
from sora_studio.domain.ports import Content, Provider, RemoteJob, RemotePage, ResumePoint, Submission
from sora_studio.domain.profile import Model, Profile
from sora_studio.domain.rate_limit import UNREACHABLE
from sora_studio.domain.video import Variant
from sora_studio.providers.detect import Identity
from sora_studio.providers.videos_api import VideosApiProvider

_log = structlog.get_logger(__name__)


class DetectedProvider:
    """Implements `domain.ports.Provider` by the one that fits the server; until that is known, a generic one.

    Each look at the models asks again, so what was not known at the start may be known later. A server that
    is known stays what it is when it cannot be told for a while.
    """

    def __init__(self, generic: VideosApiProvider, fitting: Callable[[Identity], VideosApiProvider]) -> None:
        """Ask nobody yet.

        Args:
            generic: What any server that speaks the protocol is asked by.
            fitting: Makes the provider for a kind of server.
        """
        self._generic, self._fitting = generic, fitting
        self._provider: Provider = generic
        self._opened = [generic]
        self._identity: Identity | None = None
        self._asked = False  # and answered
        self._asking: asyncio.Task[None] | None = None

    @property
    def profile(self) -> Profile:
        """Return what it can do, as far as is known."""
        return self._provider.profile

    async def submit(self, submission: Submission) -> RemoteJob:
        """Ask for a video, in the way of the server that is there."""
        await self._must_be_known()
        return await self._provider.submit(submission)

    async def create_character(self, name: str, film: Path, key: UUID) -> str:
        """Have a character made."""
        await self._must_be_known()
        return await self._provider.create_character(name, film, key)

    async def fetch(self, remote_id: str, *, model: str = "") -> RemoteJob:
        """Ask how a job is going."""
        return await self._provider.fetch(remote_id, model=model)

    async def list_jobs(self, *, after: str | None = None, limit: int = 100) -> RemotePage:
        """Return a page of the provider's jobs."""
        return await self._provider.list_jobs(after=after, limit=limit)

    def content(
        self, remote_id: str, variant: Variant, beginning: ResumePoint | None = None, *, model: str = ""
    ) -> AbstractAsyncContextManager[Content]:
        """Open a file for streaming."""
        return self._provider.content(remote_id, variant, beginning, model=model)

    async def delete(self, remote_id: str, *, model: str = "") -> None:
        """Remove a job there."""
        await self._provider.delete(remote_id, model=model)

    async def list_models(self) -> tuple[Model, ...]:
        """Ask the server who it is, and return its models.

        Raises:
            ProviderUnavailable: No answer.
        """
        await self._ask()
        return await self._provider.list_models()

    async def close(self) -> None:
        """Let go of the connections."""
        if self._asking:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        for provider in self._opened:
            await provider.close()

    async def _must_be_known(self) -> None:
        """Ask before the first thing is made; a server that answers nothing but this is asked generically.

        Raises:
            ProviderUnavailable: Nobody is there.
        """
        if self._asked:
            return
        try:
            await self._ask()
        except ProviderUnavailable as error:
            if error.code == UNREACHABLE:
                raise

    async def _ask(self) -> None:
        """Ask, or join who is asking."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._learn())
        await asyncio.shield(self._asking)

    async def _learn(self) -> None:
        identity = await self._generic.identify()
        self._asked = True
        if identity is None or identity == self._identity or identity.is_less_than(self._identity):
            return
        self._identity, fitting = identity, self._fitting(identity)
        self._provider = fitting
        self._opened.append(fitting)  # the former may be in use, and is closed at the end
        _log.info("server_detected", provider=self.profile.name, server=str(identity), preset=identity.kind)
