"""What the indexes of the library cost a new video."""

import asyncio
import time

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from bench.lab.lab import Lab
from bench.lab.metric import Metric, time_ratio_at_most
from bench.lab.pairs import Timed, paired

BATCH = 500

_BARE, _FULL = Identifier("video_bare"), Identifier("video_full")
_CREATE = (
    SQL("CREATE TABLE {bare} (LIKE video INCLUDING ALL EXCLUDING INDEXES, PRIMARY KEY (id))"),
    SQL("CREATE TABLE {full} (LIKE video INCLUDING ALL)"),
    SQL("CREATE TEMPORARY TABLE sample AS SELECT * FROM video ORDER BY created_at DESC LIMIT {batch}"),
)
_COPY = SQL("""
INSERT INTO {} (id, owner_id, kind, title, prompt, provider, model, size, seconds, phase, created_at,
    search, ordinal)
SELECT gen_random_uuid(), owner_id, kind, title, prompt, provider, model, size, seconds, phase, created_at,
    search, ordinal
FROM {}""")


async def measure(lab: Lab) -> list[Metric]:
    """Insert into two copies of the library: one with all its indexes, one with the primary key alone."""
    library = await lab.library()
    with psycopg.connect(library.url, autocommit=True) as connection:
        for create in _CREATE:
            connection.execute(create.format(bare=_BARE, full=_FULL, batch=BATCH))
        for table in (_BARE, _FULL):
            connection.execute(_COPY.format(table, Identifier("video")))
        bare, full = (
            _inserting(connection, _COPY.format(each, Identifier("sample"))) for each in (_BARE, _FULL)
        )
        try:
            return [await paired("writes.insert", "ms per row", time_ratio_at_most(4), bare, full)]
        finally:
            connection.execute(SQL("DROP TABLE {}, {}").format(_BARE, _FULL))


def _inserting(connection: psycopg.Connection, insert: Composed) -> Timed:
    async def run() -> float:
        began = time.perf_counter()
        await asyncio.to_thread(connection.execute, insert)
        return (time.perf_counter() - began) / BATCH * 1000

    return run
