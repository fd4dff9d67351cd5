"""Builds the studio: chooses the implementations, opens them in order, closes them in reverse."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    closing,
    suppress,
)
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from sora_studio import container
from sora_studio.children.lock import alone_in
from sora_studio.children.postgres import embedded_postgres
from sora_studio.children.sandbox import sandbox_child
from sora_studio.config import ProviderSettings, Settings, load_providers
from sora_studio.container import Services
from sora_studio.db.engine import Database
from sora_studio.db.migrations import migrate
from sora_studio.domain.errors import StorageError
from sora_studio.domain.ports import Provider
from sora_studio.domain.webhooks import key_of
from sora_studio.jobs.scheduler import Beat, Scheduler
from sora_studio.providers.configured import provider_of
from sora_studio.providers.paced import PacedProvider
from sora_studio.services.accounts import AccountService
from sora_studio.services.characters import CharacterService
from sora_studio.services.health import HealthService
from sora_studio.services.media import MediaService
from sora_studio.services.offers import Offers
from sora_studio.services.pictures import UPLOAD_CPU_SECONDS, limit_worker
from sora_studio.services.room import Room
from sora_studio.services.throttle import Throttle
from sora_studio.services.tracking.archive import Archiver
from sora_studio.services.tracking.claims import HEARTBEAT, Claims
from sora_studio.services.tracking.copying import Copier
from sora_studio.services.tracking.purge import Purger
from sora_studio.services.tracking.reconcile import Reconciler
from sora_studio.services.tracking.refresh import Refresher
from sora_studio.services.tracking.scrub import Scrubber
from sora_studio.services.tracking.submit import Submitter
from sora_studio.services.videos import VideoService
from sora_studio.services.webhooks import WebhookService
from sora_studio.services.workshop import Workshop
from sora_studio.storage.local import LocalStorage

_EVERY_SECOND = timedelta(seconds=1)
_FOR_PEOPLE, _FOR_JOBS = 10, 6
"""Connections kept for requests, and for the background work, which goes on however many requests there are.
Under load there are half as many more of each, and always one that listens: 25 at most, as
docs/operations.md says."""


def _as_it_is(provider: Provider) -> Provider:
    return provider


@dataclass(frozen=True)
class Parts:
    """What the studio is made of where it meets the world; tests put in their own."""

    database: Callable[[str, int], Database] = Database  # by URL and size of the pool
    storage: Callable[[Path], LocalStorage] = LocalStorage
    provider: Callable[[Provider], Provider] = _as_it_is


@dataclass(frozen=True)
class Studio:
    """What is open: the services for pages and routes, the database for the push, the beats' alarm."""

    services: Services
    db: Database
    wake: Callable[[str], None]


@asynccontextmanager
async def studio(settings: Settings, parts: Parts | None = None) -> AsyncIterator[Studio]:
    """Open everything that the settings ask for, serve the block, close everything.

    Raises:
        ConfigError: A child, a directory or the file of providers cannot be used.
        Unavailable: The database cannot be reached or migrated.
    """
    parts, chosen = parts or Parts(), load_providers(settings)
    async with AsyncExitStack() as stack:
        url = await _database_url(settings, stack)
        await migrate(url)
        db, own = parts.database(url, _FOR_PEOPLE), parts.database(url, _FOR_JOBS)
        stack.push_async_callback(db.close)
        stack.push_async_callback(own.close)
        start = partial(sandbox_child, settings.data_dir, settings.sandbox_speed)
        providers = await open_providers(chosen, start, stack)
        providers = {name: parts.provider(provider) for name, provider in providers.items()}
        storage, scheduler = parts.storage(settings.media_path), Scheduler()
        opened = await _services(settings, db, own, providers, storage, scheduler, stack)
        stack.enter_context(container.using(opened))
        yield Studio(opened, db, scheduler.wake)


async def _database_url(settings: Settings, stack: AsyncExitStack) -> str:
    if settings.database_url is None:
        return await stack.enter_async_context(embedded_postgres(settings.data_dir))
    stack.enter_context(alone_in(settings.data_dir))
    return settings.database_url.get_secret_value()


async def open_providers(
    chosen: Sequence[ProviderSettings],
    sandbox: Callable[[], AbstractAsyncContextManager[str]],
    stack: AsyncExitStack,
) -> Mapping[str, Provider]:
    """Open the providers of the settings; what they need is closed with the stack.

    Args:
        chosen: Their tables.
        sandbox: Opens the sandbox and yields its base URL, where one of them is it.
        stack: What closes them.
    """
    made: dict[str, Provider] = {}
    for each in chosen:
        child = sandbox() if each.is_child else None
        provider = provider_of(each, await stack.enter_async_context(child) if child else None)
        made[each.name] = PacedProvider(provider)
        stack.push_async_callback(provider.close)
    return made


