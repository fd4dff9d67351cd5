"""The library of a person or a project: its pages, what they search for, and how many videos there are."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    FromClause,
    Integer,
    Row,
    Select,
    Uuid,
    bindparam,
    func,
    select,
    union_all,
)
from sqlmodel import col

from sora_studio.db.marks import marked
from sora_studio.db.models import JobRow, VideoRow
from sora_studio.db.repository import Repository
from sora_studio.db.search import has_words, is_search, matches
from sora_studio.db.video_views import (
    MARK,
    SHOWN,
    STILL_UNFINISHED,
    VIDEO,
    Position,
    beyond,
    current_job,
    in_direction,
    in_library,
    keyset,
    owned_by,
    select_views,
    to_view,
)
from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.library import Coming, LibraryCounts, LibraryPage, LibraryQuery, SortOrder
from sora_studio.domain.money import SANDBOX
from sora_studio.domain.search_query import SearchQuery
from sora_studio.domain.video import STATUS_OF, Phase, Status

COUNT_CAP = 1_000
"""Totals are counted up to here; beyond it the page says "1,000+"."""

RECENT = 500
"""So many of a library's next videos are searched one by one before the search index is asked: a common word
fills its page among them, and only a rare one needs the index."""


class LibraryRepository(Repository):
    """Reads libraries inside one transaction; who asks has been let in by the service."""

    async def page(self, library_id: UUID, query: LibraryQuery) -> LibraryPage:
        """Return one page, keyset-paged: its cost does not grow with its depth.

        Raises:
            InvalidInput: `after` is no video of the library.
        """
        after = await self._position(library_id, query.after) if query.after else None
        asked = SearchQuery.read(query.search)
        if not is_search(asked.words):
            given = {"library_id": library_id, "most": query.limit + 1}
            given |= {"created_at": after[0], "id": after[1]} if after else {}
            usual = _usual_page(replace(query, after=None, limit=0), continued=after is not None)
            return _to_page(await self._do(usual, given), query)
        recent = _in_order(library_id, query, asked, RECENT, after).subquery()
        found = select(recent).where(has_words(asked.words, recent)).order_by(*keyset(query.order, recent))
        page = await self._first(found, query)
        if page.has_more:
            return page
        chosen = partial(_chosen, query, asked)
        everywhere = matches(library_id, asked.words, query.order, after=after, chosen=chosen)
        return await self._first(everywhere, query)

    async def counts(self, library_id: UUID, search: str = "") -> LibraryCounts:
        """Count the newest 1,001 matching videos by status."""
        asked, everything = SearchQuery.read(search), LibraryQuery()
        if is_search(asked.words):
            chosen = partial(_chosen, everything, asked)
            videos = matches(library_id, asked.words, SortOrder.NEWEST, chosen=chosen)
        else:
            videos = _in_order(library_id, everything, asked, COUNT_CAP + 1)
        newest = videos.limit(COUNT_CAP + 1).subquery()
        rows = await self._do(select(newest.c.phase, func.count().label("videos")).group_by(newest.c.phase))
        by_phase = {Phase(row.phase): int(row.videos) for row in rows}
        deciding = by_phase.pop(Phase.NEEDS_ATTENTION, 0)
        by_status = Counter[Status]()
        for phase, videos in by_phase.items():
            by_status[STATUS_OF[phase]] += videos
        total = by_status.total() + deciding
        return LibraryCounts(
            all=min(total, COUNT_CAP),
            coming=by_status[Status.QUEUED] + by_status[Status.IN_PROGRESS],
            completed=by_status[Status.COMPLETED],
            failed=by_status[Status.FAILED],
            deciding=deciding,
            capped=total > COUNT_CAP,
        )

    async def standing(self, owner_id: UUID, since: datetime) -> dict[UUID, Phase]:
        """Return where somebody's unfinished videos are, and those asked for since: at most a thousand."""
        rows = await self._do(_STANDING, {"owner_id": owner_id, "since": since})
        return {row.id: Phase(row.phase) for row in rows}

    async def coming(self, owner_id: UUID) -> Coming:
        """Say how many of somebody's videos are on their way, in whichever library, and for how much."""
        row = (await self._do(_COMING, {"owner_id": owner_id})).one()
        return Coming(row.videos, int(row.price), int(row.play))

    async def _position(self, library_id: UUID, video_id: UUID) -> Position:
        owned = (col(VideoRow.id) == video_id, col(VideoRow.library_id) == library_id)
        created_at = (await self._do(select(col(VideoRow.created_at)).where(*owned))).scalar_one_or_none()
        if created_at is None:
            message = "There is no video to continue after."
            raise InvalidInput(message, "after")
        return created_at, video_id

    async def _first(self, found: Select[*tuple[Any, ...]], query: LibraryQuery) -> LibraryPage:
        """Read the first of some videos; which ones they are is settled before anything is joined to them."""
        return _to_page(await self._do(_shown(found.limit(query.limit + 1), query.order)), query)


