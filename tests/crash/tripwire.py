"""Parts of a studio that kill its process at one named point.

A point is a moment before or after something that lasts: a commit, a call to the provider, a file stored or
deleted. Commits are named for the step of the service that makes them.
"""

import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from sora_studio.bootstrap import Parts
from sora_studio.db.engine import Database
from sora_studio.domain.ports import Content, Provider, RemoteJob, RemotePage, ResumePoint, Submission
from sora_studio.domain.profile import Model, Profile
from sora_studio.domain.video import Variant
from sora_studio.storage.local import LocalStorage
from tests.support.workers import InlineWorkers

_SHARES = (0.1, 0.5, 0.99)  # of a file on its way


class Tripwire:
    """Waits for one point; the process ends there, without a chance to tidy up."""

    def __init__(self, point: str) -> None:
        """Take the name of the point; `… #2` is the second time that it is come to."""
        self._point, _, nth = point.partition(" #")
        self._times_left = int(nth or 1)
        self.armed = True

    def reach(self, point: str) -> None:
        """Die if this is the point."""
        if not self.armed or point != self._point:
            return
        self._times_left -= 1
        if not self._times_left:
            os.kill(os.getpid(), signal.SIGKILL)

    def parts(self) -> Parts:
        """Return parts for a studio that pass every point."""
        return Parts(
            database=lambda url, pool_size, **access: _Database(self, url, pool_size, **access),
            storage=lambda settings: _Storage(settings.media_path, self),
            provider=lambda provider: _Provider(provider, self),
            worker_pool=InlineWorkers,
        )


class _Database(Database):
    def __init__(self, wire: Tripwire, url: str, pool_size: int, **access: Any) -> None:
        super().__init__(url, pool_size, **access)
        self._wire = wire

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        step = _step(sys._getframe())
        async with super().transaction() as tx:
            yield tx
            self._wire.reach(f"{step}: before the commit")
        self._wire.reach(f"{step}: after the commit")


def _step(frame: FrameType | None) -> str:
    """Name the step of a service that a call comes from."""
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith("sora_studio.services.") and not module.endswith(".claims"):
            return frame.f_code.co_qualname
        frame = frame.f_back
    return "elsewhere"


class _Storage(LocalStorage):
    def __init__(self, root: Path, wire: Tripwire) -> None:
        super().__init__(root)
        self._wire = wire

    async def put(self, spooled: Path, key: str) -> None:
        kind = Path(key).suffix
        self._wire.reach(f"put {kind}: before")
        await super().put(spooled, key)
        self._wire.reach(f"put {kind}: after")

    async def delete(self, key: str) -> None:
        self._wire.reach("delete a file: before")
        await super().delete(key)
        self._wire.reach("delete a file: after")


class _Provider:
    """Implements `domain.ports.Provider` around another one."""

    def __init__(self, provider: Provider, wire: Tripwire) -> None:
        self._provider, self._wire = provider, wire

    @property
    def profile(self) -> Profile:
        return self._provider.profile

    async def submit(self, submission: Submission) -> RemoteJob:
        self._wire.reach("submit: before the POST")
        try:
            return await self._provider.submit(submission)
        finally:
            self._wire.reach("submit: after the POST")

    async def create_character(self, name: str, film: Path, key: UUID) -> str:
        return await self._provider.create_character(name, film, key)

    async def fetch(self, remote_id: str, *, model: str = "") -> RemoteJob:
        self._wire.reach("fetch: before")
        job = await self._provider.fetch(remote_id, model=model)
        self._wire.reach(f"fetch: after, {job.status_word}")
        return job

    async def list_jobs(self, *, after: str | None = None, limit: int = 100) -> RemotePage:
        self._wire.reach("list: before")
        page = await self._provider.list_jobs(after=after, limit=limit)
        self._wire.reach("list: after")
        return page

    @asynccontextmanager
    async def content(
        self, remote_id: str, variant: Variant, beginning: ResumePoint | None = None, *, model: str = ""
    ) -> AsyncIterator[Content]:
        async with self._provider.content(remote_id, variant, beginning, model=model) as content:
            self._wire.reach("content: open")
            yield replace(content, chunks=self._chunks(content))

    async def _chunks(self, content: Content) -> AsyncIterator[bytes]:
        """Pass a file on in small pieces: the small film of a test comes in one."""
        passed, length = 0, content.length or 1
        async for chunk in content.chunks:
            for start in range(0, len(chunk), 512):
                piece = chunk[start : start + 512]
                yield piece
                before, passed = passed, passed + len(piece)
                for share in _SHARES:
                    if before < share * length <= passed:
                        self._wire.reach(f"content: at {share:.0%}")

    async def delete(self, remote_id: str, *, model: str = "") -> None:
        self._wire.reach("delete: before")
        await self._provider.delete(remote_id, model=model)
        self._wire.reach("delete: after")

    async def list_models(self) -> tuple[Model, ...]:
        return await self._provider.list_models()

    async def close(self) -> None:
        await self._provider.close()
