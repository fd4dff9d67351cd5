"""Videos as their owners see them."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Lateral,
    Row,
    Select,
    and_,
    cast,
    false,
    func,
    literal,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, col

from sora_studio.db.assets import KEYS_LIVE, AssetRepository
from sora_studio.db.models import REFERENCE, AssetRow, JobRow, UsedIdempotencyKeyRow, VideoRow
from sora_studio.db.repository import Repository, missing
from sora_studio.domain.errors import Conflict, InvalidInput
from sora_studio.domain.job import Charge
from sora_studio.domain.library import Coming, LibraryCounts, LibraryPage, LibraryQuery, SortOrder
from sora_studio.domain.money import SANDBOX
from sora_studio.domain.problem import Problem
from sora_studio.domain.video import STATUS_OF, TERMINAL, Kind, Phase, Status, VideoView
from sora_studio.domain.words import beginnings_of, words_of

COUNT_CAP = 1_000
"""Totals are counted up to here; beyond it the page says "1,000+"."""

RECENT = 500
"""So many of the owner's next videos are searched one by one before the search index is asked: a common word
fills its page among them, and only a rare one needs the index."""

_VIDEO, _JOB, _ASSET = (SQLModel.metadata.tables[name] for name in ("video", "job", "asset"))
_Row = TypeVar("_Row", bound=SQLModel)
_UNFINISHED = (Status.QUEUED, Status.IN_PROGRESS)
_SHORT = 2_000  # characters, which take a few milliseconds to split
_NO_VIDEO = "There is no such video."


class VideoRepository(Repository):
    """Reads and writes videos inside one transaction; every method takes the owner."""

    async def add(self, video: VideoRow, *parts: JobRow | AssetRow) -> None:
        """Write down a wish: the video, then its first job and its reference.

        Raises:
            Conflict: The owner has used this request key before.
        """
        video.search = await _searched(video.title, video.prompt)
        try:
            self._tx.add(_copied(video))
            await self._tx.flush()  # the parts refer to it
            self._tx.add_all(map(_copied, parts))
            await self._tx.flush()
        except IntegrityError as error:
            message = "This request was already made."
            raise Conflict(message) from error

    async def pending(self, owner_id: UUID) -> int:
        """Count what an owner has that is neither completed nor failed; deleted ones are still made."""
        theirs = (col(VideoRow.owner_id) == owner_id, col(VideoRow.status).in_(_UNFINISHED))
        deleted = col(VideoRow.deleted_at)
        there, gone = (
            select(func.count()).select_from(_VIDEO).where(*theirs, which).scalar_subquery()
            for which in (deleted.is_(None), deleted.is_not(None))  # an index for each
        )
        return (await self._do(select(there + gone))).scalar_one()

    async def view(self, owner_id: UUID, video_id: UUID) -> VideoView:
        """Return one video.

        Raises:
            NotFound: It is not there, or not the owner's.
        """
        found = await self.views(owner_id, [video_id])
        if not found:
            raise missing(owner_id, video_id, _NO_VIDEO)
        return found[0]

    async def views(self, owner_id: UUID, video_ids: Sequence[UUID]) -> tuple[VideoView, ...]:
        """Return those of the videos that are the owner's, in the order asked."""
        rows = await self._do(_views().where(_mine(owner_id), col(VideoRow.id).in_(video_ids)))
        found = {view.id: view for view in map(_to_view, rows)}
        return tuple(found[video_id] for video_id in dict.fromkeys(video_ids) if video_id in found)

    async def made_from(self, owner_id: UUID, parent_id: UUID, *, limit: int = 100) -> tuple[VideoView, ...]:
        """Return what was made from a video, oldest first."""
        query = _views().where(_mine(owner_id), col(VideoRow.parent_id) == parent_id)
        return tuple(map(_to_view, await self._do(query.order_by(*_keys(SortOrder.OLDEST)).limit(limit))))

    async def extensions(self, video_id: UUID) -> int:
        """Count the extensions among a video and its ancestors, deleted ones included."""
        line = select(_VIDEO.c.kind, _VIDEO.c.parent_id).where(_VIDEO.c.id == video_id).cte(recursive=True)
        above = select(_VIDEO.c.kind, _VIDEO.c.parent_id).join(line, _VIDEO.c.id == line.c.parent_id)
        line = line.union_all(above)
        query = select(func.count()).select_from(line).where(line.c.kind == Kind.EXTEND)
        return int((await self._do(query)).scalar_one())

    async def seconds(self, video_id: UUID) -> str | None:
        """Return how long a video is, of any owner, deleted or not; None when there is no trace of it."""
        query = select(col(VideoRow.seconds)).where(col(VideoRow.id) == video_id)
        return (await self._do(query)).scalar_one_or_none()

    async def requested(self, owner_id: UUID, idempotency_key: str) -> tuple[UUID, str] | None:
        """Return id and body hash of the video made under a request key; it may be deleted or purged."""
        made = select(col(VideoRow.id), col(VideoRow.request_sha256)).where(
            col(VideoRow.owner_id) == owner_id,
            col(VideoRow.idempotency_key) == idempotency_key,
        )
        purged = select(col(UsedIdempotencyKeyRow.video_id), col(UsedIdempotencyKeyRow.request_sha256)).where(
            col(UsedIdempotencyKeyRow.owner_id) == owner_id,
            col(UsedIdempotencyKeyRow.idempotency_key) == idempotency_key,
            col(UsedIdempotencyKeyRow.erased_at) > func.now() - KEYS_LIVE,
        )
        row = (await self._do(union_all(made, purged))).first()
        return (row.id, row.request_sha256 or "") if row else None

    async def page(self, owner_id: UUID, query: LibraryQuery) -> LibraryPage:
        """Return one page, keyset-paged: its cost does not grow with its depth.

        Raises:
            InvalidInput: `after` is no video of the owner's.
        """
        wanted = [_mine(owner_id)]
        if query.statuses:
            wanted.append(col(VideoRow.status).in_(query.statuses))
        if query.phases:
            statuses = {STATUS_OF[phase] for phase in query.phases}  # by which there is an index
            wanted += [col(VideoRow.status).in_(statuses), col(VideoRow.phase).in_(query.phases)]
        if query.after:
            wanted.append(_beyond(query.order, await self._position(owner_id, query.after)))
        library = select(*_SHOWN, *_SEARCHED).where(*wanted)
        if not matching(query.search):
            rows = await self._first(library.order_by(*_keys(query.order)), query)
        else:
            rows = await self._matches(library, query)
        return LibraryPage(tuple(map(_to_view, rows[: query.limit])), has_more=len(rows) > query.limit)

    async def _matches(self, library: Select[*tuple[Any, ...]], query: LibraryQuery) -> list[Row[Any]]:
        """Read the first of the videos that have the words of a search: among the next ones, else of all.

        The planner knows too little of beginnings of words, and would read a library from end to end in the
        hope of an early match. So of all, those that match are found first, by the index of words.
        """
        recent = library.order_by(*_keys(query.order)).limit(RECENT).subquery()
        found = select(*recent.c).where(*matching(query.search, recent))
        rows = await self._first(found.order_by(*_keys(query.order, recent)), query)
        if len(rows) > query.limit:
            return rows
        matches = library.where(*matching(query.search)).cte("matches").prefix_with("MATERIALIZED")
        return await self._first(select(*matches.c).order_by(*_keys(query.order, matches)), query)

    async def counts(self, owner_id: UUID, search: str = "") -> LibraryCounts:
        """Count the owner's newest 1,001 matching videos by status."""
        newest = (
            select(col(VideoRow.phase).label("phase"))
            .where(_mine(owner_id), *matching(search))
            .order_by(*_keys(SortOrder.NEWEST))
            .limit(COUNT_CAP + 1)
            .subquery()
        )
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
        """Return where the owner's unfinished videos are, and those asked for since: at most a thousand."""
        unfinished, new = (
            select(col(VideoRow.id), col(VideoRow.phase)).where(_mine(owner_id), which).limit(COUNT_CAP)
            for which in (col(VideoRow.status).in_(_UNFINISHED), col(VideoRow.created_at) > since)
        )  # an index for each
        return {row.id: Phase(row.phase) for row in await self._do(union_all(unfinished, new))}

    async def coming(self, owner_id: UUID) -> Coming:
        """Say how many videos are on their way, and for how much."""
        price, is_play = col(JobRow.price_micros), col(JobRow.provider) == SANDBOX
        query = (
            select(
                func.count().label("videos"),
                func.coalesce(func.sum(price).filter(~is_play), 0).label("price"),
                func.coalesce(func.sum(price).filter(is_play), 0).label("play"),
            )
            .select_from(VideoRow)
            .join(JobRow, _current(_VIDEO))
            .where(_mine(owner_id), col(VideoRow.status).in_((Status.QUEUED, Status.IN_PROGRESS)))
        )
        row = (await self._do(query)).one()
        return Coming(row.videos, int(row.price), int(row.play))

    async def rename(self, owner_id: UUID, video_id: UUID, title: str) -> None:
        """Give a video another title, by which it is found from now on."""
        query = select(col(VideoRow.prompt)).where(col(VideoRow.id) == video_id)
        prompt = (await self._do(query)).scalar_one_or_none()
        words = await _searched(title, prompt or "")
        await self._change(owner_id, video_id, col(VideoRow.deleted_at).is_(None), title=title, search=words)

    async def mark_deleted(self, owner_id: UUID, video_id: UUID, *, ago: timedelta = timedelta()) -> None:
        """Put up a tombstone, dated so long ago; the purge takes the rest away."""
        still = col(VideoRow.deleted_at).is_(None)
        await self._change(owner_id, video_id, still, deleted_at=func.now() - ago)

    async def restore(self, owner_id: UUID, video_id: UUID, *, within: timedelta) -> None:
        """Take the tombstone away again while there is time; where there is none, change nothing.

        Raises:
            NotFound: Too late, or not the owner's.
        """
        deleted_at = col(VideoRow.deleted_at)
        young = deleted_at.is_(None) | (deleted_at > func.now() - within)
        await self._change(owner_id, video_id, young, deleted_at=None)

    async def disown(self, owner_id: UUID) -> None:
        """Delete everything of an owner who leaves, with every word of theirs that is no longer needed.

        The rows stay until the purge has seen to the jobs at their providers; a POST that is still on its way
        finds its row, and one whose answer was lost is looked for, so that no job is forgotten there.
        """
        nobodys = {
            "owner_id": None,
            "title": "",
            "search": [],
            "idempotency_key": None,
            "request_sha256": None,
        }
        theirs = col(VideoRow.owner_id) == owner_id
        await self._do(update(VideoRow).where(theirs).values(deleted_at=func.now(), **nobodys))
        await AssetRepository(self._tx).forget_words()

    async def _change(
        self, owner_id: UUID, video_id: UUID, still: ColumnElement[bool], **values: object
    ) -> None:
        owned = (col(VideoRow.id) == video_id, col(VideoRow.owner_id) == owner_id)
        changed = await self._do(update(VideoRow).where(*owned, still).values(**values))
        if changed.rowcount != 1:
            raise missing(owner_id, video_id, _NO_VIDEO)

    async def _position(self, owner_id: UUID, video_id: UUID) -> tuple[object, UUID]:
        owned = (col(VideoRow.id) == video_id, col(VideoRow.owner_id) == owner_id)
        created_at = (await self._do(select(col(VideoRow.created_at)).where(*owned))).scalar_one_or_none()
        if created_at is None:
            message = "There is no video to continue after."
            raise InvalidInput(message, "after")
        return created_at, video_id

    async def _first(self, found: Select[*tuple[Any, ...]], query: LibraryQuery) -> list[Row[Any]]:
        """Read the first of some videos; which ones they are is settled before anything is joined to them."""
        page = found.limit(query.limit + 1).subquery()  # one more tells whether there is more
        return list(await self._do(_views(page).order_by(*_keys(query.order, page))))


