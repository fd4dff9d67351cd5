"""Usage, from the sums of days that the ledger's triggers keep."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Text, cast, func, select, text
from sqlmodel import col

from sora_studio.db.models import NOBODY, UsageDayRow, UserRow
from sora_studio.db.repository import Repository
from sora_studio.domain.usage import (
    DayPart,
    Dearest,
    Durations,
    Grouping,
    Usage,
    UsageQuery,
    UsageRow,
    UsageSums,
)

_ROW = UsageDayRow
_KEYS: dict[Grouping, Any] = {
    Grouping.DAY: cast(col(_ROW.day), Text),
    Grouping.MODEL: col(_ROW.model),
    Grouping.PROVIDER: col(_ROW.provider),
    **{
        grouping: func.coalesce(cast(func.nullif(col(column), NOBODY), Text), "")
        for grouping, column in (
            (Grouping.USER, _ROW.user_id),
            (Grouping.PROJECT, _ROW.project_id),
            (Grouping.KEY, _ROW.api_key_id),
        )
    },
}
_SUMS = [
    func.coalesce(func.sum(col(column)), 0).label(name)
    for name, column in (
        ("count", _ROW.jobs),
        ("completed", _ROW.completed),
        ("failures", _ROW.failures),
        ("seconds", _ROW.seconds),
        ("spent_micros", _ROW.spent_micros),
        ("held_micros", _ROW.held_micros),
        ("failed_micros", _ROW.failed_micros),
    )
]


_DURATIONS = text("""
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY waited) AS wait_median,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY waited) AS wait_most,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY rendered) AS render_median,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY rendered) AS render_most
FROM (
    SELECT extract(epoch FROM job.accepted_at - job.created_at)::float8 AS waited,
        extract(epoch FROM job.rendered_at - job.accepted_at)::float8 AS rendered
    FROM job JOIN video ON video.id = job.video_id
    WHERE job.rendered_at >= :since AND job.rendered_at < :until AND job.accepted_at >= job.created_at
      AND (CAST(:user AS uuid) IS NULL OR video.owner_id = :user)
) AS took
""")
_DEAREST = text("""
SELECT dear.*, video.id AS video_id, video.title FROM (
    SELECT job_id, model, user_id, sum(micros) AS micros FROM ledger_entry
    WHERE reserved_at >= :since AND reserved_at < :until AND kind IN ('settle', 'correct')
      AND (CAST(:user AS uuid) IS NULL OR user_id = :user)
    GROUP BY job_id, model, user_id HAVING sum(micros) > 0
    ORDER BY sum(micros) DESC, job_id LIMIT :most
) AS dear
LEFT JOIN job ON job.id = dear.job_id
LEFT JOIN video ON video.id = job.video_id AND video.owner_id = :user AND video.deleted_at IS NULL
ORDER BY dear.micros DESC, dear.job_id
""")


class UsageRepository(Repository):
    """Adds up usage inside one transaction."""

    async def usage(self, query: UsageQuery) -> Usage:
        """Return a page of usage in the order of its keys, and the sum of all pages."""
        inside = _conditions(query)
        key = _KEYS[query.grouping].label("key")
        page = select(key, *_SUMS).where(*inside).group_by(key).order_by(key).limit(query.limit + 1)
        if query.after is not None:
            page = page.where(_KEYS[query.grouping] > query.after)
        rows = [UsageRow(row.key, _to_sums(row)) for row in await self._do(page)]
        shown = rows[: query.limit]
        if query.grouping is Grouping.USER:
            shown = await self._named(shown)
        if query.after is None and len(rows) == len(shown):  # these are all: another look is spared
            return Usage(tuple(shown), _added_up(shown))
        totals = (await self._do(select(*_SUMS).where(*inside))).one()
        return Usage(tuple(shown), _to_sums(totals), has_more=len(rows) > len(shown))

    async def parts(self, query: UsageQuery, *, most: int) -> tuple[DayPart, ...]:
        """Return what each day took of each thing, in order: of the dearest, and of all others together."""
        key = _KEYS[query.grouping].label("key")
        used = func.sum(col(_ROW.spent_micros) + col(_ROW.held_micros)).label("micros")
        by_day = select(col(_ROW.day).label("day"), key, used).where(*_conditions(query))
        each = by_day.group_by(col(_ROW.day), key).cte("each").prefix_with("MATERIALIZED")
        whole = func.sum(each.c.micros)
        dearest = select(each.c.key).group_by(each.c.key).order_by(whole.desc(), each.c.key).limit(most).cte()
        stacked = select(each.c.day, dearest.c.key, whole.label("micros"))
        stacked = stacked.select_from(each.outerjoin(dearest, dearest.c.key == each.c.key))
        stacked = stacked.group_by(each.c.day, dearest.c.key)
        rows = await self._do(stacked.order_by(each.c.day, dearest.c.key))
        return tuple(DayPart(row.day, row.key, int(row.micros)) for row in rows)

    async def names(self, keys: Iterable[str]) -> dict[str, str]:
        """Return the names of people, by their ids as text."""
        named = await self._named([UsageRow(key, UsageSums()) for key in keys])
        return {row.key: row.name for row in named}

    async def durations(
        self, user_id: UUID | None, since: datetime, until: datetime
    ) -> tuple[Durations, Durations]:
        """Return how long attempts waited and rendered that ended in a stretch of time."""
        row = (await self._do(_DURATIONS, {"user": user_id, "since": since, "until": until})).one()
        return Durations(row.wait_median, row.wait_most), Durations(row.render_median, row.render_most)

    async def dearest(
        self, user_id: UUID | None, since: datetime, until: datetime, *, limit: int = 10
    ) -> tuple[Dearest, ...]:
        """Return the attempts on which most was spent; a person's own with their titles."""
        given = {"user": user_id, "since": since, "until": until, "most": limit}
        return tuple(
            Dearest(int(row.micros), row.model, row.user_id, row.video_id, row.title or "")
            for row in await self._do(_DEAREST, given)
        )

    async def _named(self, rows: list[UsageRow]) -> list[UsageRow]:
        ids = [UUID(row.key) for row in rows if row.key]
        query = select(col(UserRow.id), col(UserRow.display_name)).where(col(UserRow.id).in_(ids))
        names = {str(row.id): row.display_name for row in await self._do(query)}
        return [UsageRow(row.key, row.sums, names.get(row.key, "")) for row in rows]


def _conditions(query: UsageQuery) -> list[ColumnElement[bool]]:
    inside = [col(_ROW.day) >= query.first, col(_ROW.day) <= query.last]
    if query.scope.user_id:
        inside.append(col(_ROW.user_id) == query.scope.user_id)
    if query.scope.project_id:
        inside.append(col(_ROW.project_id) == query.scope.project_id)
    return inside


def _to_sums(row: Row[Any]) -> UsageSums:
    return UsageSums(**{name: int(getattr(row, name)) for name in UsageSums.__dataclass_fields__})


def _added_up(rows: Iterable[UsageRow]) -> UsageSums:
    sums = [row.sums for row in rows]
    names = UsageSums.__dataclass_fields__
    return UsageSums(**{name: sum(getattr(each, name) for each in sums) for name in names})
