"""The background work on a real database and disk, with a provider in memory and no clock."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from sora_studio.db.engine import Database
from sora_studio.domain.media import MediaFile
from sora_studio.domain.ports import StoredFile
from sora_studio.domain.tasks import TaskName
from sora_studio.domain.video import VideoView, VideoWish
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.disk_space import DiskSpace
from sora_studio.services.jobs.background import BackgroundWork, Options, assemble
from sora_studio.services.pictures import limit_worker
from sora_studio.services.resources import Resources
from sora_studio.services.videos.assembly import assemble as assemble_videos
from sora_studio.services.worker_pool import WorkerPool
from sora_studio.storage.local import LocalStorage
from tests.support.films import film, slide
from tests.support.library import add_person, authenticator_of
from tests.support.provider import FakeProvider


@pytest.fixture(scope="session")
def mp4(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A small real video, as long as is asked for first."""
    path = tmp_path_factory.mktemp("film") / "clip.mp4"
    return film(path, seconds=4.0, fps=12, paint=slide((320, 180))).read_bytes()


@dataclass
class Background:
    """One process's worth of background work; each step is called by hand."""

    db: Database
    provider: FakeProvider
    storage: LocalStorage
    worker_pool: WorkerPool
    owner_id: UUID
    holder: UUID = field(default_factory=uuid4)
    more: list[FakeProvider] = field(default_factory=list[FakeProvider])  # further providers

    def __post_init__(self) -> None:
        self.woken: list[str] = []
        self.catalog = ProviderCatalog({each.profile.name: each for each in (self.provider, *self.more)})
        self.disk_space = DiskSpace(self.storage, fresh=0.0)
        made = assemble_videos(self.resources(), authenticator_of(self.db), self.woken.append)
        self.videos, self.derivations = made.videos, made.derivations
        self.media, self.characters = made.media, made.characters
        self.uploads, self.inputs, self.queue = made.uploads, made.inputs, made.queue
        self.work = self.assembled()
        self.claims, self.submitter = self.work.claims, self.work.submitter
        self.refresher, self.reconciler = self.work.refresher, self.work.reconciler
        self.archiver, self.scrubber, self.purger = self.work.archiver, self.work.scrubber, self.work.purger

    def assembled(
        self, options: Options | None = None, catalog: ProviderCatalog | None = None
    ) -> BackgroundWork:
        """Put the background work together once more, under the same holder."""
        on = replace(self.resources(), catalog=catalog or self.catalog)
        return assemble(on, self._wake, options)

    def resources(self) -> Resources:
        return Resources(
            db=self.db,
            catalog=self.catalog,
            storage=self.storage,
            disk_space=self.disk_space,
            worker_pool=self.worker_pool,
            holder=self.holder,
        )

    def _wake(self, name: TaskName) -> None:
        """Note what the work wakes; when the agenda wakes itself is up to the clock."""
        if name is not TaskName.AGENDA:
            self.woken.append(name)

    async def wish(self, prompt: str = "a paper boat", seconds: str | None = None) -> VideoView:
        return await self.videos.create(self.owner_id, VideoWish(prompt, seconds=seconds))

    async def submit(self) -> None:
        """Run the submitter until everything that it started has ended."""
        await self.submitter.run()
        await self.submitter.pool.idle()

    async def archive(self) -> None:
        await self.archiver.run()
        await self.archiver.pool.idle()

    async def refresh(self) -> None:
        await self.due_now()
        await self.refresher.run()

    async def reconcile(self) -> None:
        await self.due_now()
        await self.reconciler.run()
        await self.reconciler.pool.idle()

    async def due_now(self) -> None:
        """Let time pass until everything that waits is due."""
        await self.sql("UPDATE job SET due_at = now() WHERE due_at IS NOT NULL")

    async def sql(self, statement: str, **parameters: object) -> None:
        async with self.db.transaction() as tx:
            await (await tx.connection()).execute(text(statement), parameters)

    async def read(self, query: str, **parameters: object) -> tuple[Any, ...]:
        """Return the one row of a query."""
        async with self.db.transaction() as tx:
            return tuple((await (await tx.connection()).execute(text(query), parameters)).one())

    async def look(self, view: VideoView) -> VideoView:
        return await self.videos.get(view.owner_id, view.id)

    def path(self, file: MediaFile | StoredFile) -> Path:
        """Return where a file of the library lies on the disk."""
        return self.storage._path(file.key)


@pytest.fixture(scope="session")
def worker_pool() -> Iterator[WorkerPool]:
    """Return one process for all: to start one takes longer than most tests."""
    worker_pool = WorkerPool(limit_worker, 1)
    yield worker_pool
    worker_pool.close()


@pytest.fixture
async def background(database: Database, worker_pool: WorkerPool, tmp_path: Path) -> Background:
    return Background(
        database, FakeProvider(), LocalStorage(tmp_path / "media"), worker_pool, await add_person(database)
    )
