"""Usage: a person's or a project's from the sums of days, the whole studio's from totals of those.

The ledger's triggers keep the days. What they change is also noted, and `fold_usage` moves the notes into the
totals: whatever reads totals adds the notes that are there, in the same statement.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlmodel import col

from sora_studio.db.models import NOBODY, UserRow
from sora_studio.db.repository import Repository
from sora_studio.domain.usage import (
    SAMPLE,
    DayPart,
    Dearest,
    Durations,
    Grouping,
    Usage,
    UsageQuery,
    UsageRow,
    UsageScope,
    UsageSums,
    spans,
)

_NOBODY = f"CAST('{NOBODY}' AS uuid)"
_KEYS = {
    Grouping.DAY: "day::text",
    Grouping.MODEL: "model",
    Grouping.PROVIDER: "provider",
    Grouping.USER: f"coalesce(nullif(user_id, {_NOBODY})::text, '')",
    Grouping.PROJECT: f"coalesce(nullif(project_id, {_NOBODY})::text, '')",
    Grouping.KEY: f"coalesce(nullif(api_key_id, {_NOBODY})::text, '')",
}
_COLUMNS = "jobs AS count, completed, failures, seconds, spent_micros, held_micros, failed_micros"
_SUMS = ", ".join(f"sum({name})::bigint AS {name}" for name in UsageSums.__dataclass_fields__)
_INSIDE = "day BETWEEN :first AND :last"
_PARTS = """part AS (
    SELECT * FROM unnest(CAST(:spans AS text[]), CAST(:starts AS date[])) AS part (span, starts))"""

# A key that is among the first of all is among the first of each span that has it: no more of them is read.
_PAGE = """
WITH {parts}
SELECT key, {sums} FROM (
    SELECT kept.* FROM part CROSS JOIN LATERAL (
        SELECT {total_key} AS key, {columns} FROM usage_total AS total
        WHERE total.grouping = :grouping AND total.span = part.span AND total.starts = part.starts {behind}
        ORDER BY total.key LIMIT :most
    ) AS kept
    UNION ALL SELECT {key}, {columns} FROM usage_change WHERE {inside}
) AS used
WHERE CAST(:after AS text) IS NULL OR key > :after GROUP BY key ORDER BY key LIMIT :limit
"""
_PAGE_OF = """
SELECT key, {sums} FROM (
    SELECT {key} AS key, {columns} FROM usage_day WHERE {inside} AND {whose}
) AS used
WHERE CAST(:after AS text) IS NULL OR key > :after GROUP BY key ORDER BY key LIMIT :limit
"""

# Of one month exactly the dearest; of several, among those that were dear in one of them.
_STACK = """
WITH {parts}, candidate AS (
    SELECT dear.key FROM (SELECT DISTINCT date_trunc('month', starts)::date AS starts FROM part) AS month
    CROSS JOIN LATERAL (
        SELECT key FROM usage_total AS total
        WHERE grouping = :grouping AND span = 'month' AND total.starts = month.starts
        ORDER BY spent_micros + held_micros DESC, key LIMIT 10
    ) AS dear
    UNION SELECT {key} FROM usage_change WHERE {inside}
), dearest AS (
    SELECT key FROM (
        SELECT candidate.key, total.micros FROM candidate CROSS JOIN part CROSS JOIN LATERAL (
            SELECT spent_micros + held_micros AS micros FROM usage_total AS total
            WHERE (grouping, total.span, total.starts, total.key)
                = (:grouping, part.span, part.starts, candidate.key) LIMIT 1
        ) AS total
        UNION ALL SELECT {key}, spent_micros + held_micros FROM usage_change WHERE {inside}
    ) AS used GROUP BY key ORDER BY sum(micros) DESC, key LIMIT :most
), stacked AS (
    SELECT day, key, micros FROM dearest
    CROSS JOIN (SELECT CAST(:first AS date) + n AS day
        FROM generate_series(0, CAST(:last AS date) - CAST(:first AS date)) AS n) AS days
    CROSS JOIN LATERAL (
        SELECT spent_micros + held_micros AS micros FROM usage_total AS total
        WHERE (grouping, span, starts, total.key) = (:grouping, 'day', days.day, dearest.key) LIMIT 1
    ) AS total
    UNION ALL SELECT day, dearest.key, spent_micros + held_micros
        FROM usage_change JOIN dearest ON dearest.key = {key} WHERE {inside}
)
SELECT day, key, sum(micros) AS micros FROM (
    SELECT * FROM stacked
    UNION ALL SELECT day, NULL, -micros FROM stacked
    UNION ALL SELECT starts, NULL, spent_micros + held_micros FROM usage_total
        WHERE grouping = 'provider' AND span = 'day' AND starts BETWEEN :first AND :last
    UNION ALL SELECT day, NULL, spent_micros + held_micros FROM usage_change WHERE {inside}
) AS used GROUP BY day, key HAVING key IS NOT NULL OR sum(micros) <> 0 ORDER BY day, key
"""
_STACK_OF = """
WITH used AS MATERIALIZED (
    SELECT day, {key} AS key, sum(spent_micros + held_micros) AS micros
    FROM usage_day WHERE {inside} AND {whose} GROUP BY 1, 2
), dearest AS (SELECT key FROM used GROUP BY key ORDER BY sum(micros) DESC, key LIMIT :most)
SELECT day, dearest.key, sum(micros) AS micros FROM used LEFT JOIN dearest ON dearest.key = used.key
GROUP BY 1, 2 ORDER BY 1, 2
"""

_TOOK = """
WITH latest AS ({latest})
SELECT count(*) AS sample,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY waited) AS wait_median,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY waited) AS wait_most,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY rendered) AS render_median,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY rendered) AS render_most
FROM (
    SELECT extract(epoch FROM job.accepted_at - job.created_at)::float8 AS waited,
        extract(epoch FROM job.rendered_at - job.accepted_at)::float8 AS rendered
    FROM latest JOIN job ON {joined}
    WHERE job.rendered_at >= :since AND job.rendered_at < :until AND job.accepted_at >= job.created_at
) AS took
"""
_LATEST = text(
    _TOOK.format(
        latest="SELECT id FROM job WHERE rendered_at >= :since AND rendered_at < :until"
        " ORDER BY rendered_at DESC LIMIT :most",
        joined="job.id = latest.id",
    )
)
_LATEST_OF = text(
    _TOOK.format(
        latest="SELECT id FROM video WHERE owner_id = :user AND created_at < :until"
        " ORDER BY created_at DESC LIMIT :most",
        joined="job.video_id = latest.id",
    )
)
_DEAREST = """
SELECT dear.*, video.id AS video_id, video.title FROM (
    SELECT cost.* FROM generate_series(
        (CAST(:since AS timestamptz) AT TIME ZONE 'UTC')::date::timestamp,
        (CAST(:until AS timestamptz) AT TIME ZONE 'UTC')::date::timestamp, '1 day') AS day
    CROSS JOIN LATERAL (
        SELECT job_id, model, user_id, micros FROM attempt_cost
        WHERE (reserved_at AT TIME ZONE 'UTC')::date = day::date AND micros > 0 AND {whose}
            AND reserved_at >= :since AND reserved_at < :until
        ORDER BY micros DESC, job_id LIMIT :most
    ) AS cost ORDER BY micros DESC, job_id LIMIT :most
) AS dear
LEFT JOIN job ON job.id = dear.job_id
LEFT JOIN video ON video.id = job.video_id AND video.owner_id = :user AND video.deleted_at IS NULL
ORDER BY dear.micros DESC, dear.job_id
"""
_FOLD = text("SELECT fold_usage(:most)")


class UsageRepository(Repository):
    """Adds up usage inside one transaction."""

    async def usage(self, query: UsageQuery) -> Usage:
        """Return a page of usage in the order of its keys, and the sum of all pages."""
        rows = await self._page(query, query.limit + 1)
        shown = rows[: query.limit]
        if query.grouping is Grouping.USER:
            shown = await self._named(shown)
        if query.after is None and len(rows) == len(shown):  # these are all: another look is spared
            return Usage(tuple(shown), _added_up(shown))
        return Usage(tuple(shown), await self.totals(query), has_more=len(rows) > len(shown))

    async def totals(self, query: UsageQuery) -> UsageSums:
        """Return the sums of everything that is asked for, whatever it is grouped by."""
        by_provider = UsageQuery(query.scope, query.first, query.last, Grouping.PROVIDER)
        return _added_up(await self._page(by_provider, None))

    async def _page(self, query: UsageQuery, limit: int | None) -> list[UsageRow]:
        is_day = query.grouping is Grouping.DAY  # each has few rows: one a provider
        words = _words(query) | {
            "total_key": "starts::text" if is_day else "key",
            "behind": "AND total.key > :after" if query.after is not None and not is_day else "",
        }
        page = _PAGE.format(**words) if _is_of_all(query.scope) else _PAGE_OF.format(**words)
        given = _given(query) | {"after": query.after, "limit": limit, "most": None if is_day else limit}
        return [UsageRow(row.key, _to_sums(row)) for row in await self._do(text(page), given)]

    async def parts(self, query: UsageQuery, *, most: int) -> tuple[DayPart, ...]:
        """Return what each day took of each thing, in order: of the dearest, and of all others together."""
        words = _words(query)
        stack = _STACK.format(**words) if _is_of_all(query.scope) else _STACK_OF.format(**words)
        rows = await self._do(text(stack), _given(query) | {"most": most})
        return tuple(DayPart(row.day, row.key, int(row.micros)) for row in rows)

    async def names(self, keys: Iterable[str]) -> dict[str, str]:
        """Return the names of people, by their ids as text."""
        named = await self._named([UsageRow(key, UsageSums()) for key in keys])
        return {row.key: row.name for row in named}

    async def durations(
        self, user_id: UUID | None, since: datetime, until: datetime
    ) -> tuple[Durations, Durations]:
        """Return how long the latest attempts waited and rendered that ended in a stretch of time."""
        given = {"user": user_id, "since": since, "until": until, "most": SAMPLE}
        row = (await self._do(_LATEST_OF if user_id else _LATEST, given)).one()
        is_sample = row.sample >= SAMPLE
        return (
            Durations(row.wait_median, row.wait_most, is_sample),
            Durations(row.render_median, row.render_most, is_sample),
        )

    async def dearest(
        self, user_id: UUID | None, since: datetime, until: datetime, *, limit: int = 10
    ) -> tuple[Dearest, ...]:
        """Return the attempts on which most was spent; a person's own with their titles."""
        given = {"user": user_id, "since": since, "until": until, "most": limit}
        statement = text(_DEAREST.format(whose="user_id = :user" if user_id else "true"))
        return tuple(
            Dearest(int(row.micros), row.model, row.user_id, row.video_id, row.title or "")
            for row in await self._do(statement, given)
        )

    async def fold(self, most: int) -> int:
        """Move the oldest changes into the totals; return how many there were."""
        return (await self._do(_FOLD, {"most": most})).scalar_one()

    async def _named(self, rows: list[UsageRow]) -> list[UsageRow]:
        ids = [UUID(row.key) for row in rows if row.key]
        query = select(col(UserRow.id), col(UserRow.display_name)).where(col(UserRow.id).in_(ids))
        names = {str(row.id): row.display_name for row in await self._do(query)}
        return [UsageRow(row.key, row.sums, names.get(row.key, "")) for row in rows]


