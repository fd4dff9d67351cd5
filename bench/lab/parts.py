"""The studio's own services and background work, put together by hand around a provider in memory."""

from pathlib import Path
from uuid import uuid4

from sora_studio.db.engine import Database
from sora_studio.domain.tasks import TaskName
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.disk_space import DiskSpace
from sora_studio.services.jobs.background import BackgroundWork, assemble
from sora_studio.services.pictures import limit_worker
from sora_studio.services.resources import Resources
from sora_studio.services.videos.assembly import assemble as assemble_videos
from sora_studio.services.videos.videos import VideoService
from sora_studio.services.worker_pool import WorkerPool
from sora_studio.storage.local import LocalStorage
from tests.support.library import authenticator_of
from tests.support.provider import FakeProvider


def video_service(db: Database, folder: Path) -> VideoService:
    """Build the service that pages and routes call; nobody works on its wishes."""
    return assemble_videos(_resources(db, FakeProvider(), folder), authenticator_of(db), _nobody).videos


def background_work(db: Database, provider: FakeProvider, folder: Path) -> BackgroundWork:
    """Build what asks a provider about due jobs; nothing runs by itself."""
    return assemble(_resources(db, provider, folder), _nobody)


def _resources(db: Database, provider: FakeProvider, folder: Path) -> Resources:
    storage = LocalStorage(folder / "media")
    return Resources(
        db=db,
        catalog=ProviderCatalog({provider.profile.name: provider}),
        storage=storage,
        disk_space=DiskSpace(storage),
        worker_pool=WorkerPool(limit_worker),  # no process until there is work
        holder=uuid4(),
    )


def _nobody(_name: TaskName) -> None:
    """Wake none."""