@lru_cache(maxsize=64)
def _usual_page(query: LibraryQuery, *, continued: bool) -> Select[*tuple[Any, ...]]:
    """Select a page that is searched for no words; every push asks for one."""
    after = (bindparam("created_at", type_=DateTime(timezone=True)), bindparam("id", type_=Uuid()))
    library, most = bindparam("library_id", type_=Uuid()), bindparam("most", type_=Integer())
    asked = SearchQuery.read(query.search)
    return _shown(_in_order(library, query, asked, most, after if continued else None), query.order)


def _shown(found: Select[*tuple[Any, ...]], order: SortOrder) -> Select[*tuple[Any, ...]]:
    page = found.subquery()
    return select_views(page).order_by(*keyset(order, page))


def _to_page(rows: Iterable[Row[Any]], query: LibraryQuery) -> LibraryPage:
    """Return a page; one more row than it has tells that there are more."""
    views = [*map(to_view, rows)]
    return LibraryPage(tuple(views[: query.limit]), has_more=len(views) > query.limit)


def all_matching(library_id: UUID, query: LibraryQuery) -> Select[tuple[UUID]]:
    """Select the ids of all that a query finds in a library, whatever its page."""
    asked = SearchQuery.read(query.search)
    chosen = partial(_chosen, query, asked)
    if is_search(asked.words):
        found = matches(library_id, asked.words, query.order, chosen=chosen).subquery()
        return select(found.c.id)
    return select(VIDEO.c.id).where(in_library(library_id), *chosen(VIDEO))


def _in_order(
    library_id: UUID | ColumnElement[UUID],
    query: LibraryQuery,
    asked: SearchQuery,
    limit: int | ColumnElement[int],
    after: Position | None = None,
) -> Select[*tuple[Any, ...]]:
    """Select the first so many that have the marks, whatever their words; by the index of marks, if any."""
    columns = *SHOWN, VIDEO.c.search
    if not asked.any_of:
        videos = select(*columns).where(in_library(library_id), *_chosen(query, asked, VIDEO))
        videos = videos.where(beyond(query.order, after)) if after else videos
        return videos.order_by(*keyset(query.order)).limit(limit)
    first, *others = asked.any_of
    chosen = *_chosen(query, replace(asked, any_of=tuple(others)), VIDEO), in_library(library_id)
    place = MARK.c.created_at, MARK.c.video_id
    by_mark = [
        select(*columns)
        .join(MARK, MARK.c.video_id == VIDEO.c.id)
        .where(MARK.c.library_id == library_id, MARK.c.mark == mark, *chosen)
        .where(*([in_direction(query.order, place, after)] if after else []))
        .order_by(*(each.desc() if query.order is SortOrder.NEWEST else each for each in place))
        .limit(limit)
        for mark in first
    ]
    videos = union_all(*(select(each.subquery()) for each in by_mark)).subquery()
    return select(videos).order_by(*keyset(query.order, videos)).limit(limit)


def _chosen(query: LibraryQuery, asked: SearchQuery, video: FromClause) -> Iterator[ColumnElement[bool]]:
    yield from marked(asked, video)
    if query.statuses:
        yield video.c.status.in_(query.statuses)
    if query.phases:
        yield video.c.status.in_({STATUS_OF[phase] for phase in query.phases})  # by which there is an index
        yield video.c.phase.in_(query.phases)


_OWNER = bindparam("owner_id", type_=Uuid())
_STANDING = union_all(
    *(
        select(VIDEO.c.id, VIDEO.c.phase).where(owned_by(_OWNER), which).limit(COUNT_CAP)
        for which in (STILL_UNFINISHED, VIDEO.c.created_at > bindparam("since"))  # an index for each
    )
)
_IS_PLAY = col(JobRow.provider) == SANDBOX
_COMING = (
    select(
        func.count().label("videos"),
        func.coalesce(func.sum(col(JobRow.price_micros)).filter(~_IS_PLAY), 0).label("price"),
        func.coalesce(func.sum(col(JobRow.price_micros)).filter(_IS_PLAY), 0).label("play"),
    )
    .select_from(VIDEO)
    .join(JobRow, current_job())
    .where(owned_by(_OWNER), STILL_UNFINISHED)
)