def _is_of_all(scope: UsageScope) -> bool:
    return scope == UsageScope()


def _words(query: UsageQuery) -> dict[str, str]:
    """Return what is put into the statements: our own words alone."""
    whose = ["true"]
    if query.scope.user_id:
        whose.append("user_id = :user")
    if query.scope.project_id:
        whose.append(f"project_id = :project AND project_id <> {_NOBODY}")  # as its index says
    return {
        "parts": _PARTS,
        "key": _KEYS[query.grouping],
        "columns": _COLUMNS,
        "sums": _SUMS,
        "inside": _INSIDE,
        "whose": " AND ".join(whose),
    }


def _given(query: UsageQuery) -> dict[str, Any]:
    by_day = query.grouping is Grouping.DAY
    parts = [("day", day) for day in query.days()] if by_day else spans(query.first, query.last)
    return {
        "first": query.first,
        "last": query.last,
        "user": query.scope.user_id,
        "project": query.scope.project_id,
        "grouping": Grouping.PROVIDER if by_day else query.grouping,
        "spans": [span for span, _ in parts],
        "starts": [starts for _, starts in parts],
    }


def _to_sums(row: Row[Any]) -> UsageSums:
    return UsageSums(**{name: int(getattr(row, name)) for name in UsageSums.__dataclass_fields__})


def _added_up(rows: Iterable[UsageRow]) -> UsageSums:
    sums = [row.sums for row in rows]
    names = UsageSums.__dataclass_fields__
    return UsageSums(**{name: sum(getattr(each, name) for each in sums) for name in names})
