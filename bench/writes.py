"""What the indexes of the library cost a new video.

A video is written by itself, in a commit that is durable. In bulk, where no commit hides it, the index of
words costs a multiple of the bare table: it is kept sorted, so that searches need not read what waits.
"""

import asyncio
from itertools import cycle

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from bench.lab.lab import Lab
from bench.lab.metric import Metric, time_ratio_at_most
from bench.lab.pairs import Timed, paired, repeated

BATCH = 500
ALONE = 100
"""Of the batch, those that are written one by one."""

_BARE, _FULL = Identifier("video_bare"), Identifier("video_full")
_CREATE = (
    SQL("CREATE TABLE {bare} (LIKE video INCLUDING ALL EXCLUDING INDEXES, PRIMARY KEY (id))"),
    SQL("CREATE TABLE {full} (LIKE video INCLUDING ALL)"),
    SQL("CREATE TEMPORARY TABLE sample AS SELECT *, row_number() OVER () - 1 AS number FROM video LIMIT {}"),
)
_COPY = SQL("""
INSERT INTO {} (id, owner_id, kind, title, prompt, provider, model, size, seconds, phase, created_at,
    search, ordinal)
SELECT gen_random_uuid(), owner_id, kind, title, prompt, provider, model, size, seconds, phase, created_at,
    search, ordinal
FROM {}""")
_ONE = SQL(" WHERE number = %(number)s")


async def measure(lab: Lab) -> list[Metric]:
    """Insert into two copies of the library: one with all its indexes, one with the primary key alone."""
    library = await lab.library()
    with psycopg.connect(library.url, autocommit=True) as connection:
        for create in _CREATE:
            connection.execute(create.format(BATCH, bare=_BARE, full=_FULL))
        for table in (_BARE, _FULL):
            connection.execute(_COPY.format(table, Identifier("video")))
        bare, full = (_COPY.format(each, Identifier("sample")) for each in (_BARE, _FULL))
        alone = (_inserting(connection, each + _ONE, ALONE) for each in (bare, full))
        batch = (_inserting(connection, each, 1) for each in (bare, full))
        try:
            return [
                await paired("writes.insert", "ms", time_ratio_at_most(4), *alone),
                await paired("writes.bulk", "ms", None, *batch),
            ]
        finally:
            connection.execute(SQL("DROP TABLE {}, {}").format(_BARE, _FULL))


def _inserting(connection: psycopg.Connection, insert: Composed, times: int) -> Timed:
    """Return what inserts so many times, each in a commit of its own, and tells the mean in milliseconds."""
    numbers = cycle(range(BATCH))

    async def once() -> None:
        await asyncio.to_thread(connection.execute, insert, {"number": next(numbers)})

    return repeated(once, times)
