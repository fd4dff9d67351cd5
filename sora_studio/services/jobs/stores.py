"""What the background work needs of the tables; the repositories offer it, and so do tables in memory."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from sora_studio.db.assets import AssetRepository
from sora_studio.db.engine import Transaction
from sora_studio.db.jobs import JobRepository
from sora_studio.db.models import AssetRow
from sora_studio.db.webhook_deliveries import WebhookDeliveryRepository
from sora_studio.domain.job import ClaimedJob, JobChange, Likeness
from sora_studio.domain.video import Phase


class JobStore(Protocol):
    """Jobs: claimed with a lease, and written back under a fencing number. See `JobRepository`."""

    async def claim(
        self,
        phases: Iterable[Phase],
        *,
        holder: UUID,
        lease: timedelta,
        most: int,
        held: Iterable[UUID] = (),
        servers: Iterable[str] = (),
    ) -> tuple[ClaimedJob, ...]:
        """Reserve due jobs in some phases, soonest deadline first."""
        ...

    async def claim_wishes(
        self,
        *,
        holder: UUID,
        lease: timedelta,
        most: int,
        places: Mapping[str, int],
        held: Iterable[UUID] = (),
        known: Iterable[str] | None = None,
    ) -> tuple[ClaimedJob, ...]:
        """Reserve wishes that can be sent, whose turn it is."""
        ...

    async def begin(self, job: ClaimedJob, server: str | None = None) -> bool:
        """Write down that the POST begins; False: it is not ours to send."""
        ...

    async def record(self, changes: Sequence[JobChange]) -> set[UUID]:
        """Write what became of jobs; return those that were still their holder's.

        Raises:
            Conflict: A remote id belongs to another video already.
        """
        ...

    async def known(self, provider: str, remote_ids: Iterable[str]) -> set[str]:
        """Return those of a provider's remote ids that belong to a job."""
        ...

    async def unanswered(self, provider: str) -> tuple[ClaimedJob, ...]:
        """Return a provider's jobs whose answer is not known."""
        ...

    async def durations(self) -> dict[Likeness, tuple[float, ...]]:
        """Return how many seconds the newest jobs took, sorted, by what such jobs have in common."""
        ...

    async def extend(self, holder: UUID, job_ids: Iterable[UUID], lease: timedelta) -> None:
        """Renew leases that have not run out."""
        ...

    async def release(self, holder: UUID) -> None:
        """Let go of everything that a holder has."""
        ...


class AssetStore(Protocol):
    """Rows of kept files, and the trash. See `AssetRepository`."""

    async def add(self, assets: Iterable[AssetRow]) -> None:
        """Register files; the same file again replaces its row."""
        ...

    async def doomed(
        self, *, older_than: timedelta, limit: int, but: Collection[UUID] = ()
    ) -> Sequence[tuple[UUID, str, str, tuple[str, ...]]]:
        """Return deleted videos that can be purged: id, provider, model, remote ids of all attempts."""
        ...

    async def may_erase(self) -> bool:
        """Tell whether files may go: not while a backup is made."""
        ...

    async def erase(self, video_ids: Iterable[UUID]) -> None:
        """Remove videos that are still deleted; their files' keys go to the trash."""
        ...

    async def forget_words(self) -> None:
        """Empty the prompts of owners who left, but for those by which jobs are looked for."""
        ...

    async def erase_uploads(self, *, older_than: timedelta) -> None:
        """Remove uploads of that age."""
        ...

    async def trash(self, *, limit: int) -> Sequence[str]:
        """Return keys of files that are to be removed from the disk."""
        ...

    async def emptied(self, keys: Iterable[str]) -> None:
        """Forget keys whose files have been removed."""
        ...


class DeliveryStore(Protocol):
    """Hints that providers sent. See `WebhookDeliveryRepository`."""

    async def apply(self, remote_ids: Iterable[str]) -> tuple[bool, ...]:
        """Make jobs due that have a fresh hint; return for each whether it is due now."""
        ...

    async def forget_old(self) -> None:
        """Remove hints of long ago."""
        ...


@dataclass(frozen=True)
class Stores:
    """What opens each of them in a transaction."""

    jobs: Callable[[Transaction], JobStore] = JobRepository
    assets: Callable[[Transaction], AssetStore] = AssetRepository
    deliveries: Callable[[Transaction], DeliveryStore] = WebhookDeliveryRepository
