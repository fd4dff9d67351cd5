"""Moves everything in a database to another server, whole or not at all."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from sora_studio.config import ConfigError
from sora_studio.db import moving
from sora_studio.db.backups import has_tables
from sora_studio.services.upgrade import DUMP_OF_MOVE
from sora_studio.subprocesses import pg_tools

_VERSION = "alembic_version"


async def move_database(source: str, target: str, folder: Path) -> Mapping[str, int]:
    """Move a database to an empty one, and return how many rows which table has there.

    What was moved stays where it was, and refuses whatever is written to it. The target gets the version of
    its schema last: until then no studio uses it.

    Args:
        source: The database itself, no pooler, that no studio works on.
        target: Another one, empty.
        folder: Where the dump lies meanwhile.

    Raises:
        ConfigError: A studio works on the source or has used the target, or there is no room.
        Unavailable: One of them cannot be reached.
    """
    if await moving.is_marked(source):
        return await _finish(source, target)
    if await has_tables(target):
        message = "A studio has used that database before. Move into an empty one."
        raise ConfigError(message)
    if number := await moving.studios_on(source):
        message = f"A studio works on the database ({number} connections). Stop it first."
        raise ConfigError(message)
    if await moving.bytes_of(source) > shutil.disk_usage(folder).free:
        message = f"The database is larger than what is free on the disk of {folder}. Make room first."
        raise ConfigError(message)
    async with moving.open_frozen(source) as frozen:
        await _copy(source, target, folder / DUMP_OF_MOVE)
        after = await moving.rows_of(target)
        if await moving.rows_of(source) != after:
            message = "Not every row has arrived. Empty that database, and move again."
            raise ConfigError(message)
        await moving.mark(frozen)
    await moving.finish(target, await moving.revision_of(source))
    return after


async def _copy(source: str, target: str, place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    try:
        place.mkdir(mode=0o700)
        await pg_tools.dump(source, place / "database.dump", without=_VERSION)
        await pg_tools.restore(target, place / "database.dump")
    finally:
        shutil.rmtree(place, ignore_errors=True)


async def _finish(source: str, target: str) -> Mapping[str, int]:
    """Do the last step of a move that was cut off before it."""
    rows = await moving.rows_of(target) if await moving.is_unfinished(target) else None
    if rows is None or rows != await moving.rows_of(source):
        message = "This database has been moved away already, and not to that one."
        raise ConfigError(message)
    await moving.finish(target, await moving.revision_of(source))
    return rows