def matching(search: str, video: FromClause = _VIDEO) -> list[ColumnElement[bool]]:
    """Build the conditions of a search: every word has to begin a word of the title or the prompt.

    Words of scripts that set no spaces are found anywhere in the text. What has no word in it finds nothing.
    """
    beginnings = beginnings_of(search)
    if not beginnings:
        return [false()] if search.strip("\0").strip() else []
    quoted = ("'{}':*".format(each.replace("\\", "\\\\").replace("'", "''")) for each in beginnings)
    query = cast(literal(" & ".join(quoted)), TSQUERY)
    return [video.c.search.op("@@", is_comparison=True)(query)]


async def _searched(title: str, prompt: str) -> list[str]:
    """Return the words by which a video is found; a long prompt holds up nobody else meanwhile."""
    text = f"{title} {prompt}"
    return words_of(text) if len(text) < _SHORT else await asyncio.to_thread(words_of, text)


def _copied(row: _Row) -> _Row:
    """Copy a row: what the server fills in stays out of the one that may have to be stored again."""
    return type(row)(**row.model_dump(exclude_none=True))


def _mine(owner_id: UUID) -> ColumnElement[bool]:
    return and_(col(VideoRow.owner_id) == owner_id, col(VideoRow.deleted_at).is_(None))


def _current(video: FromClause) -> ColumnElement[bool]:
    return and_(_JOB.c.video_id == video.c.id, _JOB.c.current)


