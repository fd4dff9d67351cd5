"""The one way that money is spent: an attempt at a video is written down with its price reserved.

Every attempt is priced and built here, whatever asks for it, so that a limit on spending is checked in one
place and in the transaction that spends.
"""

from sora_studio.db.engine import Transaction
from sora_studio.db.jobs import JobRepository
from sora_studio.db.models import AssetRow, JobRow, VideoRow
from sora_studio.db.videos import VideoRepository
from sora_studio.domain.derivations import requested_seconds
from sora_studio.domain.ids import new_id
from sora_studio.domain.job import Charge
from sora_studio.domain.video import Kind, VideoView
from sora_studio.services.catalog import ProviderCatalog


class Spending:
    """Reserves the price of attempts, inside the transaction that asks for them."""

    def __init__(self, catalog: ProviderCatalog) -> None:
        self._catalog = catalog

    async def first_attempt(self, tx: Transaction, video: VideoRow, *assets: AssetRow) -> None:
        """Store a new video with its first job and its files.

        Raises:
            Conflict: The owner has used its idempotency key before.
        """
        await VideoRepository(tx).add(video, await self._reserve(tx, video), *assets)

    async def next_attempt(self, tx: Transaction, video: VideoView) -> bool:
        """Start another job for a video that needs attention, at the price of today; False: it needs none."""
        return await JobRepository(tx).submit_again(await self._reserve(tx, video))

    async def _reserve(self, tx: Transaction, video: VideoRow | VideoView) -> JobRow:
        """Quote an attempt and build its job: the one place where a price becomes a charge."""
        parent_seconds = None
        if video.kind == Kind.EXTEND and video.parent_id:
            parent_seconds = await VideoRepository(tx).seconds(video.parent_id)
        seconds = requested_seconds(video.kind, video.seconds, parent_seconds)
        return JobRow(
            id=new_id(),
            video_id=video.id,
            provider=video.provider,
            price_micros=self._catalog.price(video.provider, video.model, video.size, seconds),
            charge=Charge.RESERVED,
        )