async def _services(
    settings: Settings,
    db: Database,
    own: Database,
    providers: Mapping[str, Provider],
    storage: LocalStorage,
    scheduler: Scheduler,
    stack: AsyncExitStack,
) -> Services:
    with suppress(StorageError):  # a disk that refuses is told of by readiness
        storage.sweep()
    room = Room(storage)
    workshop = stack.enter_context(closing(Workshop(limit_worker)))
    # Whatever people send, the films that providers made do not wait for it.
    uploads = stack.enter_context(closing(Workshop(partial(limit_worker, UPLOAD_CPU_SECONDS))))
    offers, throttle = Offers(providers, on_stale=partial(scheduler.wake, "models")), Throttle()
    claims = Claims(own, _holder(settings.data_dir))
    await claims.release()  # what the process before us held: the data directory is ours alone
    stack.push_async_callback(claims.release)
    wake = {name: partial(scheduler.wake, name) for name in ("submit", "reconcile", "archive")}
    submitter = Submitter(
        claims=claims,
        offers=offers,
        storage=storage,
        room=room,
        wake=wake["submit"],
        on_unclear=wake["reconcile"],
    )
    copier = Copier(storage=storage, workshop=workshop)
    archiver = Archiver(claims=claims, offers=offers, copier=copier, wake=wake["archive"])
    scrubber = Scrubber(db=own, storage=storage, room=room, offers=offers, copier=copier)
    reconciler = Reconciler(
        claims=claims,
        offers=offers,
        on_unsent=wake["submit"],
        on_finished=wake["archive"],
    )
    refresher = Refresher(claims=claims, offers=offers, on_finished=wake["archive"])
    stack.push_async_callback(_close, submitter, archiver, refresher, reconciler)
    stack.push_async_callback(scheduler.stop)
    scheduler.start(
        Beat("submit", _EVERY_SECOND, submitter.run),
        Beat("refresh", _EVERY_SECOND, refresher.run),
        Beat("reconcile", _EVERY_SECOND, reconciler.run),
        Beat("archive", _EVERY_SECOND, archiver.run),
        Beat("heartbeat", HEARTBEAT, claims.heartbeat),
        Beat("purge", timedelta(seconds=10), Purger(db=own, offers=offers, storage=storage).run),
        Beat("scrub", timedelta(days=1), scrubber.beat, after=timedelta(minutes=10)),
        Beat("models", None, offers.refresh, after=_EVERY_SECOND),
    )
    media = MediaService(db=db, storage=storage, room=room, workshop=uploads, throttle=throttle)
    return Services(
        accounts=AccountService(db=db, signing_key=settings.signing_key(), throttle=throttle),
        videos=VideoService(
            db=db,
            offers=offers,
            media=media,
            clock=_utc_now,
            throttle=throttle,
            wake=scheduler.wake,
        ),
        media=media,
        characters=CharacterService(
            db=db,
            offers=offers,
            media=media,
            storage=storage,
            workshop=uploads,
            throttle=throttle,
            clock=_utc_now,
        ),
        webhooks=WebhookService(db=db, keys=_webhook_keys(settings), clock=_utc_now, wake=scheduler.wake),
        health=HealthService(db=db, room=room, last_beat=lambda: scheduler.last_beat),
    )


async def _close(*workers: Submitter | Archiver | Refresher | Reconciler) -> None:
    """Let what is under way end, all of it at the same time: a stop has ten seconds."""
    await asyncio.gather(*(worker.close() for worker in workers))


def _webhook_keys(settings: Settings) -> list[bytes]:
    secrets = settings.webhook_secret.get_secret_value() if settings.webhook_secret else ""
    return [key_of(secret) for secret in secrets.replace(",", " ").split()]


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _holder(data_dir: Path) -> UUID:
    """Return this installation's name among those that share a database: made once, kept beside the data."""
    path = data_dir / "instance"
    with suppress(FileNotFoundError, ValueError):  # ValueError: a first start was cut off in writing it
        return UUID(path.read_text().strip())
    name, fresh = uuid4(), path.with_name(".instance")
    fresh.write_text(str(name))
    fresh.replace(path)
    return name
