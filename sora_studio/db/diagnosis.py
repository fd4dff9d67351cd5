"""What a database says of itself to somebody who looks for what is wrong: nothing is changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import psycopg
from psycopg.rows import dict_row

from sora_studio.db.engine import connect_options
from sora_studio.db.ledger import ZONE_SETTING
from sora_studio.domain.errors import Unavailable
from sora_studio.domain.instance import LIVES

_SERVER = """
SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
    pg_encoding_to_char(encoding) AS encoding, current_setting('transaction_read_only') = 'on' AS read_only,
    role.rolsuper AS superuser, has_schema_privilege(current_schema(), 'CREATE') AS may_create,
    current_setting('max_connections')::int
        - current_setting('superuser_reserved_connections')::int AS places,
    (SELECT sum(numbackends)::int FROM pg_stat_database) AS taken,
    clock_timestamp() AS now, to_regclass('alembic_version') IS NOT NULL AS has_tables
FROM pg_database AS base, pg_roles AS role
WHERE base.datname = current_database() AND role.rolname = current_user
"""
_STUDIO = """
SELECT (SELECT version_num FROM alembic_version) AS revision,
    (SELECT value #>> '{}' FROM setting WHERE name = %s) AS zone,
    (SELECT count(*) FROM "user") AS people,
    (SELECT count(*) FROM "user" WHERE role = 'admin' AND disabled_at IS NULL) AS admins
"""
_INSTANCES = "SELECT role, address, build FROM instance WHERE seen_at > now() - %s ORDER BY started_at"
_UNFINISHED = """
SELECT provider, count(*) AS jobs FROM job WHERE current AND NOT phase IN ('completed', 'failed')
GROUP BY provider
"""


@dataclass(frozen=True)
class StudioFacts:
    """What is in the tables."""

    revision: str
    zone: str | None  # whose midnights begin the days of the sums
    people: int
    admins: int  # who can log in
    unfinished: Mapping[str, int]  # jobs, by provider
    instances: Sequence[tuple[str, str, str]]  # that are there: role, address, build


@dataclass(frozen=True)
class DatabaseFacts:
    """What there is to know."""

    version: str
    number: int  # the version: 180006
    encoding: str
    read_only: bool
    superuser: bool  # whether our own role is one
    may_create: bool
    places: int  # connections that it accepts
    taken: int  # of them
    now: datetime
    studio: StudioFacts | None  # None: there are no tables, or not in a form that this version reads


async def facts_of(url: str) -> DatabaseFacts:
    """Ask a database about itself.

    Raises:
        Unavailable: It cannot be reached, or does not let us in.
    """
    try:
        async with await _connect(url) as connection, connection.cursor(row_factory=dict_row) as cursor:
            row = await (await cursor.execute(_SERVER)).fetchone() or {}
            has_tables = row.pop("has_tables")
            return DatabaseFacts(**row, studio=await _studio(cursor) if has_tables else None)
    except psycopg.Error as error:
        message = f"The database cannot be reached. {' '.join(str(error).split())}"
        raise Unavailable(message) from error


async def _studio(cursor: psycopg.AsyncCursor[dict[str, object]]) -> StudioFacts | None:
    try:
        row: dict[str, object] = await (await cursor.execute(_STUDIO, [ZONE_SETTING])).fetchone() or {}
        jobs = await (await cursor.execute(_UNFINISHED)).fetchall()
        there = await (await cursor.execute(_INSTANCES, [LIVES])).fetchall()
    except (
        psycopg.errors.UndefinedTable,
        psycopg.errors.UndefinedColumn,
    ):  # of a version long before this one
        return None
    unfinished = {str(each["provider"]): each["jobs"] for each in jobs}
    instances = [tuple(map(str, each.values())) for each in there]
    return StudioFacts(**row, unfinished=unfinished, instances=instances)  # pyright: ignore[reportArgumentType] -- as the statements say


async def hears(url: str, direct_url: str | None, *, patience: float = 3.0) -> bool:
    """Tell whether a word that is said by the way of every write arrives where the studio listens.

    Args:
        url: Where the studio writes.
        direct_url: Where it listens, if that is elsewhere.
        patience: Seconds for the word to arrive.

    Raises:
        Unavailable: One of them cannot be reached.
    """
    word = uuid4().hex
    try:
        async with await _connect(direct_url or url) as ear, await _connect(url) as mouth:
            await ear.execute("LISTEN studio_doctor")
            await mouth.execute("SELECT pg_notify('studio_doctor', %s)", [word])
            async for said in ear.notifies(timeout=patience):
                if said.payload == word:
                    return True
    except psycopg.Error as error:
        message = f"The database cannot be reached. {' '.join(str(error).split())}"
        raise Unavailable(message) from error
    return False


async def _connect(url: str) -> psycopg.AsyncConnection:
    return await psycopg.AsyncConnection.connect(
        url, autocommit=True, prepare_threshold=None, **connect_options()
    )
