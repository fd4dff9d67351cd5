"""A real PostgreSQL for tests: one server and one migrated database per run (per xdist worker).

Every test finds that database empty. To delete rows takes 2 ms; a clone of a template would take 100 to 300.
"""

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from sora_studio.db.engine import Database
from sora_studio.db.migrations import migrate
from sora_studio.db.models import UserRow
from sora_studio.subprocesses.cluster import ROLE
from tests.support.cluster import as_superuser, running_cluster

_CARELESS = ("fsync", "synchronous_commit", "full_page_writes")  # a test's data need not survive a power cut
DELETE_ALL = "; ".join([
    "SET LOCAL session_replication_role = replica",  # the triggers rest: one of them keeps the trail
    *(str(table.delete()) for table in reversed(UserRow.metadata.sorted_tables)),
])  # fmt: skip


@pytest.fixture(scope="session")
async def postgres() -> AsyncIterator[str]:
    """Yield the URL of a running server, without any database of ours."""
    async with running_cluster() as cluster:
        with psycopg.connect(as_superuser(cluster.url), autocommit=True) as connection:
            for setting in _CARELESS:
                connection.execute(SQL("ALTER SYSTEM SET {} = off").format(Identifier(setting)))
            connection.execute("SELECT pg_reload_conf()")
            role = Identifier(ROLE)  # empties the tables, those that triggers keep included
            connection.execute(SQL("GRANT SET ON PARAMETER session_replication_role TO {}").format(role))
        yield cluster.url


@pytest.fixture
def empty_database_url(postgres: str) -> Iterator[str]:
    """Yield the URL of a new database without tables, for tests of migrations and of first starts."""
    yield from _empty(postgres)


@pytest.fixture
def other_database_url(postgres: str) -> Iterator[str]:
    """Yield the URL of another one."""
    yield from _empty(postgres)


def _empty(postgres: str) -> Iterator[str]:
    name = f"empty_{uuid4().hex}"
    database = Identifier(name)
    with psycopg.connect(as_superuser(postgres), autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {} OWNER {}").format(database, Identifier(ROLE)))
        yield postgres.replace(f"/{ROLE}?", f"/{name}?")
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(database))


@pytest.fixture(scope="session")
async def migrated_database(postgres: str) -> AsyncIterator[Database]:
    """Yield the pool that all tests share; its tables hold whatever the last test left."""
    await migrate(postgres)
    database = Database(postgres, pool_size=5)
    yield database
    await database.close()


@pytest.fixture
async def database(migrated_database: Database) -> Database:
    """Return a database with all tables and no rows."""
    async with migrated_database.engine.begin() as connection:
        await connection.exec_driver_sql(DELETE_ALL)
    return migrated_database


@pytest.fixture
def database_url(database: Database, postgres: str) -> str:
    """Return the URL of a database with all tables and no rows, for programs that open their own pool."""
    del database  # emptied
    return postgres
