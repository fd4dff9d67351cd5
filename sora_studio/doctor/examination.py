"""The whole examination, in the order in which one thing depends on another."""

from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import aclosing
from datetime import UTC, datetime
from functools import partial
from inspect import isawaitable
from pathlib import Path

from sora_studio.config import ConfigError, ProviderSettings, Settings
from sora_studio.config.environment import named_files
from sora_studio.db.access import Access
from sora_studio.db.diagnosis import facts_of, hears
from sora_studio.db.migrations import pending_from
from sora_studio.db.moving import require_here
from sora_studio.doctor import backups, configuration, database, machine, network, providers
from sora_studio.doctor.finding import Finding, Level, problem, skipped
from sora_studio.domain.errors import Unavailable
from sora_studio.maintenance import reach_database
from sora_studio.services.diagnosis import DiagnosisService
from sora_studio.services.people.vault import Vault
from sora_studio.storage.opening import open_storage
from sora_studio.subprocesses.sandbox import remembered_access

Found = Finding | Iterable[Finding]
Check = Callable[[], Found | Awaitable[Found]]
Checks = Mapping[str, Check]

_DISK_REMEDY = "Is the disk mounted, and writable?"
_BUCKET_REMEDY = (
    "Are SORA_STUDIO_MEDIA_URL, SORA_STUDIO_S3_ENDPOINT and the keys right? They must allow lists."
)
_PATIENCE = 3.0  # seconds for a database that is not there


async def examine(
    environ: Mapping[str, str], data_dir: Path | None = None, port: int = 3000
) -> AsyncIterator[Finding]:
    """Look at everything, and yield what is found as it is found.

    Args:
        environ: With the studio's settings.
        data_dir: Wins over it.
        port: Where the studio listens, for the default public URL.
    """
    first, settings = configuration.check_settings(environ, data_dir, port)
    yield first
    if settings is None:
        return
    used = configuration.check_data_dir(settings)
    yield used
    said, chosen = configuration.check_providers(settings, environ)
    yield said
    for finding in await _all(_of_settings(settings, environ)):
        yield finding
    if used.level is not Level.OK:  # there is nothing to look at, and nothing is to be made there
        return
    for finding in await _all(_of_machine(settings)):
        yield finding
    async with aclosing(_opened(settings, chosen)) as findings:
        async for finding in findings:
            yield finding


def _of_settings(settings: Settings, environ: Mapping[str, str]) -> Checks:
    return {
        "model_cards": partial(configuration.check_model_cards, settings),
        "public_url": partial(configuration.check_public_url, settings),
        "signing_key": partial(configuration.check_signing_key, settings),
        "file_modes": partial(configuration.check_modes, settings),
        "secret_files": lambda: configuration.check_secret_files(settings, named_files(environ)),
    }


def _of_machine(settings: Settings) -> Checks:
    storage, remedy = open_storage(settings), _BUCKET_REMEDY if settings.media_url else _DISK_REMEDY
    return {
        "storage": partial(machine.check_storage, storage, remedy),
        "disk_space": partial(machine.check_disk_space, storage),
        "open_files": machine.check_open_files,
        "front_end": machine.check_front_end,
        "backups": partial(backups.check_backups, settings, datetime.now(UTC)),
        "backup_disk": partial(machine.check_backup_disk, settings),
    }


async def _all(checks: Checks) -> list[Finding]:
    return [finding for name, check in checks.items() for finding in await _made(name, check)]


async def _made(name: str, check: Check) -> list[Finding]:
    """Make a check; one that breaks is a finding itself, and the others are made all the same."""
    try:
        found = check()
        if isawaitable(found):
            found = await found
        return [found] if isinstance(found, Finding) else [*found]
    except (Unavailable, ConfigError) as error:
        return [problem(name, str(error))]
    except Exception as error:  # noqa: BLE001 -- what is not expected is what a doctor is called for
        text = f"This check has broken: {type(error).__name__}: {error}"
        return [problem(name, text, "Report it, with this line.")]


async def _opened(settings: Settings, chosen: Sequence[ProviderSettings]) -> AsyncGenerator[Finding]:
    """Look at the database, and at what can be reached while the studio runs.

    Without a studio, its place is taken for the database alone: others may take long to answer.
    """
    try:
        async with reach_database(settings, patience=_PATIENCE) as (access, joined):
            found = await _made(
                "database", lambda: _database(settings, access, [each.name for each in chosen])
            )
    except (Unavailable, ConfigError) as error:
        yield problem("database", str(error), "docs/operations.md: the database.")
        return
    for finding in found:
        yield finding
    for each in chosen:
        for finding in await _made(
            f"provider:{each.name}", partial(_provider, settings, each, joined=joined)
        ):
            yield finding
    for finding in await _network(settings, joined=joined):
        yield finding


async def _database(settings: Settings, access: Access, names: Iterable[str]) -> list[Finding]:
    direct = access.direct_url or access.url
    await require_here(direct)
    facts = await facts_of(access.url)
    try:
        heard = await hears(access.url, access.direct_url)
    except Unavailable:
        heard = None
    found = [
        *database.check_server(facts, datetime.now(UTC)),
        *database.check_pooler(pooled=access.pooled, direct=access.direct_url is not None, heard=heard),
        database.check_schema(await pending_from(direct), facts.studio),
    ]
    if facts.studio is None:
        return [*found, skipped("admin", "There are no tables of this version to look into.")]
    return [
        *found,
        database.check_people(facts.studio),
        database.check_time_zone(settings.time_zone, facts.studio),
        database.check_instances(facts.studio),
        database.check_orphans(facts.studio, [*names]),
    ]


async def _provider(settings: Settings, chosen: ProviderSettings, *, joined: bool) -> list[Finding]:
    if chosen.is_child:
        access = remembered_access(settings.data_dir) if joined else None
        if access is None:
            return [skipped(f"provider:{chosen.name}", "The sandbox runs beside a running studio only.")]
        chosen = access.give(chosen)
    async with aclosing(providers.check_provider(chosen)) as findings:
        return [finding async for finding in findings]


async def _network(settings: Settings, *, joined: bool) -> list[Finding]:
    """Come by the public address; without a studio behind it, only its certificate can be seen."""
    url = settings.public_url
    certificate = await _made("certificate", partial(network.check_certificate, url))
    if not joined:
        return [*certificate, skipped("public_address", "No studio is running here: nothing would answer.")]
    return [
        *certificate,
        *await _made("public_address", partial(_public_address, settings)),
        *await _made("websocket", partial(network.check_socket, url)),
    ]


async def _public_address(settings: Settings) -> list[Finding]:
    if not settings.has_signing_key:  # the studio that runs knows it still, and nothing is made here
        return [skipped("public_address", "Without the signing key the studio does not let its doctor in.")]
    passes = DiagnosisService(Vault.locked_with(settings.signing_key(), lambda: datetime.now(UTC)))
    return await network.check_public_address(settings.public_url, passes.make_pass())
