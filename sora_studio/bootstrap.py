"""Builds the studio: chooses the implementations, opens them in order, closes them in reverse."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    closing,
    suppress,
)
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import structlog

from sora_studio import container, log
from sora_studio.config import ConfigError, ProviderSettings, Settings, forget_environment, load_providers
from sora_studio.config.authority import is_loopback
from sora_studio.config.build import VERSION, commit
from sora_studio.config.environment import named_files
from sora_studio.config.private_files import close_to_others, open_secrets
from sora_studio.config.secret_words import secret_words
from sora_studio.container import Services
from sora_studio.db.access import Access, find_access
from sora_studio.db.engine import Database
from sora_studio.domain.errors import StorageError
from sora_studio.domain.instance import InstanceRole, ProcessInfo
from sora_studio.domain.ports import Changes, Provider, Storage
from sora_studio.domain.sign_up import INVITE, OPEN
from sora_studio.domain.single_sign_on import Client, SignOnPolicy
from sora_studio.domain.tasks import PeriodicTask, TaskName, Wake
from sora_studio.domain.webhooks import key_of
from sora_studio.providers.card_files import load_cards
from sora_studio.providers.factory import provider_of
from sora_studio.providers.rate_limited import RateLimitedProvider
from sora_studio.providers.redactor import Redactor
from sora_studio.providers.webhook_sender import HttpWebhookSender
from sora_studio.scheduler import Scheduler
from sora_studio.services.announcements import Announcements
from sora_studio.services.backups.create import Origin
from sora_studio.services.backups.daily import DailyBackup, last_backup
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.diagnosis import DiagnosisService
from sora_studio.services.disk_space import DiskSpace
from sora_studio.services.health import HealthService
from sora_studio.services.instances.assembly import Membership, describe, membership
from sora_studio.services.jobs.background import BackgroundWork, Options, assemble
from sora_studio.services.jobs.scrub import GRACE
from sora_studio.services.jobs.webhooks import WebhookService
from sora_studio.services.metrics import MetricsService, Sources
from sora_studio.services.money.budgets import BudgetService, adopt_time_zone
from sora_studio.services.money.usage import UsageService
from sora_studio.services.people.assembly import Entrances, People
from sora_studio.services.people.assembly import assemble as assemble_people
from sora_studio.services.people.authentication import Authenticator
from sora_studio.services.people.keys import KeyService
from sora_studio.services.people.limits import LimitService
from sora_studio.services.people.passwords import Passwords
from sora_studio.services.people.respelling import respell_addresses
from sora_studio.services.people.setup_code import SetupCode
from sora_studio.services.people.studio_settings import SessionPolicy, StudioSettings
from sora_studio.services.people.vault import Vault
from sora_studio.services.pictures import UPLOAD_CPU_SECONDS, limit_worker
from sora_studio.services.projects import ProjectService
from sora_studio.services.providers import ProviderService
from sora_studio.services.resources import Resources
from sora_studio.services.storage_quotas import StorageQuotas
from sora_studio.services.upgrade import upgrade
from sora_studio.services.videos.assembly import Caps
from sora_studio.services.videos.assembly import assemble as assemble_videos
from sora_studio.services.videos.queue import QueueAdmin
from sora_studio.services.webhooks.endpoints import WebhookEndpointService
from sora_studio.services.worker_pool import WorkerPool
from sora_studio.storage.opening import open_storage
from sora_studio.subprocesses.lock import alone_in, next_in
from sora_studio.subprocesses.postgres import embedded_postgres
from sora_studio.subprocesses.sandbox import SandboxAccess, running_sandbox, sandbox_child

if TYPE_CHECKING:
    from sora_studio.services.people.identity_provider import IdentityProvider

_FOR_PEOPLE, _FOR_JOBS = 10, 6
"""Connections kept for requests, and for the background work, which goes on however many requests there are.
Under load there are half as many more of each, and always one that listens: 25 at most, as
docs/operations.md says."""

_ALONE = ProcessInfo()

_log = structlog.get_logger(__name__)


def _as_it_is(provider: Provider) -> Provider:
    return provider


@dataclass(frozen=True)
class Parts:
    """What the studio is made of where it meets the world; tests put in their own."""

    database: Callable[..., Database] = Database  # by URL and size of the pool
    storage: Callable[[Settings], Storage] = open_storage
    provider: Callable[[Provider], Provider] = _as_it_is
    worker_pool: Callable[[Callable[[], None]], WorkerPool] = WorkerPool  # by what limits its processes
    passwords: Callable[[], Passwords] = Passwords


@dataclass(frozen=True)
class Studio:
    """What is open: the services for pages and routes, what tells of changes, what wakes a task."""

    services: Services
    db: Database
    changes: Changes
    wake: Wake


@asynccontextmanager
async def studio(
    settings: Settings, parts: Parts | None = None, info: ProcessInfo = _ALONE
) -> AsyncIterator[Studio]:
    """Open everything that the settings ask for, serve the block, close everything.

    Args:
        settings: What the operator wants.
        parts: What tests put in.
        info: The place of this process among those that serve the studio.

    Raises:
        ConfigError: A child, a directory or the file of providers cannot be used, or an instance differs.
        Unavailable: The database cannot be reached or migrated.
    """
    parts, chosen = parts or Parts(), load_providers(settings)
    _check_role(settings, chosen, info.role)
    secrets = secret_words(settings, *chosen)
    log.hide(secrets)
    async with AsyncExitStack() as stack:
        access = await _database_access(settings, info, stack)
        await asyncio.to_thread(_check_files, settings)
        await upgrade(access.direct_url or access.url, settings.data_dir)
        db, own = (_open_database(access, parts, size, stack) for size in (_FOR_PEOPLE, _FOR_JOBS))
        storage, installation = parts.storage(settings), instance_of(settings.data_dir)
        described = await describe(settings, chosen, storage, info, installation)
        member = await stack.enter_async_context(membership(own, described))
        await respell_addresses(own)
        await adopt_time_zone(own, settings.time_zone)
        changes = Announcements(db)
        limited = await open_providers(settings, chosen, _sandbox(settings, info), installation, stack)
        member.instances.share(partial(_divide, limited))
        providers = {name: parts.provider(provider) for name, provider in limited.items()}
        scheduler = Scheduler(None if member.own.works else member.messages.wake)
        with suppress(StorageError):  # readiness reports a disk that refuses
            storage.sweep(older_than=0.0 if is_alone(settings) else GRACE)
        on = Resources(
            db=own,
            catalog=ProviderCatalog(providers, on_stale=partial(scheduler.wake, TaskName.MODELS)),
            storage=storage,
            disk_space=DiskSpace(storage),
            worker_pool=stack.enter_context(closing(parts.worker_pool(limit_worker))),
            holder=member.own.id,
        )
        # Whatever people upload, the films that providers made do not wait for it.
        uploads = parts.worker_pool(partial(limit_worker, UPLOAD_CPU_SECONDS))
        stack.enter_context(closing(uploads))
        sender = HttpWebhookSender(settings.webhook_hosts or ())
        stack.push_async_callback(sender.close)
        options = Options(sender=sender, public_url=settings.public_url, is_heard=changes.is_heard)
        background = assemble(on, scheduler.wake, options)
        stack.push_async_callback(on.catalog.close)
        on.catalog.look_first()
        await _start(background, changes, member, scheduler, stack, _backups(settings, storage, access))
        health = HealthService(
            db=db,
            disk_space=on.disk_space,
            last_run=lambda: scheduler.last_run,
            unheard=lambda: changes.trouble,
            is_looking=on.catalog.is_looking,
            has_worker=member.instances.has_worker,
            is_one_of_several=member.instances.has_strangers,
        )
        for_people = replace(on, db=db, worker_pool=uploads)
        statuses = ProviderService(
            db=db,
            catalog=on.catalog,
            healths={name: provider.health for name, provider in limited.items()},
            wake=scheduler.wake,
        )
        figures = MetricsService(
            Sources(
                db=own,
                health=health,
                storage=storage,
                providers={name: provider.health for name, provider in limited.items()},
                instances=member.instances.all,
                last_backup=partial(last_backup, settings) if settings.backups else None,
                version=VERSION,
                build=commit(),
            ),
            settings.metrics_token.get_secret_value() if settings.metrics_token else None,
        )
        people = open_people(settings, db, parts.passwords(), is_private=info.is_private)
        member.messages.on_counts = people.throttle.share(member.messages.count)
        await people.prepare()
        told = _Webhooks(Redactor(secrets).body, sender)
        watched = _Watched(health, figures, statuses)
        opened = _services(settings, people, for_people, told, scheduler, watched)
        stack.enter_context(container.using(opened))
        await member.messages.tell_news()
        yield Studio(opened, db, changes, scheduler.wake)


@asynccontextmanager
async def without_pages(settings: Settings, parts: Parts | None, info: ProcessInfo) -> AsyncIterator[None]:
    """Have a studio open that works and shows nothing, for the block."""
    async with studio(settings, parts, info):
        forget_environment("PG*", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID")
        _log.info("worker_opened", version=VERSION, build=commit())
        yield
        _log.info("studio_closing")


@dataclass(frozen=True)
class _Webhooks:
    """What webhooks need: what takes secrets out of those that come, and what sends ours."""

    redact: Callable[[bytes], bytes]
    sender: HttpWebhookSender


@dataclass(frozen=True)
class _Watched:
    """What tells how the studio is doing."""

    health: HealthService
    metrics: MetricsService
    providers: ProviderService


def is_alone(settings: Settings) -> bool:
    """Tell whether nobody else can be using the files: who is slow looks as if it had died."""
    return settings.database_url is None and settings.media_dir is None


def _open_database(access: Access, parts: Parts, size: int, stack: AsyncExitStack) -> Database:
    db = parts.database(access.url, size, direct_url=access.direct_url, pooled=access.pooled)
    stack.push_async_callback(db.close)
    return db


def _check_files(settings: Settings) -> None:
    """Close what others could read in the data directory, and say what is open elsewhere."""
    closed, still_open = close_to_others(settings.data_dir)
    if closed:
        _log.warning("files_closed_to_others", number=len(closed), first=str(closed[0]))
    if still_open := [*still_open, *open_secrets(settings, named_files())]:
        _log.warning("files_open_to_others", paths=[*map(str, still_open)], remedy="chmod o= PATH")


def _check_role(settings: Settings, chosen: Iterable[ProviderSettings], role: InstanceRole) -> None:
    """Make sure that a part of a studio knows what it shares with the others.

    Raises:
        ConfigError: It would have a database or a sandbox of its own.
    """
    if role is InstanceRole.ALL:
        return
    missing = [] if settings.database_url else ["DATABASE_URL"]
    if any(each.is_child for each in chosen):
        missing.append("OPENAI_BASE_URL (or providers.toml)")
    if missing:
        message = f"--role {role} is a part of a studio: set {' and '.join(missing)} for all of its parts."
        raise ConfigError(message)


def _divide(providers: Mapping[str, RateLimitedProvider], instances: int) -> None:
    for provider in providers.values():
        provider.divide(instances)


def _sandbox(
    settings: Settings, info: ProcessInfo
) -> Callable[[], AbstractAsyncContextManager[SandboxAccess]]:
    """Return what opens the sandbox; one of several workers finds it running."""
    if info.number is None:
        return partial(sandbox_child, settings.data_dir, settings.sandbox_speed)
    return partial(running_sandbox, settings.data_dir)


def _tasks(
    background: BackgroundWork, member: Membership, backups: Iterable[PeriodicTask]
) -> list[PeriodicTask]:
    """Return what runs by the clock in this process."""
    if not member.own.works:
        return [member.beat(), background.models()]
    return [member.beat(), *map(member.once.in_turn, (*background.tasks(), *backups))]


async def _start(
    background: BackgroundWork,
    changes: Announcements,
    member: Membership,
    scheduler: Scheduler,
    stack: AsyncExitStack,
    backups: Iterable[PeriodicTask],
) -> None:
    await background.claims.release()  # what the process before us held: its name is ours alone
    stack.push_async_callback(background.close)
    stack.push_async_callback(scheduler.stop)
    scheduler.start(*_tasks(background, member, backups))
    member.messages.on_news = partial(scheduler.wake, TaskName.INSTANCE)
    look = _look_at_nothing
    if member.own.works:
        look, member.messages.on_wake = background.agenda.look_soon, scheduler.wake
    hearing = asyncio.create_task(changes.run(look, member.messages.hear), name="announcements")
    stack.push_async_callback(_cancel, hearing)


def _look_at_nothing() -> None:
    """Do nothing: what is due is for instances that work."""


def _backups(settings: Settings, storage: Storage, access: Access) -> list[PeriodicTask]:
    """Return the task that looks whether the backup of the day is due, if it can be made."""
    if settings.backups is None:
        return []
    if access.pooled and access.direct_url is None:
        _log.warning("backups_impossible", remedy="set DATABASE_DIRECT_URL: a pooler cannot be dumped")
        return []
    daily = DailyBackup(Origin(settings, storage, access.direct_url or access.url), settings.backups)
    return [PeriodicTask(TaskName.BACKUP, timedelta(minutes=10), daily.run, after=timedelta(minutes=10))]


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _database_access(settings: Settings, info: ProcessInfo, stack: AsyncExitStack) -> Access:
    if settings.database_url is None:
        return Access(await stack.enter_async_context(embedded_postgres(settings.data_dir)))
    if info.number is None:  # otherwise who has started this one keeps others out
        stack.enter_context(alone_in(settings.data_dir))
    else:  # and what a killed one has started may still be at work, under this one's name
        await stack.enter_async_context(next_in(settings.data_dir, str(info.number)))
    direct = settings.database_direct_url
    return await find_access(
        settings.database_url.get_secret_value(), direct.get_secret_value() if direct else None
    )


async def open_providers(
    settings: Settings,
    chosen: Sequence[ProviderSettings],
    sandbox: Callable[[], AbstractAsyncContextManager[SandboxAccess]],
    instance: UUID,
    stack: AsyncExitStack,
) -> Mapping[str, RateLimitedProvider]:
    """Open the providers of the settings; what they need is closed with the stack.

    Args:
        settings: Whose secrets they must not repeat.
        chosen: Their tables.
        sandbox: Opens the sandbox and yields how to reach it, where one of them is it.
        instance: Whose sandbox that is.
        stack: What closes them.
    """
    made: dict[str, RateLimitedProvider] = {}
    cards, problems = load_cards(settings.cards_dir)
    for problem in problems:  # the others are used
        _log.warning("model_card_unusable", problem=problem)
    secrets = secret_words(settings, *chosen)
    for each in chosen:
        access = await stack.enter_async_context(sandbox()) if each.is_child else None
        child_of = instance if access else None
        provider = provider_of(access.give(each) if access else each, secrets, child_of, cards)
        made[each.name] = RateLimitedProvider(provider)
        stack.push_async_callback(provider.close)
    return made


def open_people(
    settings: Settings, db: Database, passwords: Passwords | None = None, *, is_private: bool = False
) -> People:
    """Put the use cases on accounts together, for a studio or for a command beside it."""
    at_home = is_private and is_loopback(settings.own_names.public.host)
    sessions = SessionPolicy(timedelta(settings.session_idle_days), timedelta(settings.session_days))
    return assemble_people(
        db,
        signing_key=settings.signing_key(),
        settings=StudioSettings(
            pinned=settings.pinned, sign_up=OPEN if at_home else INVITE, sessions=sessions
        ),
        entrances=Entrances(
            setup_code=SetupCode(settings.data_dir / "setup_code", settings.signing_key()),
            public_url=settings.public_url,
            sign_on=_sign_on(settings),
        ),
        passwords=passwords,
    )


def _sign_on(settings: Settings) -> "tuple[IdentityProvider, SignOnPolicy] | None":
    """Return the OpenID provider of the settings, and what is wanted of it."""
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    from sora_studio.services.people.identity_provider import IdentityProvider  # noqa: PLC0415 -- slow to load

    secret, claim = settings.oidc_client_secret, settings.oidc_admin_claim
    client = Client(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=secret.get_secret_value() if secret else None,
        scopes=settings.oidc_scopes,
        redirect_uri=f"{settings.public_url}/api/auth/oidc/callback",
    )
    name, _, value = (claim or "").partition("=")
    policy = SignOnPolicy(
        button=settings.oidc_button_text,
        hides_password=settings.oidc_hide_password_form,
        auto_register=settings.oidc_auto_register,
        link_by_email=settings.oidc_link_by_email,
        admin_claim=(name.strip(), value.strip()) if claim else None,
    )
    return IdentityProvider(client), policy


def _services(
    settings: Settings,
    people: People,
    for_people: Resources,
    told: _Webhooks,
    scheduler: Scheduler,
    watched: _Watched,
) -> Services:
    """Put the use cases together."""
    db, throttle = for_people.db, people.throttle
    zone = ZoneInfo(settings.time_zone)
    keys = KeyService(db=db, accounts=people.accounts, throttle=throttle, zone=zone)
    authenticator = Authenticator(
        db=db,
        accounts=people.accounts,
        keys=keys,
        throttle=throttle,
        requests_per_minute=settings.requests_per_minute,
    )
    caps = Caps(
        settings.max_pending,
        settings.unused_uploads_mb * 1_000_000,
        settings.time_zone,
        settings.sandbox_prices,
    )
    quotas = StorageQuotas(people.accounts.settings)
    made = assemble_videos(
        for_people, authenticator, scheduler.wake, throttle=throttle, caps=caps, quotas=quotas
    )
    return Services(
        accounts=people.accounts,
        sessions=people.accounts.sessions,
        authenticator=authenticator,
        keys=keys,
        people=people.people,
        invitations=people.invitations,
        two_factor=people.two_factor,
        single_sign_on=people.single_sign_on,
        settings=people.settings,
        audit=people.audit,
        videos=made.videos,
        derivations=made.derivations,
        media=made.media,
        uploads=made.uploads,
        inputs=made.inputs,
        marks=made.marks,
        batches=made.batches,
        characters=made.characters,
        webhooks=WebhookService(
            db=db, keys=_webhook_keys(settings), redact=told.redact, clock=_utc_now, wake=scheduler.wake
        ),
        webhook_endpoints=WebhookEndpointService(
            db=db,
            sender=told.sender,
            trail=people.accounts.trail,
            throttle=throttle,
            wake=partial(scheduler.wake, TaskName.WEBHOOKS),
            public_url=settings.public_url,
        ),
        health=watched.health,
        metrics=watched.metrics,
        diagnosis=DiagnosisService(Vault.locked_with(settings.signing_key(), _utc_now)),
        providers=watched.providers,
        projects=ProjectService(
            db=db, accounts=people.accounts, throttle=throttle, clock=_utc_now, quotas=quotas
        ),
        budgets=BudgetService(
            db=db,
            trail=people.accounts.trail,
            catalog=for_people.catalog,
            zone=ZoneInfo(settings.time_zone),
            clock=_utc_now,
            throttle=throttle,
            sandbox_prices=settings.sandbox_prices,
        ),
        usage=UsageService(db=db, zone=ZoneInfo(settings.time_zone), clock=_utc_now),
        queue=made.queue,
        queue_admin=QueueAdmin(db=db, trail=people.accounts.trail),
        limits=LimitService(db, people.accounts.trail, quotas),
    )


def _webhook_keys(settings: Settings) -> list[bytes]:
    secrets = settings.webhook_secret.get_secret_value() if settings.webhook_secret else ""
    return [key_of(secret) for secret in secrets.replace(",", " ").split()]


def _utc_now() -> datetime:
    return datetime.now(UTC)


def instance_of(data_dir: Path) -> UUID:
    """Return this installation's name among those that share a database: made once, kept beside the data."""
    path = data_dir / "instance"
    with suppress(FileNotFoundError, ValueError):  # ValueError: a first start was cut off in writing it
        return UUID(path.read_text().strip())
    name, fresh = uuid4(), path.with_name(".instance")
    fresh.write_text(str(name))
    fresh.replace(path)
    return name