def _given(video: FromClause) -> ColumnElement[bool]:
    return and_(_ASSET.c.video_id == video.c.id, _ASSET.c.variant == REFERENCE)


def _keys(order: SortOrder, video: FromClause = _VIDEO) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    created_at, video_id = video.c.created_at, video.c.id
    return (
        (created_at.desc(), video_id.desc())
        if order is SortOrder.NEWEST
        else (created_at.asc(), video_id.asc())
    )


def _beyond(order: SortOrder, position: tuple[object, UUID]) -> ColumnElement[bool]:
    here, there = tuple_(col(VideoRow.created_at), col(VideoRow.id)), tuple_(*map(literal, position))
    return here < there if order is SortOrder.NEWEST else here > there


_SHOWN = [
    _VIDEO.c[name]
    for name in (
        *("id", "owner_id", "kind", "title", "prompt", "model", "size", "seconds"),
        *("phase", "created_at", "completed_at", "parent_id", "characters"),
    )
]
_SEARCHED = [_VIDEO.c.search]
_OF_JOB = [
    _JOB.c[name]
    for name in (
        *("current", "provider", "progress", "progress_known", "remote_status", "remote_expires_at"),
        *("price_micros", "problem_code", "problem_message", "submit_started_at", "accepted_at"),
    )
]
_COSTS = _JOB.c.charge == Charge.SETTLED
_MAY_COST = and_(~_COSTS, _JOB.c.submit_started_at.is_not(None), _JOB.c.remote_id.is_(None))


