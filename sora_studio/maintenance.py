"""Opens what the commands work with: joins the studio that runs in the data directory, or replaces it."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from urllib.parse import urlsplit
from uuid import uuid4

from sora_studio import log
from sora_studio.bootstrap import instance_of, open_people, open_providers
from sora_studio.config import ConfigError, Settings, load_providers
from sora_studio.config.secret_words import secret_words
from sora_studio.db.access import PATIENCE, Access, find_access
from sora_studio.db.engine import Database
from sora_studio.db.moving import require_here
from sora_studio.domain.errors import Unavailable
from sora_studio.domain.tasks import TaskName
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.disk_space import DiskSpace
from sora_studio.services.jobs.background import BackgroundWork, Options, assemble
from sora_studio.services.jobs.claims import HEARTBEAT, Claims
from sora_studio.services.people.assembly import People
from sora_studio.services.pictures import limit_worker
from sora_studio.services.resources import Resources
from sora_studio.services.upgrade import upgrade
from sora_studio.services.worker_pool import WorkerPool
from sora_studio.storage.opening import open_storage
from sora_studio.subprocesses.lock import InUse, alone_in
from sora_studio.subprocesses.postgres import embedded_postgres, running_postgres
from sora_studio.subprocesses.sandbox import SandboxAccess, remembered_access, sandbox_child

_PATIENCE = 30.0  # seconds: a studio that starts or stops gets there, and so does the sandbox
_GLANCE = 0.1


@asynccontextmanager
async def open_tools(settings: Settings) -> AsyncIterator[BackgroundWork]:
    """Open the background work for the block, to be done by hand; it claims jobs under a name of its own.

    Raises:
        ConfigError: A child, a directory or the file of providers cannot be used, or no studio ever used it.
        Unavailable: The database cannot be reached, or has been moved away.
    """
    settings.require_used()
    chosen = load_providers(settings)
    log.hide(secret_words(settings, *chosen))
    async with AsyncExitStack() as stack:
        db, joined = await stack.enter_async_context(open_database(settings))

        @asynccontextmanager
        async def sandbox() -> AsyncIterator[SandboxAccess]:
            if joined:
                access = remembered_access(settings.data_dir)
                if access is None:
                    message = "The studio is still starting. Try again in a moment."
                    raise Unavailable(message)
                yield access
                return
            async with sandbox_child(settings.data_dir, settings.sandbox_speed) as access:
                await _listens(access.base_url)
                yield access

        instance = instance_of(settings.data_dir)
        catalog = ProviderCatalog(await open_providers(settings, chosen, sandbox, instance, stack))
        worker_pool = stack.enter_context(closing(WorkerPool(limit_worker)))
        storage = open_storage(settings)
        on = Resources(
            db=db,
            catalog=catalog,
            storage=storage,
            disk_space=DiskSpace(storage),
            worker_pool=worker_pool,
            holder=uuid4(),
        )
        background = assemble(on, _nobody, Options(videos_per_scrub=sys.maxsize))
        stack.push_async_callback(background.close)
        await stack.enter_async_context(_renewing(background.claims))
        yield background


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[tuple[Database, bool]]:
    """Open the database for the block, in its newest form; tell whether a studio runs on it here.

    Raises:
        ConfigError: A child or a directory cannot be used, or no studio ever used it.
        Unavailable: The database cannot be reached.
    """
    settings.require_used()
    async with AsyncExitStack() as stack:
        access, joined = await _database(settings, stack)
        url = access.direct_url or access.url
        await (require_here(url) if joined else upgrade(url, settings.data_dir))
        db = Database(access.url, pool_size=5, direct_url=access.direct_url, pooled=access.pooled)
        stack.push_async_callback(db.close)
        yield db, joined


@asynccontextmanager
async def reach_database(
    settings: Settings, *, patience: float = PATIENCE
) -> AsyncIterator[tuple[Access, bool]]:
    """Have the database as it is for the block; yield how it is reached, and whether a studio runs on it.

    Args:
        settings: Where it is.
        patience: Seconds that one which is not there is waited for.

    Raises:
        ConfigError: A child or a directory cannot be used, or no studio ever used it.
        Unavailable: The database cannot be reached.
    """
    settings.require_used()
    async with AsyncExitStack() as stack:
        yield await _database(settings, stack, patience=patience)


@asynccontextmanager
async def open_as_it_is(settings: Settings) -> AsyncIterator[str]:
    """Have the database itself for the block, past any pooler and whatever its form; yield its URL.

    Raises:
        ConfigError: A child or a directory cannot be used, no studio ever used it, or there is a pooler only.
        Unavailable: The database cannot be reached.
    """
    async with reach_database(settings) as (access, _):
        url = past_pooler(access)
        await require_here(url)
        yield url


@asynccontextmanager
async def open_alone(settings: Settings) -> AsyncIterator[str]:
    """Have the database itself for the block, and nobody else in the data directory; yield its URL.

    Raises:
        ConfigError: As `open_as_it_is`; or a studio is running.
        Unavailable: The database cannot be reached.
    """
    async with reach_database(settings) as (access, joined):
        if joined:
            message = "The studio is running. Stop it first."
            raise ConfigError(message)
        yield past_pooler(access)


@asynccontextmanager
async def open_accounts(settings: Settings) -> AsyncIterator[People]:
    """Open the use cases on accounts for the block, beside a running studio or without one.

    Raises:
        ConfigError: A directory cannot be used, or no studio ever used it.
        Unavailable: The database cannot be reached.
    """
    async with open_database(settings) as (db, _):
        yield open_people(settings, db)


def past_pooler(access: Access) -> str:
    """Return the URL of the database itself.

    Raises:
        ConfigError: There is a pooler only.
    """
    if access.pooled and access.direct_url is None:
        message = "This needs the database itself, not its pooler: set DATABASE_DIRECT_URL."
        raise ConfigError(message)
    return access.direct_url or access.url


async def _database(
    settings: Settings, stack: AsyncExitStack, *, patience: float = PATIENCE
) -> tuple[Access, bool]:
    """Return where the database is, and whether a studio runs on it here."""
    url, joined = await _database_url(settings, stack)
    if settings.database_url is None:
        return Access(url), joined
    direct = settings.database_direct_url
    past = direct.get_secret_value() if direct else None
    return await find_access(url, past, patience=patience), joined


async def _database_url(settings: Settings, stack: AsyncExitStack) -> tuple[str, bool]:
    given = settings.database_url.get_secret_value() if settings.database_url else None
    deadline = asyncio.get_running_loop().time() + _PATIENCE
    while True:
        try:
            if given is None:
                return await stack.enter_async_context(embedded_postgres(settings.data_dir)), False
            stack.enter_context(alone_in(settings.data_dir))
        except InUse:
            url = given or running_postgres(settings.data_dir)
            if url is not None:
                return url, True
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(_GLANCE)
        else:
            return given, False


async def _listens(base_url: str) -> None:
    """Wait until somebody answers there; what never does is reported by the first call to it."""
    address = urlsplit(base_url)
    deadline = asyncio.get_running_loop().time() + _PATIENCE
    while asyncio.get_running_loop().time() < deadline:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(address.hostname, address.port)
            writer.close()
            return
        await asyncio.sleep(_GLANCE)


@asynccontextmanager
async def _renewing(claims: Claims) -> AsyncIterator[None]:
    """Renew the leases of what is held, for the block."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(HEARTBEAT.total_seconds())
            with suppress(Unavailable):
                await claims.heartbeat()

    task = asyncio.create_task(renew())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _nobody(_name: TaskName) -> None:
    """Wake none: each is run by hand."""
