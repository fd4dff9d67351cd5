"""How many statements a page costs: the same with many videos as with few."""

from collections.abc import Awaitable, Callable

from bench.lab import rows
from bench.lab.lab import Lab
from bench.lab.metric import Metric, at_most, counted, ratio_at_most
from bench.lab.pages import deep_places
from bench.lab.parts import video_service
from bench.lab.statements import watched
from sora_studio.domain.library import LibraryQuery
from tests.support.library import add_videos

MOST = at_most(4)

Read = Callable[[], Awaitable[object]]


async def measure(lab: Lab) -> list[Metric]:
    """Count what the service calls of each page send; who asks is checked by one more, on every event."""
    library = await lab.library()
    videos = video_service(library.db, lab.folder)
    owner_id = library.owners[0]
    after = deep_places(library)[owner_id]
    (parent_id,) = await add_videos(library.db, library.owners[1], "a parent")
    (remix_id,) = await add_videos(library.db, library.owners[1], "its remix", parent_id=parent_id)

    async def count(*reads: Read) -> int:
        with watched(library.db) as seen:
            for read in reads:
                await read()
        return len(seen)

    def listing(query: LibraryQuery) -> Read:
        return lambda: videos.list_library(owner_id, query)

    create = await count(listing(LibraryQuery()), lambda: videos.coming(owner_id))
    first = await count(listing(LibraryQuery(limit=24)), lambda: videos.count_library(owner_id))
    long = await count(listing(LibraryQuery(limit=200)), lambda: videos.count_library(owner_id))
    search = await count(listing(LibraryQuery(rows.RARE)), lambda: videos.count_library(owner_id, rows.RARE))
    more = await count(listing(LibraryQuery(rows.RARE, after=after)))
    video = await count(
        lambda: videos.get(library.owners[1], remix_id), lambda: videos.family(library.owners[1], remix_id)
    )
    return [
        counted("statements.create", create, "statements", MOST),
        counted("statements.library", first, "statements", MOST),
        counted("statements.library.200", long, "statements", ratio_at_most(1), baseline=first),
        counted("statements.library.search", search, "statements", MOST),
        counted("statements.library.more", more, "statements", MOST),
        counted("statements.video", video, "statements", MOST),
    ]
