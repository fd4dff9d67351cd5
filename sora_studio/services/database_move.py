"""Moves everything in a database to another server, whole or not at all."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from sora_studio.config import ConfigError
from sora_studio.db.backups import doubt_unsent, has_tables
from sora_studio.db.moving import rows_of, studios_on
from sora_studio.subprocesses import pg_tools


async def move_database(source: str, target: str, folder: Path) -> Mapping[str, int]:
    """Move a database to an empty one, and return how many rows which table has there.

    What was moved stays where it was, and sends nothing by itself: should a studio be started on it by
    mistake, each wish that had not been sent waits for a person.

    Args:
        source: The database itself, no pooler, that no studio works on.
        target: Another one, empty.
        folder: Where the dump lies meanwhile.

    Raises:
        ConfigError: A studio works on the source or has used the target, or the rows are not the same.
        Unavailable: One of them cannot be reached.
    """
    if await has_tables(target):
        message = "A studio has used that database before. Move into an empty one."
        raise ConfigError(message)
    if number := await studios_on(source):
        message = f"A studio works on the database ({number} connections). Stop it first."
        raise ConfigError(message)
    with TemporaryDirectory(prefix=".moving-", dir=folder) as place:
        dump = Path(place) / "database.dump"
        await pg_tools.dump(source, dump)
        await pg_tools.restore(target, dump)
    before, after = await rows_of(source), await rows_of(target)
    if different := sorted(name for name in before if before[name] != after.get(name)):
        message = (
            f"Rows are missing in {', '.join(different)}: somebody wrote meanwhile. The old database is the "
            "right one still. Empty the other one, and move again."
        )
        raise ConfigError(message)
    await doubt_unsent(source)
    return after
