"""What a move to another server asks of both databases."""

from psycopg import AsyncConnection, IsolationLevel
from psycopg.rows import scalar_row
from psycopg.sql import SQL, Identifier

from sora_studio.db.backups import open_connection

_TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
  AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e') ORDER BY relname
"""
_STUDIOS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'sora-studio' AND pid <> pg_backend_pid()
"""


async def rows_of(url: str) -> dict[str, int]:
    """Count the rows of every table, at one moment.

    Raises:
        Unavailable: The database cannot be reached.
    """
    async with open_connection(url) as connection:
        await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        async with connection.transaction():
            names = [name async for name in connection.cursor(row_factory=scalar_row).stream(_TABLES)]
            return {name: await _count(connection, name) for name in names}


async def studios_on(url: str) -> int:
    """Count the connections of studios to a database.

    Raises:
        Unavailable: The database cannot be reached.
    """
    async with open_connection(url) as connection:
        cursor = await connection.cursor(row_factory=scalar_row).execute(_STUDIOS)
        return int(await cursor.fetchone() or 0)


async def _count(connection: AsyncConnection, table: str) -> int:
    query = SQL("SELECT count(*) FROM ") + Identifier(table)
    return int(await (await connection.cursor(row_factory=scalar_row).execute(query)).fetchone() or 0)
