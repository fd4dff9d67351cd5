"""Reading pages of the big library as its fifty owners do, each in turn."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from itertools import cycle
from uuid import UUID

import psycopg

from bench.lab.lab import Library
from bench.lab.pairs import Timed, repeated
from bench.lab.statements import Touched, touched, watched
from sora_studio.db.library import LibraryRepository
from sora_studio.domain.library import LibraryPage, LibraryQuery

Places = Mapping[UUID, UUID]
"""For some owners, the video after which a page begins."""

FROM_THE_TOP: Places = {}

_DEEP = """
SELECT owner_id, id FROM (
    SELECT owner_id, id,
        percent_rank() OVER (PARTITION BY owner_id ORDER BY created_at DESC, id DESC) AS depth
    FROM video) AS ranked
WHERE depth >= 0.9 ORDER BY depth DESC"""


async def read(library: Library, owner_id: UUID, query: LibraryQuery) -> LibraryPage:
    """Read one page, in a transaction of its own, as the service does."""
    async with library.db.transaction() as tx:
        return await LibraryRepository(tx).page(owner_id, query)


def reading(library: Library, query: LibraryQuery, places: Places = FROM_THE_TOP) -> Timed:
    """Return what reads a page for ten owners, others each time, and tells the mean in milliseconds."""
    owners = cycle(library.owners)

    async def one() -> None:
        owner_id = next(owners)
        await read(library, owner_id, replace(query, after=places.get(owner_id)))

    return repeated(one, 10)


async def most_touched(library: Library, query: LibraryQuery, places: Places = FROM_THE_TOP) -> Touched:
    """Return the most memory that any owner's page touches."""
    return await _most(
        library, lambda owner_id: read(library, owner_id, replace(query, after=places.get(owner_id)))
    )


async def most_touched_by_counts(library: Library, search: str) -> Touched:
    """Return the most memory that counting any owner's matches touches."""

    async def count(owner_id: UUID) -> None:
        async with library.db.transaction() as tx:
            await LibraryRepository(tx).counts(owner_id, search)

    return await _most(library, count)


async def _most(library: Library, look: Callable[[UUID], Awaitable[object]]) -> Touched:
    costs: list[Touched] = []
    for owner_id in library.owners:
        with watched(library.db) as seen:
            await look(owner_id)
        costs.append(await touched(library.db, [*seen]))
    return max(costs, key=lambda cost: cost.all)


def deep_places(library: Library) -> Places:
    """Return for every owner the video after which the last tenth of the library begins."""
    with psycopg.connect(library.url) as connection:
        return dict(connection.execute(_DEEP).fetchall())
