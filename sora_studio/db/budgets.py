"""Budgets and what counts against them; the windows are a cache of the ledger, kept by its triggers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, text, tuple_, update
from sqlmodel import col, select

from sora_studio.db.models import NOBODY, BudgetAlertRow, BudgetNoticeRow, BudgetRow, BudgetWindowRow
from sora_studio.db.repository import Repository
from sora_studio.domain.budget import (
    Behaviour,
    Budget,
    BudgetNotice,
    BudgetScope,
    BudgetStatus,
    Period,
    Window,
)
from sora_studio.domain.ids import public_budget_id

# What a window adds up to when it opens. The budget is locked: who writes an entry that it covers waits. Days
# have their sums; entries are read of a day in whose midst a window begins.
_BY_DAY = " ".join(
    f"""UNION ALL SELECT held_micros, spent_micros FROM usage_day
        WHERE day >= days.first AND day < days.after AND {column} <> '{NOBODY}'::uuid
            AND {column} = CASE budget.scope WHEN '{scope}' THEN budget.scope_id::uuid END"""
    for scope, column in (("user", "user_id"), ("project", "project_id"), ("key", "api_key_id"))
)
_HELD = """CASE entry.kind WHEN 'reserve' THEN entry.micros WHEN 'settle' THEN -entry.micros
        WHEN 'release' THEN -entry.micros END"""
_SPENT = "CASE WHEN entry.kind IN ('settle', 'correct') THEN entry.micros END"
_COVERED = """budget_covers(budget.scope, budget.scope_id,
        entry.user_id, entry.project_id, entry.provider, entry.api_key_id)"""
_NEW = f"""
SELECT budget.id AS budget_id, part.starts_at, part.ends_at,
    coalesce(sum(used.held), 0) AS held, coalesce(sum(used.spent), 0) AS spent
FROM unnest(CAST(:budgets AS uuid[]), CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]))
    AS part (budget_id, starts_at, ends_at)
JOIN budget ON budget.id = part.budget_id
CROSS JOIN LATERAL (
    SELECT studio_day(part.starts_at) AS begun,
        studio_day(part.starts_at - interval '1 microsecond') + 1 AS first,
        coalesce(studio_day(part.ends_at), 'infinity') AS after
) AS days
LEFT JOIN LATERAL (
    SELECT {_HELD} AS held, {_SPENT} AS spent FROM ledger_entry AS entry
    WHERE days.begun < days.first AND entry.reserved_at >= part.starts_at
        AND entry.reserved_at < part.starts_at + interval '2 days'
        AND studio_day(entry.reserved_at) < days.first AND {_COVERED}
    {_BY_DAY}
    UNION ALL SELECT held_micros, spent_micros FROM (
        SELECT starts AS day, key AS provider, held_micros, spent_micros FROM usage_total
        WHERE grouping = 'provider' AND span = 'day'
        UNION ALL SELECT day, provider, held_micros, spent_micros FROM usage_change
    ) AS everybody
    WHERE day >= days.first AND day < days.after
        AND (budget.scope = 'studio' OR budget.scope = 'provider' AND provider = budget.scope_id)
) AS used ON true
GROUP BY budget.id, part.starts_at, part.ends_at
"""
_OPEN_WINDOWS = text(f"""
INSERT INTO budget_window (budget_id, starts_at, ends_at, held, spent) {_NEW}
RETURNING budget_id, held, spent, 0 AS alerted
""")
_LOOK_INTO = text(f"SELECT budget_id, held, spent, 0 AS alerted FROM ({_NEW}) AS new")
# By the ledger alone, whatever else was added up.
_COMPARE = text(f"""
SELECT found.budget_id, found.starts_at, found.held, found.spent,
    stored.held AS stored_held, stored.spent AS stored_spent
