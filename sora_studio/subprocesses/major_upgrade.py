"""Takes a cluster of an earlier major version over: it is dumped, and a new one filled, whole or not at all.

The wheel has the programs of one version only. Those that wrote the old directory have to be on the machine,
where the system's packages put them.
"""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

import structlog

from sora_studio.config import ConfigError
from sora_studio.config.folders import sync_folder
from sora_studio.subprocesses import cluster, pg_tools
from sora_studio.subprocesses.cluster_server import ClusterServer, socket_directory

PLACES = (
    "/usr/lib/postgresql/VERSION/bin",  # Debian, Ubuntu
    "/usr/pgsql-VERSION/bin",  # Red Hat and its like
    "/opt/homebrew/opt/postgresql@VERSION/bin",
    "/usr/local/opt/postgresql@VERSION/bin",
)
"""Where the programs of a version are."""

_log = structlog.get_logger(__name__)


async def take_over(directory: Path, log: Path, *, places: Sequence[str] = PLACES) -> None:
    """Make a cluster one of our version, if an earlier one wrote it; what was there stays beside it.

    Args:
        directory: Where it is.
        log: Where to keep what servers say.
        places: Where programs of other versions are looked for.

    Raises:
        ConfigError: A later version wrote it, its programs are not here, there is no room, or it cannot be
            dumped or restored.
    """
    whole = directory.with_name(f"{directory.name}.upgraded")
    dump = directory.with_name(f"{directory.name}.dump")
    dump.unlink(missing_ok=True)  # a start that was killed has left it
    if whole.exists() and not directory.exists():  # killed between the last two steps
        whole.rename(directory)
    theirs, ours = cluster.version_of(directory), cluster.our_version()
    if theirs is None or theirs == ours:
        return
    programs = _programs_of(theirs, places)
    if theirs.isdecimal() and int(theirs) > int(ours):
        message = f"The database in {directory} was written by PostgreSQL {theirs}: run a newer studio on it."
        raise ConfigError(message)
    if programs is None:
        message = (
            f"The database in {directory} was written by PostgreSQL {theirs}. The studio takes it over by "
            "itself once that version's programs are on this machine (on Debian: "
            f"apt-get install postgresql-{theirs}): docs/operations.md."
        )
        raise ConfigError(message)
    kept = directory.with_name(f"{directory.name}.{theirs}")
    if kept.exists():
        message = f"{kept} is in the way of an upgrade. Move it away."
        raise ConfigError(message)
    _require_room(directory)
    _log.warning("postgres_upgrade_begun", before=theirs, after=ours)
    try:
        await _dump(directory, log, programs, dump)
        await _fill(whole, log, dump)
    finally:
        dump.unlink(missing_ok=True)
    directory.rename(kept)
    whole.rename(directory)
    sync_folder(directory.parent)
    _log.warning("postgres_upgraded", before=theirs, after=ours, kept=str(kept))


def _require_room(directory: Path) -> None:
    """Make sure that a dump and another cluster have room beside this one.

    Raises:
        ConfigError: They may not.
    """
    size = sum(path.lstat().st_size for path in directory.rglob("*") if path.is_file())
    if shutil.disk_usage(directory).free < 2 * size:
        message = (
            f"The database in {directory} is taken over by copying it, for which {2 * size // 1_000_000} MB "
            "have to be free. Make room."
        )
        raise ConfigError(message)


async def _dump(directory: Path, log: Path, programs: Path, dump: Path) -> None:
    with socket_directory(directory) as sockets:
        user = await asyncio.to_thread(cluster.prepare, directory, sockets, log)
        async with ClusterServer(directory, sockets, log, programs).serve(user) as url:
            await pg_tools.dump(url, dump)


async def _fill(whole: Path, log: Path, dump: Path) -> None:
    """Make a new cluster of a dump, under a name that it gets once it is whole."""
    fresh = whole.with_name(f"{whole.name}.partial")
    for unfinished in (fresh, whole):
        shutil.rmtree(unfinished, ignore_errors=True)
    with socket_directory(fresh) as sockets:
        user = await asyncio.to_thread(cluster.prepare, fresh, sockets, log)
        async with ClusterServer(fresh, sockets, log, cluster.programs()).serve(user) as url:
            await pg_tools.restore(url, dump)
    fresh.rename(whole)


def _programs_of(version: str, places: Sequence[str]) -> Path | None:
    found = (Path(place.replace("VERSION", version)) for place in places)
    return next((path for path in found if (path / "postgres").exists()), None)
