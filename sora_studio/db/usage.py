"""Usage, from the sums of days that the ledger's triggers keep."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, func, select
from sqlmodel import col

from sora_studio.db.models import NOBODY, UsageDayRow, UserRow
from sora_studio.db.repository import Repository
from sora_studio.domain.usage import Grouping, Usage, UsageQuery, UsageRow, UsageSums

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


class UsageRepository(Repository):
    """Adds up usage inside one transaction."""

    async def usage(self, query: UsageQuery) -> Usage:
        """Return a page of usage in the order of its keys, and the sum of all pages."""
        inside = _conditions(query)
        totals = (await self._do(select(*_SUMS).where(*inside))).one()
        key = _KEYS[query.grouping].label("key")
        page = select(key, *_SUMS).where(*inside).group_by(key).order_by(key).limit(query.limit + 1)
        if query.after is not None:
            page = page.where(_KEYS[query.grouping] > query.after)
        rows = [UsageRow(row.key, _to_sums(row)) for row in await self._do(page)]
        shown = rows[: query.limit]
        if query.grouping is Grouping.USER:
            shown = await self._named(shown)
        return Usage(tuple(shown), _to_sums(totals), has_more=len(rows) > len(shown))

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


def _to_sums(row: Any) -> UsageSums:  # noqa: ANN401 - a Core row
    return UsageSums(**{name: int(getattr(row, name)) for name in UsageSums.__dataclass_fields__})