FROM (
    SELECT budget.id AS budget_id, part.starts_at,
        coalesce(sum({_HELD}), 0) AS held, coalesce(sum({_SPENT}), 0) AS spent
    FROM budget_window AS part JOIN budget ON budget.id = part.budget_id
    LEFT JOIN ledger_entry AS entry ON entry.reserved_at >= part.starts_at
        AND entry.reserved_at < coalesce(part.ends_at, 'infinity') AND {_COVERED}
    GROUP BY budget.id, part.starts_at
) AS found
JOIN budget_window AS stored USING (budget_id, starts_at)
WHERE (found.held, found.spent) <> (stored.held, stored.spent)
""")


# Each in one statement, as every wish needs them.
_SCOPED = """(scope, scope_id) IN (
    SELECT * FROM unnest(CAST(:scopes AS text[]), CAST(:scope_ids AS text[])))"""
_APPLYING = text(f"SELECT * FROM budget WHERE {_SCOPED} ORDER BY id FOR UPDATE")
_OF = text(f"SELECT * FROM budget WHERE {_SCOPED} ORDER BY id")
_WINDOWS = text("""
SELECT part.budget_id, part.held, part.spent, coalesce((
    SELECT max(threshold) FROM budget_alert AS alert
    WHERE alert.budget_id = part.budget_id AND alert.starts_at = part.starts_at), 0) AS alerted
FROM budget_window AS part
WHERE (part.budget_id, part.starts_at) IN (
    SELECT * FROM unnest(CAST(:budgets AS uuid[]), CAST(:starts AS timestamptz[])))
""")
# Each budget names one of these at most; the cast is of those alone that are ids.
_KEY_NAME = "api_key.name || ' …' || api_key.last4 || ', of ' || keeper.display_name"
_NAMES = text(f"""
SELECT budget.id, coalesce(person.display_name || ' · ' || person.email, project.name, {_KEY_NAME},
    CASE budget.scope WHEN 'provider' THEN budget.scope_id END) AS name
