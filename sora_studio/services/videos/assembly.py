"""The use cases on videos, put together: the one place where they meet (studio, tests, benchmarks)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sora_studio.domain.tasks import Wake
from sora_studio.services.money.budgets import Budgets
from sora_studio.services.money.spending import Spending
from sora_studio.services.people.authentication import Authenticator
from sora_studio.services.resources import Resources
from sora_studio.services.storage_quotas import StorageQuotas
from sora_studio.services.throttle import Throttle
from sora_studio.services.videos.characters import CharacterService
from sora_studio.services.videos.derivations import DerivationService
from sora_studio.services.videos.inputs import InputService
from sora_studio.services.videos.marks import BatchService, MarkService
from sora_studio.services.videos.media import MediaService
from sora_studio.services.videos.new_video import NewVideos
from sora_studio.services.videos.queue import QueueService
from sora_studio.services.videos.uploads import UNUSED_MAX, UploadService
from sora_studio.services.videos.videos import VideoService
from sora_studio.services.videos.wishes import Wishes


@dataclass(frozen=True)
class Caps:
    """How much one person may have at a time."""

    max_pending: int | None = None  # unfinished videos; None: any number
    unused_max: int = UNUSED_MAX  # bytes of files that no wish has named yet
    time_zone: str = "UTC"  # at whose midnights the windows of budgets begin
    sandbox_prices: bool = False  # whether play money counts as money


@dataclass(frozen=True)
class VideoServices:
    """What people do with videos."""

    videos: VideoService
    derivations: DerivationService
    media: MediaService
    uploads: UploadService
    inputs: InputService
    characters: CharacterService
    queue: QueueService
    marks: MarkService
    batches: BatchService


def assemble(
    on: Resources,
    authenticator: Authenticator,
    wake: Wake,
    *,
    throttle: Throttle | None = None,
    caps: Caps | None = None,
    quotas: StorageQuotas | None = None,
    clock: Callable[[], datetime] | None = None,
) -> VideoServices:
    """Put them together.

    Args:
        on: What they stand on.
        authenticator: Says who may see files.
        wake: Wakes the background work.
        throttle: How fast people may act; None: one of their own, and new accounts as fast as they like.
        caps: How much they may have.
        quotas: How much their libraries may store; None: as much as they like.
        clock: Says what time it is; None: the system's.
    """
    caps, clock, quotas = caps or Caps(), clock or _utc_now, quotas or StorageQuotas()
    budgets = Budgets(ZoneInfo(caps.time_zone))
    spending = Spending(
        on.catalog,
        budgets,
        clock=clock,
        throttle=throttle,
        max_pending=caps.max_pending,
        sandbox_prices=caps.sandbox_prices,
        quotas=quotas,
    )
    throttle = throttle or Throttle()
    media = MediaService(db=on.db, storage=on.storage, disk_space=on.disk_space, authenticator=authenticator)
    uploads = UploadService(
        db=on.db,
        storage=on.storage,
        media=media,
        worker_pool=on.worker_pool,
        throttle=throttle,
        quotas=quotas,
        unused_max=caps.unused_max,
    )
    inputs = InputService(db=on.db, storage=on.storage, media=media, worker_pool=on.worker_pool)
    queue = QueueService(db=on.db, catalog=on.catalog)
    wishes = Wishes(
        db=on.db,
        catalog=on.catalog,
        inputs=inputs,
        spending=spending,
        throttle=throttle,
        queue=queue,
        wake=wake,
    )
    new = NewVideos(catalog=on.catalog, uploads=uploads, clock=clock)
    return VideoServices(
        videos=VideoService(
            db=on.db,
            catalog=on.catalog,
            new=new,
            wishes=wishes,
            spending=spending,
            queue=queue,
            wake=wake,
        ),
        derivations=DerivationService(
            db=on.db, catalog=on.catalog, spending=spending, wishes=wishes, clock=clock
        ),
        media=media,
        uploads=uploads,
        inputs=inputs,
        queue=queue,
        marks=MarkService(db=on.db),
        batches=BatchService(db=on.db),
        characters=CharacterService(
            db=on.db,
            catalog=on.catalog,
            media=media,
            storage=on.storage,
            worker_pool=on.worker_pool,
            throttle=throttle,
            clock=clock,
        ),
    )


def _utc_now() -> datetime:
    return datetime.now(UTC)
