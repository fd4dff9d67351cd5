"""Brings the schema to this version; what was there before is kept, so that one can go back."""

import asyncio
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import structlog

from sora_studio.config import ConfigError
from sora_studio.db.migrations import migrate, pending_from
from sora_studio.db.moving import require_here
from sora_studio.subprocesses import pg_tools

DUMP_OF_MOVE = ".moving"
"""The folder in the data directory where a move to another database has its dump meanwhile."""

_KEPT = 3
_log = structlog.get_logger(__name__)


async def upgrade(url: str, data_dir: Path) -> None:
    """Dump the database if it is an older version's, and migrate it.

    A dump that cannot be made is said in the log, and nothing waits for it: an operator with a server of
    their own may have no pg_dump that fits.

    Args:
        url: The database itself, no pooler.
        data_dir: Where the newest three dumps are kept, in `backups`.

    Raises:
        Unavailable: The database cannot be reached, has been moved away, or is newer than this version.
    """
    await require_here(url)
    await asyncio.to_thread(
        shutil.rmtree, data_dir / DUMP_OF_MOVE, ignore_errors=True
    )  # of one that was killed
    revision = await pending_from(url)
    if revision is not None:
        await _dump(url, revision, data_dir / "backups")
    await migrate(url)


async def _dump(url: str, revision: str, folder: Path) -> None:
    target = folder / f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}-{revision}.dump"
    partial = target.with_suffix(".partial")
    try:
        await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
        await pg_tools.dump(url, partial)
        partial.replace(target)
    except (ConfigError, OSError) as error:
        _log.error("dump_before_migration_failed", reason=str(error))
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        return
    _log.info("database_dumped", before="migration", path=str(target))
    for old in sorted(folder.glob("*.dump"))[:-_KEPT]:
        old.unlink()