def _views(video: FromClause = _VIDEO) -> Select[*tuple[Any, ...]]:
    """Join to videos what a view shows beside them.

    The reference is joined, not asked for with EXISTS: for that PostgreSQL would read the row of every file.
    """
    columns = [video.c[column.name] for column in _SHOWN]
    job, has_reference = _jobs(video), _ASSET.c.video_id.is_not(None).label("has_reference")
    joined = select(*columns, *job.c, has_reference).select_from(video).join(job, job.c.current)
    return joined.outerjoin(_ASSET, _given(video))


def _jobs(video: FromClause) -> Lateral:
    """Read the jobs of each video, and beside each how many of the video's cost, and how many may.

    The current one is chosen afterwards: so one way down an index finds everything.
    """
    costs, may_cost = (func.count().filter(which).over() for which in (_COSTS, _MAY_COST))
    charged = func.sum(_JOB.c.price_micros).filter(_COSTS).over()
    counts = costs.label("charges"), charged.label("charged_micros"), may_cost.label("unclear")
    return select(*_OF_JOB, *counts).where(_JOB.c.video_id == video.c.id).lateral("job_of_video")


def _to_view(row: Row[Any]) -> VideoView:
    phase = Phase(row.phase)
    return VideoView(
        id=row.id,
        owner_id=row.owner_id,
        kind=Kind(row.kind),
        title=row.title,
        prompt=row.prompt,
        provider=row.provider,
        model=row.model,
        size=row.size,
        seconds=row.seconds,
        phase=phase,
        progress=row.progress,
        progress_known=row.progress_known,
        created_at=row.created_at,
        completed_at=row.completed_at,
        expires_at=None if phase in TERMINAL else row.remote_expires_at,
        parent_id=row.parent_id,
        price_micros=row.price_micros,
        charges=row.charges,
        charged_micros=None if row.charged_micros is None else int(row.charged_micros),
        unclear=row.unclear,
        problem=Problem(row.problem_code, row.problem_message or "") if row.problem_code else None,
        has_reference=row.has_reference,
        remote_status=row.remote_status,
        characters=tuple(row.characters),
        accepted_at=row.accepted_at,
        sent=row.submit_started_at is not None,
    )
