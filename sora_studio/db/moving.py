"""What a move to another server asks of both databases, and the mark that it leaves on the old one.

The mark is a function `moved_away`, which refuses whatever is written to any table as a server does that is
away: studios of every version, and those that were cut off from the database meanwhile, can do nothing there.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import LiteralString

from psycopg import AsyncConnection
from psycopg.rows import scalar_row
from psycopg.sql import SQL, Identifier

from sora_studio.db.backups import DOUBT, open_connection
from sora_studio.domain.errors import Unavailable

_TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
  AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e') ORDER BY relname
"""
_STUDIOS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'sora-studio' AND pid <> pg_backend_pid()
"""
_IS_MARKED = "SELECT to_regproc('public.moved_away') IS NOT NULL"
_MARK = """
CREATE FUNCTION public.moved_away() RETURNS trigger LANGUAGE plpgsql
AS 'BEGIN
    RAISE ''This database has been moved to another server.'' USING ERRCODE = ''cannot_connect_now'';
END'
"""
_BEFORE = SQL("CREATE TRIGGER moved_away BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON public.")
_REFUSE = SQL(" FOR EACH STATEMENT EXECUTE FUNCTION public.moved_away()")
_IS_UNFINISHED = """
SELECT to_regclass('public.job') IS NOT NULL AND NOT EXISTS (SELECT FROM public.alembic_version)
"""
_HAS_TABLES = "SELECT to_regclass('public.alembic_version') IS NOT NULL"


async def require_here(url: str) -> None:
    """Make sure that a database has not been moved away, and that no move into it was cut off.

    Raises:
        Unavailable: It has, or one was; or the database cannot be reached.
    """
    async with open_connection(url) as connection:
        if await _tells(connection, _IS_MARKED):
            message = (
                "This database has been moved to another server. Set DATABASE_URL to that one, or unset it "
                "if the embedded one is meant (docs/operations.md, Moving the database)."
            )
            raise Unavailable(message)
        if await _is_unfinished(connection):
            message = "A move into this database was cut off. Run `sora-studio db move` again."
            raise Unavailable(message)


async def is_marked(url: str) -> bool:
    """Tell whether a database has been moved away.

    Raises:
        Unavailable: The database cannot be reached.
    """
    async with open_connection(url) as connection:
        return await _tells(connection, _IS_MARKED)


async def is_unfinished(url: str) -> bool:
    """Tell whether a move into a database was cut off before its last step.

    Raises:
        Unavailable: The database cannot be reached.
    """
    async with open_connection(url) as connection:
        return await _is_unfinished(connection)


@asynccontextmanager
async def open_frozen(url: str) -> AsyncIterator[AsyncConnection]:
    """Have a database for the block that can be read, and to which nobody else writes.

    What is done there by the connection is done at the end of the block, or not at all.

    Raises:
        Unavailable: The database cannot be reached, or somebody has been writing for long.
    """
    async with open_connection(url) as connection:
        await connection.execute("SET idle_in_transaction_session_timeout = 0")
        await connection.execute("SET lock_timeout = '20s'")
        async with connection.transaction():
            for name in await _tables(connection):
                lock = SQL("LOCK TABLE public.") + Identifier(name) + SQL(" IN EXCLUSIVE MODE")
                await connection.execute(lock)
            yield connection


async def mark(connection: AsyncConnection) -> None:
    """Have a frozen database refuse everything from now on, and doubt each wish that has not been sent."""
    await connection.execute(DOUBT)
    await connection.execute(_MARK)
    for name in await _tables(connection):
        trigger = _BEFORE + Identifier(name) + _REFUSE
        await connection.execute(trigger)


async def revision_of(url: str) -> str:
    """Return the version of a database's schema.

    Raises:
        Unavailable: The database cannot be reached.
    """
    async with open_connection(url) as connection:
        cursor = connection.cursor(row_factory=scalar_row)
        return str(await (await cursor.execute("SELECT version_num FROM public.alembic_version")).fetchone())


async def finish(url: str, revision: str) -> None:
    """Make a database that was filled without its version one that studios can use.

    Raises:
        Unavailable: The database cannot be reached.
    """
    async with open_connection(url) as connection:
        await connection.execute("INSERT INTO public.alembic_version VALUES (%s)", [revision])


async def rows_of(url: str) -> dict[str, int]:
    """Count the rows of every table but the one with the schema's version.

    Raises:
        Unavailable: The database cannot be reached.
    """
    async with open_connection(url) as connection:
        names = await _tables(connection)
        return {name: await _count(connection, name) for name in names if name != "alembic_version"}


async def bytes_of(url: str) -> int:
    """Return what a database takes.

    Raises:
        Unavailable: The database cannot be reached.
    """
    async with open_connection(url) as connection:
        cursor = connection.cursor(row_factory=scalar_row)
        await cursor.execute("SELECT pg_database_size(current_database())")
        return int(await cursor.fetchone() or 0)


async def studios_on(url: str) -> int:
    """Count the connections of studios to a database.

    Raises:
        Unavailable: The database cannot be reached.
    """
    async with open_connection(url) as connection:
        cursor = await connection.cursor(row_factory=scalar_row).execute(_STUDIOS)
        return int(await cursor.fetchone() or 0)


async def _is_unfinished(connection: AsyncConnection) -> bool:
    return await _tells(connection, _HAS_TABLES) and await _tells(connection, _IS_UNFINISHED)


async def _tells(connection: AsyncConnection, query: LiteralString) -> bool:
    return (await (await connection.execute(query)).fetchone()) == (True,)


async def _tables(connection: AsyncConnection) -> list[str]:
    return [name async for name in connection.cursor(row_factory=scalar_row).stream(_TABLES)]


async def _count(connection: AsyncConnection, table: str) -> int:
    query = SQL("SELECT count(*) FROM public.") + Identifier(table)
    return int(await (await connection.cursor(row_factory=scalar_row).execute(query)).fetchone() or 0)
