"""The ledger, read: triggers of the database write it with every change of a job's charge."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlmodel import col, select

from sora_studio.db.locks import Lock
from sora_studio.db.models import LedgerEntryRow
from sora_studio.db.repository import Repository
from sora_studio.domain.ledger import Entry, EntryKind

ZONE_SETTING = "time_zone"
"""The setting by which the triggers know whose midnights begin a day."""

_ZONE = text("SELECT value #>> '{}' FROM setting WHERE name = :name")
_SET_ZONE = text("""
INSERT INTO setting (name, value, changed_at) VALUES (:name, to_jsonb(CAST(:zone AS text)), now())
ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at
""")

# Entries that are being written are waited for, and new ones wait.
_STOP_WRITERS = text("LOCK TABLE ledger_entry IN SHARE ROW EXCLUSIVE MODE")

_NOBODY = "CAST('00000000-0000-0000-0000-000000000000' AS uuid)"
_HELD = """coalesce(sum(CASE entry.kind WHEN 'reserve' THEN entry.micros
    WHEN 'settle' THEN -entry.micros WHEN 'release' THEN -entry.micros END), 0)"""
_SPENT = "coalesce(sum(entry.micros) FILTER (WHERE entry.kind IN ('settle', 'correct')), 0)"

# The sums of days, made anew; how attempts ended is known of those that are still there. The totals follow.
_EMPTY = [text(f"DELETE FROM {table}") for table in ("usage_day", "usage_change", "usage_total")]
_SUM_DAYS = text(f"""
INSERT INTO usage_day (day, user_id, project_id, provider, model, api_key_id, jobs, completed, failures,
    seconds, held_micros, spent_micros, failed_micros)
SELECT studio_day(entry.reserved_at), coalesce(entry.user_id, {_NOBODY}),
    coalesce(entry.project_id, {_NOBODY}), entry.provider, entry.model, coalesce(entry.api_key_id, {_NOBODY}),
    count(*) FILTER (WHERE entry.kind = 'reserve'),
    count(*) FILTER (WHERE entry.kind = 'reserve' AND job.phase = 'completed'),
    count(*) FILTER (WHERE entry.kind = 'reserve' AND job.phase = 'failed'),
    coalesce(sum(entry.seconds) FILTER (WHERE entry.kind = 'reserve' AND job.phase = 'completed'), 0),
    {_HELD}, {_SPENT},
    coalesce(sum(entry.micros) FILTER (
        WHERE entry.kind IN ('settle', 'correct') AND job.phase = 'failed'), 0)
FROM ledger_entry AS entry LEFT JOIN job ON job.id = entry.job_id
GROUP BY 1, 2, 3, 4, 5, 6
""")


class LedgerRepository(Repository):
    """Reads the ledger inside one transaction."""

    async def page(self, *, after: int = 0, limit: int) -> Sequence[Entry]:
        """Return entries in the order of their ids, those behind one of them."""
        query = select(LedgerEntryRow).where(col(LedgerEntryRow.id) > after)
        rows = await self._tx.exec(query.order_by(col(LedgerEntryRow.id)).limit(limit))
        return [*map(_to_entry, rows)]

    async def stop_writers(self) -> None:
        """Let nobody add an entry until this transaction ends, once those under way have ended."""
        await self._do(_STOP_WRITERS)

    async def zone(self) -> str:
        """Return the time zone whose days the sums are of."""
        return (await self._do(_ZONE, {"name": ZONE_SETTING})).scalar_one_or_none() or "UTC"

    async def move_to_zone(self, zone: str) -> None:
        """Have days begin at another zone's midnights, those behind us, too."""
        await self.stop_writers()
        await self._do(_SET_ZONE, {"name": ZONE_SETTING, "zone": zone})
        await self._hold(Lock.FOLDING_USAGE)
        for statement in (*_EMPTY, _SUM_DAYS):
            await self._do(statement)


def _to_entry(row: LedgerEntryRow) -> Entry:
    return Entry(
        id=row.id or 0,
        job_id=row.job_id,
        kind=EntryKind(row.kind),
        micros=row.micros,
        at=row.at,
        reserved_at=row.reserved_at,
        user_id=row.user_id,
        project_id=row.project_id,
        provider=row.provider,
        model=row.model,
        api_key_id=row.api_key_id,
        seconds=row.seconds,
    )
