"""The stars and tags of videos, of one or of a hundred thousand at once."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, delete, exists, func, literal, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from sora_studio.db.models import VideoMarkRow
from sora_studio.db.repository import Repository
from sora_studio.db.video_views import MARK, VIDEO
from sora_studio.domain.marks import STARS
from sora_studio.domain.search_query import SearchQuery

_COLUMNS = ["video_id", "mark", "library_id", "created_at"]
IS_STARS = MARK.c.mark.like(text("'*%'"))
"""As the index of star marks says it."""


def marked(asked: SearchQuery, video: FromClause = VIDEO) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that a video has the marks that were asked for."""
    for marks in asked.any_of:
        yield _has(marks, video)
    if asked.none_of:
        yield ~_has(asked.none_of, video)


def has_mark(mark: str) -> ColumnElement[bool]:
    """Build the condition that a video has a mark."""
    return _has((mark,), VIDEO)


def star_of() -> ColumnElement[str | None]:
    """Select the star mark of a video; NULL: it has none."""
    star = select(MARK.c.mark).where(MARK.c.video_id == VIDEO.c.id, IS_STARS)
    return star.correlate(VIDEO).scalar_subquery()


def tags_of() -> ColumnElement[int]:
    """Count the tags of a video."""
    tags = select(func.count()).select_from(MARK).where(MARK.c.video_id == VIDEO.c.id, ~IS_STARS)
    return tags.correlate(VIDEO).scalar_subquery()


class MarkRepository(Repository):
    """Puts marks on videos and takes them off; that their person may do so was asked before.

    The videos are held meanwhile (`VideoRepository.hold`), so that none goes to another library.
    """

    async def rate(self, videos: Sequence[UUID], star: str | None) -> None:
        """Give videos a star mark instead of the one that they have, or none."""
        if star is None:
            await self._do(delete(MARK).where(MARK.c.video_id.in_(videos), MARK.c.mark.in_(STARS)))
            return
        put = upsert(VideoMarkRow).from_select(_COLUMNS, _rows(videos, star))
        await self._do(
            put.on_conflict_do_update(
                index_elements=[MARK.c.video_id],
                index_where=IS_STARS,
                set_={"mark": put.excluded.mark, "library_id": put.excluded.library_id},
            )
        )

    async def tag(self, videos: Sequence[UUID], tags: Collection[str]) -> None:
        """Put tags on videos, beside those that they have."""
        for tag in sorted(tags):
            put = upsert(VideoMarkRow).from_select(_COLUMNS, _rows(videos, tag))
            await self._do(put.on_conflict_do_nothing())

    async def untag(self, videos: Sequence[UUID], tags: Collection[str]) -> None:
        """Take tags off videos."""
        await self._do(delete(MARK).where(MARK.c.video_id.in_(videos), MARK.c.mark.in_(tags)))


def _rows(videos: Sequence[UUID], mark: str) -> Select[*tuple[Any, ...]]:
    rows = select(VIDEO.c.id, literal(mark), VIDEO.c.library_id, VIDEO.c.created_at)
    return rows.where(VIDEO.c.id.in_(videos), VIDEO.c.library_id.is_not(None))


def _has(marks: Collection[str], video: FromClause) -> ColumnElement[bool]:
    its = MARK.alias("its_mark")  # the marks may be read beside it, too
    return exists().where(its.c.video_id == video.c.id, its.c.mark.in_(marks))
