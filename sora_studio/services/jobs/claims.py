"""Which jobs this process works on: claimed for a short lease that a heartbeat renews.

A frozen or dead process loses its lease; the next claim of the job gets a higher fencing number,
and what the old holder writes afterwards changes nothing. What this process still works on it does not claim
again: after an outage of the database, or a laptop's sleep, that work may have the only answer.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from sora_studio import metrics
from sora_studio.db.engine import Database, retry_on_deadlock
from sora_studio.db.models import AssetRow
from sora_studio.domain.job import ClaimedJob, JobChange, Likeness
from sora_studio.domain.video import Phase
from sora_studio.services.jobs.outcomes import record
from sora_studio.services.jobs.stores import Stores

LEASE = timedelta(seconds=30)
HEARTBEAT = LEASE / 3


class Claims:
    """Claims jobs for one holder and writes back what became of them."""

    def __init__(
        self,
        db: Database,
        holder: UUID,
        stores: Stores | None = None,
        *,
        servers: Mapping[str, str] | None = None,
        on_record: Callable[[], None] = lambda: None,
    ) -> None:
        """Hold nothing yet.

        Args:
            db: Where the jobs are.
            holder: An id that only one live process has at a time.
            stores: What opens their tables. None: those of the database.
            servers: Those that this process asks, by the name of their provider. None: it asks everybody.
            on_record: Called when something has been written back, which may be due again some time.
        """
        self._on_record = on_record
        self._db, self._holder, self._stores = db, holder, stores or Stores()
        self._servers = frozenset((servers or {}).values())
        self._known = None if servers is None else frozenset(servers)
        self._held: dict[UUID, int] = {}  # by job: the fencing number of our claim

    async def take(self, *phases: Phase, most: int) -> tuple[ClaimedJob, ...]:
        """Claim due jobs in some phases, soonest deadline first, at most `most`."""
        if most < 1:
            return ()
        async with self._db.transaction() as tx:
            jobs = await self._stores.jobs(tx).claim(
                phases,
                holder=self._holder,
                lease=LEASE,
                most=most,
                held=self._held,
                servers=self._servers,
            )
        self._held |= {job.id: job.fence for job in jobs}
        return jobs

    async def take_wishes(self, *, most: int, places: Mapping[str, int]) -> tuple[ClaimedJob, ...]:
        """Claim wishes whose turn it is in the queues between people, at most `most`.

        Args:
            most: The limit.
            places: How many jobs a provider makes at a time, where that is limited.
        """
        if most < 1:
            return ()
        async with self._db.transaction() as tx:
            jobs = await self._stores.jobs(tx).claim_wishes(
                holder=self._holder,
                lease=LEASE,
                most=most,
                places=places,
                held=self._held,
                known=self._known,
            )
        self._held |= {job.id: job.fence for job in jobs}
        return jobs

    @contextmanager
    def holding(self, *jobs: ClaimedJob) -> Iterator[None]:
        """Work on claimed jobs in the block; when it ends, however it ends, their leases are not renewed."""
        self._held |= {job.id: job.fence for job in jobs}
        try:
            yield
        finally:
            self._let_go(jobs)

    async def begin(self, job: ClaimedJob, server: str = "") -> bool:
        """Record that the POST to a server begins; False: the job may no longer be ours: do not send it."""
        now = asyncio.get_running_loop().time
        asked = now()
        async with self._db.transaction() as tx:
            begun = await self._stores.jobs(tx).begin(job, server or None)
        if begun:
            metrics.QUEUE_WAITS.observe((job.now - job.created_at).total_seconds(), job.provider)
        # A process that froze in between would send what others, after a long look, have sent again.
        return begun and now() - asked < LEASE.total_seconds()

    @retry_on_deadlock
    async def record(self, changes: Sequence[JobChange], assets: Sequence[AssetRow] = ()) -> int:
        """Write what became of jobs, with their new files, and let go of them.

        Returns:
            How many were still ours; files of a job that was not are not registered.

        Raises:
            Conflict: A remote id belongs to another video already.
        """
        if not changes:
            return 0
        async with self._db.transaction() as tx:
            written = await self._stores.jobs(tx).record(changes)
            if len(written) == len(changes):
                await self._stores.assets(tx).add(assets)
            if taken := [change.remote_id for change in changes if change.remote_id]:
                await self._stores.deliveries(tx).apply(taken)  # a hint may have come before the answer
        self._let_go(change.job for change in changes)
        self._on_record()
        for change in changes:
            if change.job.id in written:
                record(change)
        return len(written)

    async def compare(
        self, provider: str, remote_ids: Iterable[str]
    ) -> tuple[tuple[ClaimedJob, ...], set[str]]:
        """Compare what a provider lists with what is written here.

        Returns:
            The jobs whose answer is not known, and those of the remote ids that belong to a job of ours.
        """
        async with self._db.reading() as tx:
            sent = await self._stores.jobs(tx).unanswered(
                provider
            )  # first: one that is answered meanwhile is known
            return sent, await self._stores.jobs(tx).known(provider, remote_ids)

    async def durations(self) -> dict[Likeness, tuple[float, ...]]:
        """Return how many seconds the newest jobs took, by what such jobs have in common."""
        async with self._db.reading() as tx:
            return await self._stores.jobs(tx).durations()

    async def heartbeat(self) -> None:
        """Renew the lease of everything that is held."""
        if self._held:
            async with self._db.transaction() as tx:
                await self._stores.jobs(tx).extend(self._holder, self._held, LEASE)

    async def release(self) -> None:
        """Let go of everything, also of what a process that died under this holder's id had."""
        async with self._db.transaction() as tx:
            await self._stores.jobs(tx).release(self._holder)
        self._held.clear()

    def _let_go(self, jobs: Iterable[ClaimedJob]) -> None:
        for job in jobs:
            if self._held.get(job.id) == job.fence:  # otherwise it has been claimed anew meanwhile
                del self._held[job.id]
