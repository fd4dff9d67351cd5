"""The library: paging, searching, counting, and nobody else's videos."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import col, select

from sora_studio.db.engine import Database
from sora_studio.db.library import RECENT, LibraryRepository
from sora_studio.db.models import VideoRow
from sora_studio.db.search import SEGMENT
from sora_studio.db.videos import VideoRepository
from sora_studio.domain.errors import InvalidInput, NotFound
from sora_studio.domain.library import LibraryQuery, SortOrder
from sora_studio.domain.video import COMING, Phase, Status
from tests.support.library import START, a_video, add_person, add_videos


async def pages(db: Database, owner_id: UUID, query: LibraryQuery) -> list[UUID]:
    """Walk through all pages."""
    found: list[UUID] = []
    after: UUID | None = None
    while True:
        async with db.transaction() as tx:
            step = LibraryQuery(query.search, query.statuses, query.order, after, query.limit)
            page = await LibraryRepository(tx).page(owner_id, step)
        found += [video.id for video in page.videos]
        if not page.has_more:
            return found
        after = found[-1]


async def search(db: Database, owner_id: UUID, text: str) -> list[str]:
    async with db.transaction() as tx:
        page = await LibraryRepository(tx).page(owner_id, LibraryQuery(text, limit=100))
    return sorted(video.prompt for video in page.videos)


@pytest.mark.parametrize("order", SortOrder)
async def test_paging_is_tie_safe(database: Database, order: SortOrder):
    """A thousand videos of one instant: each is seen exactly once, in either order."""
    owner_id = await add_person(database)
    ids = await add_videos(
        database, owner_id, *(f"clip {number}" for number in range(250)), every=timedelta(0)
    )
    found = await pages(database, owner_id, LibraryQuery(order=order, limit=24))
    assert found == sorted(ids, reverse=order is SortOrder.NEWEST)


async def test_paging_survives_inserts_and_deletes(database: Database):
    owner_id = await add_person(database)
    ids = await add_videos(database, owner_id, *(f"clip {number}" for number in range(30)))
    async with database.transaction() as tx:
        first = await LibraryRepository(tx).page(owner_id, LibraryQuery(limit=10))
    last = first.videos[-1].id
    await add_videos(database, owner_id, "newer", start=START + timedelta(hours=1))
    async with database.transaction() as tx:
        await VideoRepository(tx).mark_deleted(owner_id, last)
        rest = await LibraryRepository(tx).page(owner_id, LibraryQuery(after=last, limit=100))
    assert [video.id for video in rest.videos] == ids[19::-1]


async def test_someone_elses_videos_are_not_there(database: Database):
    ada, eve = await add_person(database), await add_person(database, "eve")
    (hers,) = await add_videos(database, ada, "a secret garden")
    async with database.transaction() as tx:
        videos, library = VideoRepository(tx), LibraryRepository(tx)
        assert (await library.page(eve, LibraryQuery("secret"))).videos == ()
        assert await videos.views(eve, [hers]) == ()
        assert (await library.counts(eve)).all == 0
        for attempt in (videos.view, videos.mark_deleted):
            with pytest.raises(NotFound):
                await attempt(eve, hers)
        with pytest.raises(NotFound):
            await videos.rename(eve, hers, "mine", ["mine"])
        with pytest.raises(InvalidInput):
            await library.page(eve, LibraryQuery(after=hers))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fox", ["a Fox runs", "foxes at night"]),
        ("FOX run", ["a Fox runs"]),
        ("at night", ["foxes at night"]),
        ("ox", []),
        ("o'brien", ["it's O'Brien & sons"]),
        ("& sons", ["it's O'Brien & sons"]),
        ("海", ["夜の海と月"]),
        ("🎬", ["🎬 opening"]),
        ("100%", ["100% cotton"]),
        ("\\", []),
        ("'", []),
        (":* | !", []),
        (
            "\0",
            [
                "100% cotton",
                "a Fox runs",
                "foxes at night",
                "it's O'Brien & sons",
                "夜の海と月",
                "🎬 opening",
            ],
        ),
    ],
)
async def test_search_finds_beginnings_of_words(database: Database, text: str, expected: list[str]):
    owner_id = await add_person(database)
    await add_videos(
        database,
        owner_id,
        "a Fox runs",
        "foxes at night",
        "it's O'Brien & sons",
        "夜の海と月",
        "🎬 opening",
        "100% cotton",
    )
    assert await search(database, owner_id, text) == expected


async def test_search_goes_beyond_the_recent_ones(database: Database):
    """A rare word is found however old its video is, and a common one pages to its end."""
    owner_id = await add_person(database)
    prompts = ["a rare zebra", *(f"common thing {number}" for number in range(RECENT + 50))]
    ids = await add_videos(database, owner_id, *prompts)
    assert await pages(database, owner_id, LibraryQuery("zebra", limit=10)) == [ids[0]]
    assert await pages(database, owner_id, LibraryQuery("common", limit=200)) == ids[:0:-1]


@pytest.mark.parametrize("order", SortOrder)
async def test_search_goes_through_every_segment(database: Database, order: SortOrder):
    """In either order, from wherever a page begins, and past those where no video is left."""
    ada, eve = await add_person(database), await add_person(database, "eve")
    prompts = ["a zebra", "a zebra", "a boat", "a zebra", "a zebra and a boat"]
    ids = await add_videos(database, ada, *prompts, ordinals=(0, SEGMENT - 1, SEGMENT, SEGMENT, 3 * SEGMENT))
    await add_videos(database, eve, *prompts, ordinals=(0, SEGMENT, SEGMENT, 2 * SEGMENT, 2 * SEGMENT))
    found = [ids[0], ids[1], ids[3], ids[4]]
    expected = found if order is SortOrder.OLDEST else found[::-1]
    assert await pages(database, ada, LibraryQuery("zeb", order=order, limit=1)) == expected
    assert await pages(database, ada, LibraryQuery("boat zebra", order=order)) == [ids[4]]
    async with database.transaction() as tx:
        counts = await LibraryRepository(tx).counts(ada, "zebra")
    assert (counts.all, counts.completed) == (4, 4)


async def test_what_is_newer_never_has_a_lower_ordinal(database: Database):
    """However a library comes together: in order, from long ago, and out of the trash."""
    owner_id = await add_person(database)
    a, b = await add_videos(database, owner_id, "a", "b", every=timedelta(minutes=2), ordinals=(7, 8))

    async def add(minute: int) -> UUID:
        async with database.transaction() as tx:
            video = a_video(owner_id, "c", created_at=START + timedelta(minutes=minute))
            await VideoRepository(tx).add(video)
        return video.id

    c, d, e = await add(9), await add(1), await add(-1)
    async with database.transaction() as tx:
        await VideoRepository(tx).mark_deleted(owner_id, c)
    f = await add(10)
    async with database.transaction() as tx:
        await VideoRepository(tx).restore(owner_id, c, within=timedelta(minutes=1))
    async with database.transaction() as tx:
        rows = await tx.exec(select(VideoRow.id, VideoRow.ordinal).order_by(col(VideoRow.created_at)))
        assert [*rows] == [(e, 0), (a, 7), (d, 8), (b, 8), (c, 9), (f, 10)]


async def test_status_filter_and_counts(database: Database):
    owner_id = await add_person(database)
    coming = [
        *await add_videos(database, owner_id, "one", phase=Phase.SUBMITTING),
        *await add_videos(database, owner_id, "two", phase=Phase.SAVING),
    ]
    (failed,) = await add_videos(database, owner_id, "three", phase=Phase.FAILED)
    await add_videos(database, owner_id, "four", "five")
    query = LibraryQuery(statuses=(Status.QUEUED, Status.IN_PROGRESS))
    assert {*await pages(database, owner_id, query)} == {*coming}
    assert await pages(database, owner_id, LibraryQuery(statuses=(Status.FAILED,))) == [failed]
    async with database.transaction() as tx:
        videos = LibraryRepository(tx)
        counts = await videos.counts(owner_id)
        assert (counts.all, counts.coming, counts.completed, counts.failed, counts.capped) == (
            5,
            2,
            2,
            1,
            False,
        )
        assert (await videos.coming(owner_id)).count == 2
        assert (await videos.coming(owner_id)).price_micros == 800_000


async def test_delete_and_undo(database: Database):
    owner_id = await add_person(database)
    (video_id,) = await add_videos(database, owner_id, "gone")
    async with database.transaction() as tx:
        await VideoRepository(tx).mark_deleted(owner_id, video_id)
    async with database.transaction() as tx:
        videos = VideoRepository(tx)
        with pytest.raises(NotFound):
            await videos.mark_deleted(owner_id, video_id)
        with pytest.raises(NotFound):
            await videos.restore(owner_id, video_id, within=timedelta(0))
        await videos.restore(owner_id, video_id, within=timedelta(minutes=1))
        assert (await videos.view(owner_id, video_id)).id == video_id


async def test_what_waits_for_a_decision_is_counted_and_found_by_itself(database: Database):
    """It is in progress to the API, and to nobody else."""
    ada = await add_person(database)
    (waiting,) = await add_videos(database, ada, "undecided", phase=Phase.NEEDS_ATTENTION)
    await add_videos(database, ada, "on its way", phase=Phase.IN_PROGRESS)
    await add_videos(database, ada, "done")
    async with database.transaction() as tx:
        videos = LibraryRepository(tx)
        counts = await videos.counts(ada)
        deciding = await videos.page(ada, LibraryQuery(phases=(Phase.NEEDS_ATTENTION,)))
        coming = await videos.page(ada, LibraryQuery(phases=COMING))
    assert (counts.all, counts.deciding, counts.coming, counts.completed) == (3, 1, 1, 1)
    assert [video.id for video in deciding.videos] == [waiting]
    assert [video.prompt for video in coming.videos] == ["on its way"]


async def test_where_the_unfinished_and_the_newest_stand(database: Database):
    ada, eve = await add_person(database), await add_person(database, "eve")
    (coming,) = await add_videos(database, ada, "on its way", phase=Phase.QUEUED)
    await add_videos(database, ada, "done long ago")
    (new,) = await add_videos(database, ada, "done at once", start=START + timedelta(hours=1))
    await add_videos(database, eve, "hers", phase=Phase.QUEUED)
    async with database.transaction() as tx:
        standing = await LibraryRepository(tx).standing(ada, START + timedelta(minutes=30))
    assert standing == {coming: Phase.QUEUED, new: Phase.COMPLETED}