FROM budget
LEFT JOIN "user" AS person ON person.id = CASE budget.scope WHEN 'user' THEN CAST(budget.scope_id AS uuid) END
LEFT JOIN project ON project.id = CASE budget.scope WHEN 'project' THEN CAST(budget.scope_id AS uuid) END
LEFT JOIN api_key ON api_key.id = CASE budget.scope WHEN 'key' THEN CAST(budget.scope_id AS uuid) END
LEFT JOIN "user" AS keeper ON keeper.id = api_key.user_id
WHERE budget.id = ANY(CAST(:budgets AS uuid[]))
""")
# Whom a budget concerns: those who run the studio, and who spends it or runs what is spent on.
_ALERT = text("""
WITH fresh AS (
    INSERT INTO budget_alert (budget_id, starts_at, threshold, at)
    SELECT :budget, :starts, unnest(CAST(:thresholds AS smallint[])), :at
    ON CONFLICT DO NOTHING RETURNING threshold
), concerned AS (
    SELECT id FROM "user" WHERE role = 'admin' AND disabled_at IS NULL
    UNION SELECT id FROM "user" WHERE :scope = 'user' AND id = CAST(nullif(:scope_uuid, '') AS uuid)
    UNION SELECT user_id FROM project_member
        WHERE :scope = 'project' AND project_id = CAST(nullif(:scope_uuid, '') AS uuid) AND role = 'manager'
    UNION SELECT user_id FROM api_key WHERE :scope = 'key' AND id = CAST(nullif(:scope_uuid, '') AS uuid)
), noticed AS (
    INSERT INTO budget_notice (user_id, budget_id, starts_at, threshold, at)
    SELECT concerned.id, :budget, :starts, max(fresh.threshold), :at FROM concerned, fresh GROUP BY 1
    ON CONFLICT (user_id, budget_id, starts_at)
        DO UPDATE SET threshold = excluded.threshold, at = excluded.at
)
SELECT enqueue_webhook(concerned.id, 'budget.threshold_reached', :subject) FROM concerned, fresh
""")
_PROJECTS_NAMED = text("""
SELECT id, name FROM project WHERE lower(name) LIKE :pattern ORDER BY name, id LIMIT :most
""")
_KEYS_NAMED = text(f"""
SELECT api_key.id, {_KEY_NAME} AS name FROM api_key JOIN "user" AS keeper ON keeper.id = api_key.user_id
WHERE api_key.revoked_at IS NULL AND lower(api_key.name) LIKE :pattern
ORDER BY api_key.name, api_key.id LIMIT :most
""")


class BudgetRepository(Repository):
    """Reads and writes budgets inside one transaction."""

    async def add(self, budget: Budget) -> None:
        """Store a new budget."""
        values: dict[str, Any] = asdict(budget) | {"thresholds": list(budget.thresholds)}
        self._tx.add(BudgetRow(**values))
        await self._tx.flush()

    async def page(self, *, after: UUID | None = None, limit: int) -> tuple[Budget, ...]:
        """Return budgets in the order in which they were made, those behind one of them."""
        row = BudgetRow
        query = select(row).order_by(col(row.created_at), col(row.id)).limit(limit)
        if after:
            mark = select(row.created_at, row.id).where(col(row.id) == after)
            query = query.where(tuple_(col(row.created_at), col(row.id)) > mark.scalar_subquery())
        return tuple(map(_to_budget, await self._tx.exec(query)))

    async def names(self, budget_ids: Iterable[UUID]) -> dict[UUID, str]:
        """Return the names of those whose budgets they are; of what is gone, and of the studio, none."""
        rows = await self._do(_NAMES, {"budgets": [*budget_ids]})
        return {row.id: row.name for row in rows if row.name}

    async def candidates(self, scope: BudgetScope, words: str, limit: int) -> list[tuple[str, str]]:
        """Return the ids and names of projects or API keys whose names have these words in them, by name."""
        part = words.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        query = _PROJECTS_NAMED if scope is BudgetScope.PROJECT else _KEYS_NAMED
        rows = await self._do(query, {"pattern": f"%{part}%", "most": limit})
        return [(str(row.id), row.name) for row in rows]

    async def find(self, budget_id: UUID) -> Budget | None:
        """Return a budget, locked until this transaction ends; None: there is none."""
        query = select(BudgetRow).where(col(BudgetRow.id) == budget_id).with_for_update()
        row = (await self._tx.exec(query)).one_or_none()
        return _to_budget(row) if row else None

    async def replace(self, budget: Budget) -> None:
        """Change a budget that is locked; its windows are made anew when they are next needed."""
        values = {
            name: getattr(budget, name) for name in ("amount_micros", "period", "behaviour", "by_manager")
        }
        mine = col(BudgetRow.id) == budget.id
        await self._do(update(BudgetRow).where(mine).values(**values, thresholds=list(budget.thresholds)))
        await self._do(delete(BudgetWindowRow).where(col(BudgetWindowRow.budget_id) == budget.id))

    async def remove(self, budget_id: UUID) -> bool:
        """Delete a budget with its windows and alerts; False: there is none."""
        gone = await self._do(delete(BudgetRow).where(col(BudgetRow.id) == budget_id))
        return gone.rowcount == 1

    async def remove_of(self, scope: BudgetScope, scope_id: str) -> None:
        """Delete every budget of something that is no longer in use."""
        await self._do(
            delete(BudgetRow).where(col(BudgetRow.scope) == scope, col(BudgetRow.scope_id) == scope_id)
        )

    async def close_windows(self) -> None:
        """Forget all windows, as when days begin at another time."""
        await self._do(delete(BudgetWindowRow))

    async def applying(self, names: Iterable[tuple[BudgetScope, str]]) -> tuple[Budget, ...]:
        """Return the budgets of some scopes, in the order of their ids.

        Nobody else reserves or settles against them until this transaction ends.

        Args:
            names: The scopes, each with an id by which it is known.
        """
        return tuple(map(_to_budget, await self._do(_APPLYING, _scopes(names))))

    async def of(self, names: Iterable[tuple[BudgetScope, str]]) -> tuple[Budget, ...]:
        """Return the budgets of some scopes as they are, in the order of their ids."""
        return tuple(map(_to_budget, await self._do(_OF, _scopes(names))))

    async def statuses(self, windows: Mapping[Budget, Window], *, locked: bool = True) -> list[BudgetStatus]:
        """Tell how budgets stand in windows of theirs.

        Args:
            windows: One of each.
            locked: Whether they are: then windows that are new are opened for everybody.
        """
        given = {
            "budgets": [budget.id for budget in windows],
            "starts": [window.starts_at for window in windows.values()],
        }
        found = {row.budget_id: row for row in await self._do(_WINDOWS, given)}
        new = {budget.id: window for budget, window in windows.items() if budget.id not in found}
        if new:
            given = {
                "budgets": [*new],
                "starts": [window.starts_at for window in new.values()],
                "ends": [window.ends_at for window in new.values()],
            }
            add_up = _OPEN_WINDOWS if locked else _LOOK_INTO
            found |= {row.budget_id: row for row in await self._do(add_up, given)}
        return [_to_status(budget, window, found[budget.id]) for budget, window in windows.items()]

    async def alert(self, status: BudgetStatus, thresholds: Iterable[int], at: datetime) -> None:
        """Write down that thresholds are reached in a window, and tell those concerned of what is new.

        Each finds a notice of the highest one, and their webhook endpoints hear of every one.
        """
        budget = status.budget
        given = {
            "budget": budget.id,
            "starts": status.window.starts_at,
            "thresholds": [*thresholds],
            "at": at,
            "scope": budget.scope,
            "scope_uuid": "" if budget.scope is BudgetScope.PROVIDER else budget.scope_id,
            "subject": public_budget_id(budget.id),
        }
        await self._do(_ALERT, given)

    async def notices(self, user_id: UUID, limit: int) -> list[BudgetNotice]:
        """Return the notices that somebody has not put away, the latest first."""
        rows = [*await self._tx.exec(_NOTICES, params={"user_id": user_id, "most": limit})]
        names = await self.names({budget.id for _, budget in rows}) if rows else {}
        return [
            BudgetNotice(_to_budget(budget), names.get(budget.id, ""), told.threshold, told.at)
            for told, budget in rows
        ]

    async def dismiss(self, user_id: UUID, budget_id: UUID) -> None:
        """Put away somebody's notices about a budget."""
        row = BudgetNoticeRow
        await self._do(delete(row).where(col(row.user_id) == user_id, col(row.budget_id) == budget_id))

    async def take_back_alerts(self, status: BudgetStatus) -> None:
        """Forget the thresholds that are no longer reached: they speak up again when they are."""
        row, reached = BudgetAlertRow, {each for each in status.budget.thresholds if status.is_at(each)}
        window = (col(row.budget_id) == status.budget.id, col(row.starts_at) == status.window.starts_at)
        await self._do(delete(row).where(*window, col(row.threshold).not_in(reached)))

    async def wrong_windows(self) -> Sequence[tuple[UUID, datetime, str]]:
        """Return the windows that do not say what the ledger adds up to: budget, start, and both in words."""
        return [(row.budget_id, row.starts_at, _difference(row)) for row in await self._do(_COMPARE)]

    async def forget_window(self, budget_id: UUID, starts_at: datetime) -> None:
        """Have a window added up anew when it is next needed."""
        row = BudgetWindowRow
        await self._do(delete(row).where(col(row.budget_id) == budget_id, col(row.starts_at) == starts_at))


