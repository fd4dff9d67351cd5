"""The studio's own services and background work, put together by hand around a provider in memory."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from sora_studio.db.engine import Database
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.disk_space import DiskSpace
from sora_studio.services.jobs.claims import Claims
from sora_studio.services.jobs.refresh import Refresher
from sora_studio.services.money.spending import Spending
from sora_studio.services.pictures import limit_worker
from sora_studio.services.throttle import Throttle
from sora_studio.services.videos.media import MediaService
from sora_studio.services.videos.videos import VideoService
from sora_studio.services.videos.wishes import Wishes
from sora_studio.services.worker_pool import WorkerPool
from sora_studio.storage.local import LocalStorage
from tests.support.provider import FakeProvider


def video_service(db: Database, folder: Path) -> VideoService:
    """Build the service that pages and routes call; nobody works on its wishes."""
    provider, throttle = FakeProvider(), Throttle()
    storage, worker_pool = (
        LocalStorage(folder / "media"),
        WorkerPool(limit_worker),
    )  # no process until there is work
    catalog = ProviderCatalog({provider.profile.name: provider})
    spending = Spending(catalog)
    media = MediaService(
        db=db, storage=storage, disk_space=DiskSpace(storage), worker_pool=worker_pool, throttle=throttle
    )
    wishes = Wishes(db=db, catalog=catalog, media=media, spending=spending, throttle=throttle, wake=_nobody)
    return VideoService(
        db=db,
        catalog=catalog,
        wishes=wishes,
        spending=spending,
        clock=lambda: datetime.now(UTC),
        wake=_nobody,
    )


def refresher(db: Database, provider: FakeProvider) -> Refresher:
    """Build the background work that asks a provider about due jobs."""
    catalog = ProviderCatalog({provider.profile.name: provider})
    return Refresher(claims=Claims(db, uuid4()), catalog=catalog, on_finished=_nobody)


def _nobody(_name: str = "") -> None:
    """Wake nobody."""
