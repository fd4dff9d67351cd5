"""Several videos at once: what is chosen, what becomes different, and the one way back."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Executable, func, insert, text, update
from sqlmodel import col, select

from sora_studio.db.engine import Database
from sora_studio.db.library import LibraryRepository
from sora_studio.db.models import BatchRow, JobRow, ProjectRow, VideoMarkRow, VideoRow
from sora_studio.db.projects import ProjectRepository
from sora_studio.db.videos import VideoRepository
from sora_studio.domain.account import KeyGrant, ProjectRole
from sora_studio.domain.batch import NAMED_MAX, BatchAct, BatchAction, Selection
from sora_studio.domain.errors import InvalidInput, NotAllowed, NotFound
from sora_studio.domain.ids import new_id
from sora_studio.domain.library import LibraryQuery, SortOrder
from sora_studio.domain.marks import Marks
from sora_studio.domain.video import Phase
from sora_studio.services.videos.marks import BatchService, MarkService
from tests.support.library import START, a_video, add_person, add_videos
from tests.support.waiting import comes_true

EVERYTHING = Selection(query=LibraryQuery())


def star(stars: int) -> BatchAct:
    return BatchAct.of(BatchAction.STAR, stars=stars)


def tag(word: str) -> BatchAct:
    return BatchAct.of(BatchAction.TAG, tag=word)


DELETE = BatchAct.of(BatchAction.DELETE)


async def shown(db: Database, person: UUID, search: str = "", **query: object) -> list[tuple[str, Marks]]:
    """Return the prompts of a library in order, each with its marks, page by page."""
    found: list[tuple[str, Marks]] = []
    after: UUID | None = None
    while True:
        async with db.transaction() as tx:
            step = LibraryQuery(search, after=after, limit=2, **query)  # type: ignore[arg-type] # as given
            page = await LibraryRepository(tx).page(person, step)
            counts = await LibraryRepository(tx).counts(person, search)
        found += [(view.prompt, view.marks) for view in page.videos]
        if not page.has_more:
            assert query or counts.all == len(found)
            return found
        after = page.videos[-1].id


async def prompts(db: Database, person: UUID, search: str = "", **query: object) -> list[str]:
    return [prompt for prompt, _ in await shown(db, person, search, **query)]


async def open_project(db: Database, *members: tuple[UUID, ProjectRole]) -> UUID:
    project = ProjectRow(id=new_id(), name="Launch", created_at=START)
    async with db.transaction() as tx:
        tx.add(project)
        await tx.flush()
        for person, role in members:
            await ProjectRepository(tx).put_member(project.id, person, role, person)
    return project.id


async def ask_for(db: Database, person: UUID, prompt: str) -> None:
    """Add a video as a wish does, newer than all others."""
    async with db.transaction() as tx:
        newer = a_video(person, prompt, created_at=START + timedelta(hours=1))
        job = JobRow(id=new_id(), video_id=newer.id, provider="fake", phase=newer.phase)
        await VideoRepository(tx).add(newer, job)


async def run(db: Database, statement: Executable) -> None:
    async with db.transaction() as tx:
        await (await tx.connection()).execute(statement)


@pytest.mark.parametrize("order", SortOrder)
async def test_videos_are_found_by_their_marks_in_order(database: Database, order: SortOrder):
    ada, batches = await add_person(database), BatchService(db=database)
    names = ["fox one", "fox two", "bear one", "fox three", "bear two"]
    fox1, fox2, bear1, fox3, bear2 = await add_videos(database, ada, *names)
    await batches.act(ada, Selection((fox1, bear1, fox3)), star(4))
    await batches.act(ada, Selection((fox2,)), star(5))
    await batches.act(ada, Selection((fox1, fox2, bear2)), tag("#Client"))

    async def found(search: str) -> list[str]:
        listed = await prompts(database, ada, search, order=order)
        return listed[::-1] if order is SortOrder.NEWEST else listed

    assert await found("stars:>=4") == ["fox one", "fox two", "bear one", "fox three"]
    assert await found("stars:4") == ["fox one", "bear one", "fox three"]
    assert await found("stars:<=4") == ["fox one", "bear one", "fox three", "bear two"]
    assert await found("stars:0") == ["bear two"]
    assert await found("#client") == ["fox one", "fox two", "bear two"]
    assert await found("#client stars:>=4") == ["fox one", "fox two"]
    assert await found("stars:>=4 -#client") == ["bear one", "fox three"]
    assert await found("stars:>=4 fox") == ["fox one", "fox two", "fox three"]
    assert await found("bear -#client") == ["bear one"]
    assert await found("#nothing") == []


async def test_a_new_rating_replaces_the_old_one_and_undo_brings_each_back(database: Database):
    ada, batches = await add_person(database), BatchService(db=database)
    one, two, three = await add_videos(database, ada, "one", "two", "three")
    await batches.act(ada, Selection((one,)), star(2))
    await batches.act(ada, Selection((two,)), star(5))

    done = await batches.act(ada, EVERYTHING, star(5))
    assert done.count == 2  # one of them had five already
    assert {marks.stars for _, marks in await shown(database, ada)} == {5}

    assert (await batches.undo(ada, done.id)).count == 2
    assert [marks.stars for _, marks in await shown(database, ada)] == [0, 5, 2]
    with pytest.raises(NotFound):
        await batches.undo(ada, done.id)

    cleared = await batches.act(ada, Selection((one, two, three)), star(0))
    assert cleared.count == 2
    assert {marks.stars for _, marks in await shown(database, ada)} == {0}


async def test_tags_are_put_and_taken_and_undone(database: Database):
    ada, batches, marks = await add_person(database), BatchService(db=database), MarkService(db=database)
    one, _ = await add_videos(database, ada, "one", "two")
    assert (await marks.tag(ada, one, ["Client", "draft"])).marks.tags == ("client", "draft")
    assert (await marks.tag(ada, one, ["draft", "late"])).marks.tags == ("draft", "late")

    done = await batches.act(ada, EVERYTHING, tag("draft"))
    assert done.count == 1
    assert await prompts(database, ada, "#draft") == ["two", "one"]
    await batches.undo(ada, done.id)
    assert await prompts(database, ada, "#draft") == ["one"]

    gone = await batches.act(ada, EVERYTHING, BatchAct.of(BatchAction.UNTAG, tag="draft"))
    assert (gone.count, await prompts(database, ada, "#draft")) == (1, [])
    await batches.undo(ada, gone.id)
    assert await prompts(database, ada, "#draft") == ["one"]

    await marks.tag(ada, one, [f"tag {number}" for number in range(20)])
    assert (await batches.act(ada, EVERYTHING, tag("one more"))).count == 1  # that one has no room


async def test_all_that_match_but_some_are_deleted_and_come_back_in_their_order(database: Database):
    ada, batches = await add_person(database), BatchService(db=database)
    names = [f"fox {number}" for number in range(6)]
    _, *ids = await add_videos(database, ada, "bear", *names, ordinals=[*range(7)])
    matching = Selection((ids[2],), LibraryQuery("fox"))

    done = await batches.act(ada, matching, DELETE)
    assert (done.count, await prompts(database, ada)) == (5, ["fox 2", "bear"])
    await ask_for(database, ada, "newer")

    assert (await batches.undo(ada, done.id)).count == 5
    assert await prompts(database, ada) == ["newer", *reversed(names), "bear"]
    assert await prompts(database, ada, "fox") == [*reversed(names)]
    async with database.transaction() as tx:
        rows = await tx.exec(select(VideoRow.ordinal).order_by(col(VideoRow.created_at)))
        ordinals = [*rows]
    assert ordinals == [*range(8)]


async def test_undo_ends_after_a_minute(database: Database):
    ada, batches = await add_person(database), BatchService(db=database)
    await add_videos(database, ada, "one")
    done = await batches.act(ada, EVERYTHING, DELETE)
    await run(database, update(BatchRow).values(expires_at=START))
    with pytest.raises(NotFound):
        await batches.undo(ada, done.id)


async def test_what_waits_for_its_turn_costs_nothing_and_what_is_being_made_may(database: Database):
    ada, batches = await add_person(database), BatchService(db=database)
    (waiting,) = await add_videos(database, ada, "waits", phase=Phase.SUBMITTING)
    await add_videos(database, ada, "made", phase=Phase.SUBMIT_UNKNOWN)
    async with database.transaction() as tx:
        connection = await tx.connection()
        await connection.exec_driver_sql(
            "UPDATE job SET submit_started_at = now() WHERE phase = 'submit_unknown'"
        )

    done = await batches.act(ada, EVERYTHING, DELETE)
    assert (done.count, done.may_be_billed) == (2, 1)
    await batches.undo(ada, done.id)
    async with database.transaction() as tx:
        assert (await VideoRepository(tx).view(ada, waiting)).waits


async def test_nobody_changes_what_they_may_not(database: Database):
    ada, eve, batches = (
        await add_person(database),
        await add_person(database, "eve"),
        BatchService(db=database),
    )
    project = await open_project(database, (ada, ProjectRole.MANAGER), (eve, ProjectRole.VIEWER))
    own, shared = await add_videos(database, ada, "own", "shared")
    async with database.transaction() as tx:
        await VideoRepository(tx).move(ada, shared, project)
    within = Selection(query=LibraryQuery(), project_id=project)

    for act in (star(1), DELETE):
        assert (await batches.act(eve, Selection((own, shared)), act)).count == 0
        with pytest.raises(NotAllowed):
            await batches.act(eve, within, act)
        with pytest.raises(NotFound):
            await batches.act(eve, Selection(query=LibraryQuery(), project_id=uuid4()), act)
    assert (await batches.act(ada, Selection((own, shared), project_id=project), star(1))).count == 1
    done = await batches.act(ada, within, star(3))
    with pytest.raises(NotFound):
        await batches.undo(eve, done.id)
    with pytest.raises(NotAllowed):
        await MarkService(db=database).rate(eve, shared, 5)
    assert await prompts(database, project, "stars:3") == ["shared"]


async def test_marks_go_where_their_video_goes(database: Database):
    ada, batches = await add_person(database), BatchService(db=database)
    project = await open_project(database, (ada, ProjectRole.MANAGER))
    (one,) = await add_videos(database, ada, "one")
    await batches.act(ada, EVERYTHING, star(3))
    async with database.transaction() as tx:
        await VideoRepository(tx).move(ada, one, project)
    assert await prompts(database, ada, "stars:3") == []
    assert await prompts(database, project, "stars:3") == ["one"]
    async with database.transaction() as tx:
        await VideoRepository(tx).move(ada, one, None)
        await VideoRepository(tx).disown(ada)
        assert (await tx.exec(select(VideoMarkRow))).all() == []


async def test_undo_leaves_alone_what_was_done_since(database: Database):
    """What somebody else deleted is not brought back, and a newer rating stays."""
    ada, batches = await add_person(database), BatchService(db=database)
    one, two = await add_videos(database, ada, "one", "two")
    done = await batches.act(ada, EVERYTHING, DELETE)
    async with database.transaction() as tx:
        await VideoRepository(tx).restore(ada, one, within=timedelta(minutes=1))
    async with database.transaction() as tx:
        await VideoRepository(tx).mark_deleted(ada, one)
    assert (await batches.undo(ada, done.id)).count == 1
    assert await prompts(database, ada) == ["two"]

    done = await batches.act(ada, EVERYTHING, star(5))
    await MarkService(db=database).rate(ada, two, 2)
    assert (await batches.undo(ada, done.id)).count == 0
    assert await prompts(database, ada, "stars:2") == ["two"]


async def test_undo_takes_back_what_it_can(database: Database):
    ada, batches = await add_person(database), BatchService(db=database)
    eve = await add_person(database, "eve")
    project = await open_project(database, (ada, ProjectRole.MANAGER), (eve, ProjectRole.MANAGER))
    own, shared = await add_videos(database, ada, "own", "shared")
    async with database.transaction() as tx:
        await VideoRepository(tx).move(ada, shared, project)
    done = await batches.act(ada, Selection((own, shared)), DELETE)
    async with database.transaction() as tx:
        await ProjectRepository(tx).put_member(project, ada, ProjectRole.VIEWER, eve)
    assert (await batches.undo(ada, done.id)).count == 1
    assert await prompts(database, ada) == ["own"]


async def test_a_batch_of_many_is_done_and_undone_in_parts(database: Database):
    ada, batches, many = await add_person(database), BatchService(db=database), 2_001
    rows = [
        a_video(ada, "fox", ordinal=each, created_at=START + timedelta(seconds=each)) for each in range(many)
    ]
    async with database.transaction() as tx:
        await (await tx.connection()).execute(
            insert(VideoRow), [row.model_dump(exclude_none=True) for row in rows]
        )

    done = await batches.act(ada, EVERYTHING, DELETE)
    assert (done.count, await there(database)) == (many, 0)
    await ask_for(database, ada, "newer")
    assert (await batches.undo(ada, done.id)).count == many
    async with database.transaction() as tx:
        assert len({*(await tx.exec(select(VideoRow.ordinal)))}) == many + 1
        assert (await tx.exec(select(BatchRow))).all() == []


async def there(db: Database) -> int:
    async with db.transaction() as tx:
        count = select(func.count()).select_from(VideoRow).where(col(VideoRow.deleted_at).is_(None))
        return (await tx.exec(count)).one()


async def test_what_came_after_one_looked_is_not_meant(database: Database):
    ada, batches = await add_person(database), BatchService(db=database)
    await add_videos(database, ada, "fox one", "fox two", "fox three")
    for search in ("", "fox"):
        seen = Selection(query=LibraryQuery(search), until=START + timedelta(seconds=1))
        done = await batches.act(ada, seen, DELETE)
        assert (done.count, await prompts(database, ada)) == (2, ["fox three"])
        await batches.undo(ada, done.id)


async def test_what_moves_away_meanwhile_stays_as_it_is(database: Database):
    ada, batches = await add_person(database), BatchService(db=database)
    project = await open_project(database, (ada, ProjectRole.MANAGER))
    one, _ = await add_videos(database, ada, "one", "two")

    async def waits() -> bool:
        async with database.transaction() as tx:
            asked = text(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                " AND datname = current_database()"
            )
            return bool((await (await tx.connection()).execute(asked)).scalar_one())

    async with database.transaction() as tx:
        await VideoRepository(tx).move(ada, one, project)
        acting = asyncio.create_task(batches.act(ada, EVERYTHING, DELETE))
        await comes_true(waits)
    assert (await acting).count == 1
    assert await prompts(database, project) == ["one"]


async def test_a_video_that_has_left_a_library_is_not_found_there_by_its_marks(database: Database):
    ada, eve = await add_person(database), await add_person(database, "eve")
    (one,) = await add_videos(database, ada, "one")
    marks = MarkService(db=database)
    await marks.rate(ada, one, 3)
    await run(database, update(VideoMarkRow).values(library_id=eve))  # as if it had not followed
    assert await prompts(database, eve, "stars:3", order=SortOrder.NEWEST) == []
    await marks.rate(ada, one, 4)
    assert await prompts(database, ada, "stars:4") == ["one"]


async def test_a_video_with_too_many_tags_can_be_given_fewer(database: Database):
    ada, batches, marks = await add_person(database), BatchService(db=database), MarkService(db=database)
    (one,) = await add_videos(database, ada, "one")
    await marks.tag(ada, one, [f"tag {number}" for number in range(20)])
    taken = await batches.act(ada, EVERYTHING, BatchAct.of(BatchAction.UNTAG, tag="tag 1"))
    await marks.tag(ada, one, [f"other {number}" for number in range(20)])
    assert (await batches.undo(ada, taken.id)).count == 0  # there is no room

    more = {"video_id": one, "mark": "#one-more", "library_id": ada, "created_at": START}
    await run(database, insert(VideoMarkRow).values(more))
    assert (await marks.tag(ada, one, ["few"])).marks.tags == ("few",)


async def test_nothing_is_kept_of_what_changed_nothing(database: Database):
    ada, batches = await add_person(database), BatchService(db=database)
    await add_videos(database, ada, "one")
    assert (await batches.act(ada, EVERYTHING, star(0))).count == 0
    assert (await batches.act(ada, Selection((uuid4(),)), DELETE)).count == 0
    async with database.transaction() as tx:
        assert (await tx.exec(select(BatchRow))).all() == []


async def test_a_key_undoes_what_was_done_in_its_project(database: Database):
    ada, batches = await add_person(database), BatchService(db=database)
    project = await open_project(database, (ada, ProjectRole.MANAGER))
    await add_videos(database, ada, "own")
    key = KeyGrant(new_id(), frozenset(), project_id=project)
    own = await batches.act(ada, EVERYTHING, DELETE)
    with pytest.raises(NotFound):
        await batches.undo(ada, own.id, key=key)
    await batches.undo(ada, own.id)

    (shared,) = await add_videos(database, ada, "shared")
    async with database.transaction() as tx:
        await VideoRepository(tx).move(ada, shared, project)
    inside = await batches.act(ada, Selection((shared,), project_id=project), DELETE)
    assert (await batches.undo(ada, inside.id, key=key)).count == 1


@pytest.mark.parametrize("search", ["-fox", "stars:9", "#", "tag:!", "fox !", "a " * 17])
def test_a_search_that_finds_more_than_it_says_selects_nothing(search: str):
    with pytest.raises(InvalidInput) as refused:
        Selection(query=LibraryQuery(search))
    assert refused.value.param == "query"


def test_no_more_are_named_than_a_list_may_hold():
    with pytest.raises(InvalidInput):
        Selection(tuple(uuid4() for _ in range(NAMED_MAX + 1)))