def _scopes(names: Iterable[tuple[BudgetScope, str]]) -> dict[str, list[str]]:
    pairs = [*names]
    return {"scopes": [str(scope) for scope, _ in pairs], "scope_ids": [name for _, name in pairs]}


def _to_status(budget: Budget, window: Window, row: Row[Any]) -> BudgetStatus:
    return BudgetStatus(budget, window, int(row.held), int(row.spent), row.alerted)


_NOTICES = (
    select(BudgetNoticeRow, BudgetRow)
    .join(BudgetRow, col(BudgetRow.id) == col(BudgetNoticeRow.budget_id))
    .where(col(BudgetNoticeRow.user_id) == bindparam("user_id"))
    .order_by(col(BudgetNoticeRow.at).desc(), col(BudgetNoticeRow.budget_id))
    .limit(bindparam("most"))
)


def _to_budget(row: Row[Any] | BudgetRow) -> Budget:
    return Budget(
        id=row.id,
        scope=BudgetScope(row.scope),
        scope_id=row.scope_id,
        amount_micros=row.amount_micros,
        period=Period(row.period),
        behaviour=Behaviour(row.behaviour),
        thresholds=tuple(row.thresholds),
        created_at=row.created_at,
        by_manager=row.by_manager,
    )


def _difference(row: Row[Any]) -> str:
    stored = f"{row.stored_held} and {row.stored_spent}"
    return f"holds {stored} micro-dollars instead of {row.held} and {row.spent}"
