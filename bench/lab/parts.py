"""The studio's own services and background work, put together by hand around a provider in memory."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from sora_studio.db.engine import Database
from sora_studio.services.media import MediaService
from sora_studio.services.offers import Offers
from sora_studio.services.pictures import limit_worker
from sora_studio.services.room import Room
from sora_studio.services.throttle import Throttle
from sora_studio.services.tracking.claims import Claims
from sora_studio.services.tracking.refresh import Refresher
from sora_studio.services.videos import VideoService
from sora_studio.services.workshop import Workshop
from sora_studio.storage.local import LocalStorage
from tests.support.provider import FakeProvider


def video_service(db: Database, folder: Path) -> VideoService:
    """Build the service that pages and routes call; nobody works on its wishes."""
    provider, throttle = FakeProvider(), Throttle()
    storage, workshop = (
        LocalStorage(folder / "media"),
        Workshop(limit_worker),
    )  # no process until there is work
    return VideoService(
        db=db,
        offers=Offers({provider.profile.name: provider}),
        media=MediaService(db=db, storage=storage, room=Room(storage), workshop=workshop, throttle=throttle),
        clock=lambda: datetime.now(UTC),
        throttle=throttle,
        wake=_nobody,
    )


def refresher(db: Database, provider: FakeProvider) -> Refresher:
    """Build the background work that asks a provider about due jobs."""
    offers = Offers({provider.profile.name: provider})
    return Refresher(claims=Claims(db, uuid4()), offers=offers, on_finished=_nobody)


def _nobody(_name: str = "") -> None:
    """Wake nobody."""
