"""The background work, put together: the one place where its parts meet.

The studio runs its tasks by the clock, the maintenance commands call its parts by hand; tests, the simulation
and the benchmarks do either with something else behind the ports.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from sora_studio.domain.ports import WebhookSender
from sora_studio.domain.tasks import PeriodicTask, TaskName, Wake
from sora_studio.domain.webhook_messages import Answer
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.jobs.agenda import SAFETY, Agenda
from sora_studio.services.jobs.archive import AT_ONCE, Archiver
from sora_studio.services.jobs.catch_up import CatchUp
from sora_studio.services.jobs.claims import HEARTBEAT, Claims
from sora_studio.services.jobs.download import Downloader, Limits
from sora_studio.services.jobs.importer import Importer
from sora_studio.services.jobs.purge import Purger
from sora_studio.services.jobs.reconcile import Reconciler
from sora_studio.services.jobs.refresh import Refresher
from sora_studio.services.jobs.scrub import MOST, Scrubber
from sora_studio.services.jobs.stores import Stores
from sora_studio.services.jobs.submit import Submitter
from sora_studio.services.money.usage import UsageFolder
from sora_studio.services.resources import Resources
from sora_studio.services.webhooks.deliverer import Deliverer
from sora_studio.services.webhooks.notices import Notices

_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)


class NoSender:
    """Stands where nothing is to leave this machine: whatever is due fails, and waits."""

    async def check(self, url: str) -> str | None:
        """Take every address."""
        del url

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send nothing."""
        del url, headers, body
        return Answer(error="Nothing is sent from here.")


@dataclass(frozen=True)
class Options:
    """What commands, tests and the simulation want otherwise than the studio does."""

    limits: Limits = field(default_factory=Limits)  # of one file
    files_at_once: int = AT_ONCE  # that are copied
    videos_per_scrub: int = MOST
    stores: Stores = field(default_factory=Stores)
    clock: Callable[[], float] = time.monotonic  # by which the purge puts off what a provider cannot yet
    sender: WebhookSender = field(default_factory=NoSender)  # of webhooks
    public_url: str = ""  # to which they lead people
    is_heard: Callable[[], bool] = lambda: False  # whether the agenda learns what others change


@dataclass(frozen=True)
class BackgroundWork:
    """Everything that happens to a job after its wish was written down."""

    catalog: ProviderCatalog
    agenda: Agenda
    claims: Claims
    submitter: Submitter
    refresher: Refresher
    reconciler: Reconciler
    archiver: Archiver
    purger: Purger
    scrubber: Scrubber
    catch_up: CatchUp
    importer: Importer
    deliverer: Deliverer
    usage: UsageFolder

    def tasks(self) -> tuple[PeriodicTask, ...]:
        """Return what runs by the clock, or when the agenda says that there is something to do."""
        return (
            PeriodicTask(TaskName.AGENDA, SAFETY, self.agenda.run),
            PeriodicTask(TaskName.SUBMIT, None, self.submitter.run),
            PeriodicTask(TaskName.REFRESH, None, self.refresher.run),
            PeriodicTask(TaskName.RECONCILE, None, self.reconciler.run),
            PeriodicTask(TaskName.ARCHIVE, None, self.archiver.run),
            PeriodicTask(TaskName.HEARTBEAT, HEARTBEAT, self.claims.heartbeat),
            PeriodicTask(TaskName.PURGE, _HOUR, self.purger.run),
            # Its turn comes once a day; who looks only then finds it taken, and waits for another one.
            PeriodicTask(TaskName.SCRUB, _HOUR, self.scrubber.run_daily, after=timedelta(minutes=10)),
            self.models(),
            PeriodicTask(TaskName.WEBHOOKS, _HOUR, self.deliverer.run),
            PeriodicTask(TaskName.USAGE, _MINUTE, self.usage.run),
        )

    def models(self) -> PeriodicTask:
        """Return what reads the servers' models once, and when somebody here looks at old ones."""
        return PeriodicTask(TaskName.MODELS, None, self.catalog.refresh, after=_SECOND)

    async def close(self) -> None:
        """Let what is under way end, all of it at the same time: a stop has ten seconds. Then let go of it.

        Raises:
            Unavailable: The database is away; whatever was held is free when its lease is over.
        """
        parts = (self.submitter, self.archiver, self.refresher, self.reconciler)
        await asyncio.gather(*(part.close() for part in parts))
        await self.claims.release()


def assemble(on: Resources, wake: Wake, options: Options | None = None) -> BackgroundWork:
    """Put the background work together; nothing runs yet.

    Args:
        on: What it stands on.
        wake: Has one of its tasks run at once, because another one has work for it.
        options: None: as the studio has it.
    """
    options = options or Options()
    db, catalog, storage, disk_space = on.db, on.catalog, on.storage, on.disk_space
    submit, refresh, reconcile, archive = (
        partial(wake, name)
        for name in (TaskName.SUBMIT, TaskName.REFRESH, TaskName.RECONCILE, TaskName.ARCHIVE)
    )
    agenda = Agenda(db, wake, options.is_heard)
    claims = Claims(
        db,
        on.holder,
        options.stores,
        servers=catalog.servers(),
        on_record=agenda.look_soon,
    )
    downloader = Downloader(storage=storage, worker_pool=on.worker_pool, limits=options.limits)
    refresher = Refresher(claims=claims, catalog=catalog, wake=refresh, on_finished=archive)
    reconciler = Reconciler(claims=claims, catalog=catalog, on_unsent=submit, on_finished=archive)
    archiver = Archiver(
        claims=claims,
        catalog=catalog,
        downloader=downloader,
        wake=archive,
        at_once=options.files_at_once,
    )
    return BackgroundWork(
        catalog=catalog,
        agenda=agenda,
        claims=claims,
        submitter=Submitter(
            claims=claims,
            catalog=catalog,
            storage=storage,
            disk_space=disk_space,
            wake=submit,
            on_unclear=reconcile,
        ),
        refresher=refresher,
        reconciler=reconciler,
        archiver=archiver,
        purger=Purger(db=db, catalog=catalog, storage=storage, stores=options.stores, clock=options.clock),
        scrubber=Scrubber(
            db=db,
            storage=storage,
            disk_space=disk_space,
            catalog=catalog,
            downloader=downloader,
            most=options.videos_per_scrub,
        ),
        catch_up=CatchUp(
            db=db, catalog=catalog, reconciler=reconciler, refresher=refresher, archiver=archiver
        ),
        importer=Importer(db=db, catalog=catalog),
        deliverer=Deliverer(db, options.sender, Notices(db, options.public_url), _utc_now),
        usage=UsageFolder(db),
    )


def _utc_now() -> datetime:
    return datetime.now(UTC)
