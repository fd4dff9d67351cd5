"""What a backup asks the database, and what a restored one is told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row

from sora_studio.db.engine import connect_options
from sora_studio.db.locks import Lock
from sora_studio.domain.errors import Unavailable

_ABOUT = """
SELECT pg_export_snapshot() AS id, current_setting('server_version') AS server_version,
    (SELECT version_num FROM alembic_version) AS revision, (SELECT count(*) FROM "user") AS people,
    (SELECT count(*) FROM video WHERE deleted_at IS NULL) AS videos
"""

# A wish that had not been sent when the backup was made may have been sent since: it is unclear, which the
# studio looks into as it does after a crash in the middle of a POST, and is never sent by itself.
DOUBT = """
UPDATE job SET submit_started_at = now(), virtual_start = NULL, lease_until = NULL, holder = NULL
WHERE phase = 'submitting' AND current AND submit_started_at IS NULL
"""


@dataclass(frozen=True)
class Snapshot:
    """A moment of a database, which can be dumped as long as it is open."""

    id: str
    revision: str
    server_version: str
    people: int
    videos: int


@asynccontextmanager
async def nothing_erased(url: str) -> AsyncIterator[None]:
    """Have no studio erase what was deleted, for the block. What is being erased is waited for.

    Args:
        url: The database itself, no pooler: the lock belongs to a session.

    Raises:
        Unavailable: The database cannot be reached.
    """
    async with open_connection(url) as connection:
        await connection.execute("SELECT pg_advisory_lock(%s)", [Lock.ERASING.value])
        yield


@asynccontextmanager
async def open_snapshot(url: str) -> AsyncIterator[Snapshot]:
    """Keep a moment of the database open for the block.

    Raises:
        Unavailable: The database cannot be reached.
    """
    async with open_connection(url) as connection:
        await connection.execute("SET idle_in_transaction_session_timeout = 0")
        await connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
        async with connection.transaction():
            cursor = connection.cursor(row_factory=class_row(Snapshot))
            async for snapshot in await cursor.execute(_ABOUT):
                yield snapshot


async def has_tables(url: str) -> bool:
    """Tell whether a studio has used a database.

    Raises:
        Unavailable: The database cannot be reached.
    """
    async with open_connection(url) as connection:
        row = await (await connection.execute("SELECT to_regclass('alembic_version') IS NOT NULL")).fetchone()
        return row == (True,)


async def doubt_unsent(url: str) -> int:
    """Make every wish unclear that had not been sent when the backup was made; count them.

    Raises:
        Unavailable: The database cannot be reached.
    """
    async with open_connection(url) as connection:
        return (await connection.execute(DOUBT)).rowcount


@asynccontextmanager
async def open_connection(url: str) -> AsyncIterator[psycopg.AsyncConnection]:
    """Have a connection of its own for the block.

    Raises:
        Unavailable: The database cannot be reached.
    """
    try:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True, **connect_options()) as opened:
            yield opened
    except psycopg.OperationalError as error:
        message = f"The database cannot be reached. {' '.join(str(error).split())}"
        raise Unavailable(message) from error
