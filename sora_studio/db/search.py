"""Searching a library: by the words of each row, and by the index of words, one segment after the other.

A segment is a thousand videos of one library in a row. In the index, every word stands behind the name of its
segment, so the first that have a word are found without reading all that have it, and no other library's.
"""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    ScalarSelect,
    Select,
    Subquery,
    and_,
    cast,
    false,
    func,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from sora_studio.db.video_views import SHOWN, VIDEO, Position, beyond, in_library, keyset
from sora_studio.domain.library import SortOrder
from sora_studio.domain.words import beginnings_of

SEGMENT = 1_000
"""Videos; the function `search_segment` of the database knows the number, too."""

Choice = Callable[[FromClause], Iterable[ColumnElement[bool]]]
"""Conditions that a video has to meet, beside its words."""

_NUMBER = "/"  # in a query, where the number of the segment goes: it is in no word


def is_search(asked: str) -> bool:
    """Tell whether anything is searched for."""
    return bool(asked.strip("\0").strip())


def has_words(asked: str, video: FromClause = VIDEO) -> ColumnElement[bool]:
    """Build the condition that each word that was asked for begins a word of the title or the prompt.

    Words of scripts that set no spaces are found anywhere in the text. What has no word in it finds nothing.
    """
    query = _query(asked)
    return _fits(video.c.search, literal(query)) if query else false()


def matches(
    library_id: UUID,
    asked: str,
    order: SortOrder,
    *,
    after: Position | None = None,
    chosen: Choice = lambda _video: (),
) -> Select[*tuple[Any, ...]]:
    """Select a library's videos that have the words, in order; with a limit, no more is read than it takes.

    Which of them are wanted is asked of those that the index of words has named: OFFSET keeps the planner
    from reading other indexes for every segment, the whole library among them.
    """
    segment = _segments(library_id, order, after)
    query = _query(asked, f"{library_id.hex[-12:]}{_NUMBER}:")
    of_segment = func.replace(query, _NUMBER, func.to_hex(segment.c.number))
    indexed = func.search_segment(VIDEO.c.search, VIDEO.c.library_id, VIDEO.c.ordinal)
    named = select(VIDEO).where(_fits(indexed, of_segment)).offset(0).lateral("named")
    number = segment.c.number.desc() if order is SortOrder.NEWEST else segment.c.number.asc()
    wanted = (
        in_library(library_id, named),
        *chosen(named),
        *([beyond(order, after, named)] if after else ()),
    )
    found = select(*(named.c[column.name] for column in SHOWN)).select_from(segment).join(named, true())
    return found.where(*(wanted if query else [false()])).order_by(number, *keyset(order, named))


def ordinal(library_id: UUID | ColumnElement[UUID], position: Position) -> ColumnElement[int]:
    """Count on from the video before, but never beyond the one after: what is newer has no lower ordinal.

    That holds as long as nobody else adds to the library meanwhile. What is deleted counts, too: so whatever
    comes back has its ordinal still, however many they are.
    """
    before, after = _neighbours(library_id, position)
    return func.least(func.coalesce(before + 1, 0), after)


def _neighbours(
    library_id: UUID | ColumnElement[UUID], position: Position
) -> tuple[ScalarSelect[int], ScalarSelect[int]]:
    """Select the ordinals of what is before and after a place, deleted or not; NULL where nothing is."""
    before, after = (_neighbour(library_id, position, order) for order in SortOrder)
    return before, after


def _neighbour(
    library_id: UUID | ColumnElement[UUID], position: Position, order: SortOrder
) -> ScalarSelect[int]:
    """Select the ordinal of the nearer one of what is there and what is deleted: an index for each."""
    near = VIDEO.alias("neighbour")
    of_each = [
        select(
            select(near)
            .where(near.c.library_id == library_id, which, beyond(order, position, near))
            .order_by(*keyset(order, near))
            .limit(1)
            .subquery()
        )
        for which in (near.c.deleted_at.is_(None), near.c.deleted_at.is_not(None))
    ]
    nearest = union_all(*of_each).subquery()
    return select(nearest.c.ordinal).order_by(*keyset(order, nearest)).limit(1).scalar_subquery()


def _segments(library_id: UUID, order: SortOrder, after: Position | None) -> Subquery:
    """Number the segments of what comes next, in order."""
    opposite, step = (SortOrder.OLDEST, -1) if order is SortOrder.NEWEST else (SortOrder.NEWEST, 1)
    first, last = (
        select(VIDEO.c.ordinal // SEGMENT).where(those).order_by(*keyset(end)).limit(1).scalar_subquery()
        for those, end in ((_next(library_id, order, after), order), (in_library(library_id), opposite))
    )
    number = func.generate_series(first, last, step).label("number")
    return select(number).order_by(number.desc() if step < 0 else number).subquery("segment")


def _next(library_id: UUID, order: SortOrder, after: Position | None) -> ColumnElement[bool]:
    return and_(in_library(library_id), beyond(order, after)) if after else in_library(library_id)


def _query(asked: str, prefix: str = "") -> str:
    quoted = (each.replace("\\", "\\\\").replace("'", "''") for each in beginnings_of(asked))
    return " & ".join(f"'{prefix}{each}':*" for each in quoted)


def _fits(words: ColumnElement[Any], query: ColumnElement[str]) -> ColumnElement[bool]:
    return words.op("@@", is_comparison=True)(cast(query, TSQUERY))
