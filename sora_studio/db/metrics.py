"""The figures of the database that operators watch: few rows each, however many videos there are."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import text

from sora_studio.db.repository import Repository

# By ix_job_pending: what has ended is not read. What a provider has accepted is on hold no longer, so those
# jobs are counted in the index; of the others there are few.
_PENDING = "NOT job.phase IN ('completed', 'failed')"
_JOBS = text(f"""
SELECT job.phase, job.provider, count(*) AS jobs, 0 AS held
FROM job WHERE {_PENDING} AND job.phase IN ('queued', 'in_progress', 'saving')
GROUP BY job.phase, job.provider
UNION ALL
SELECT job.phase, job.provider, count(*) FILTER (WHERE job.current) AS jobs,
    coalesce(sum(job.price_micros) FILTER (WHERE job.charge = 'reserved' AND NOT job.play_money), 0) AS held
FROM job JOIN video ON video.id = job.video_id
WHERE {_PENDING} AND job.phase IN ('submitting', 'submit_unknown', 'needs_attention')
    AND (video.deleted_at IS NULL OR job.phase <> 'needs_attention')
GROUP BY job.phase, job.provider
""")

# The fullest of each kind: whose it is, the page of budgets says. Of each budget, one window is read.
_BUDGETS = text("""
SELECT budget.scope, max((part.held + part.spent)::float8 / budget.amount_micros) AS used
FROM budget CROSS JOIN LATERAL (
    SELECT held, spent, ends_at FROM budget_window WHERE budget_id = budget.id AND starts_at <= now()
    ORDER BY starts_at DESC LIMIT 1
) AS part
WHERE budget.amount_micros > 0 AND coalesce(part.ends_at, 'infinity') > now()
GROUP BY budget.scope
""")
_DATABASE = text("SELECT pg_database_size(current_database())")
_MEDIA = text("SELECT coalesce(sum(bytes), 0)::bigint FROM library_storage")
_LAST_ENTRY = text("SELECT coalesce(max(id), 0) FROM ledger_entry")
_ENTRIES = text("""
SELECT id, provider, kind, micros FROM ledger_entry
WHERE id > :after AND NOT id = ANY(CAST(:known AS bigint[])) ORDER BY id LIMIT :most
""")
_MOST_ENTRIES = 10_000  # that are read at a time


@dataclass(frozen=True)
class Figures:
    """What there is now."""

    jobs: Mapping[tuple[str, str], int]  # unfinished ones, by phase and provider
    held_micros: int
    budgets: Mapping[str, float]  # the used part of the fullest one, by scope
    database_bytes: int
    media_bytes: int  # of the files that rows name, wherever they are kept


@dataclass(frozen=True)
class Movement:
    """An entry of the ledger."""

    id: int
    provider: str
    kind: str
    micros: int


class MetricsRepository(Repository):
    """Reads figures inside one transaction."""

    async def figures(self) -> Figures:
        """Return what there is now."""
        pending = [*await self._do(_JOBS)]
        return Figures(
            jobs={(row.phase, row.provider): row.jobs for row in pending},
            held_micros=sum(row.held for row in pending),
            budgets={row.scope: row.used for row in await self._do(_BUDGETS)},
            database_bytes=(await self._do(_DATABASE)).scalar_one(),
            media_bytes=(await self._do(_MEDIA)).scalar_one(),
        )

    async def last_entry(self) -> int:
        """Return the number of the newest entry of the ledger."""
        return (await self._do(_LAST_ENTRY)).scalar_one()

    async def entries(self, after: int, known: Collection[int]) -> list[Movement]:
        """Return entries with higher numbers, without those that are known, the oldest first."""
        asked = {"after": after, "known": [*known], "most": _MOST_ENTRIES}
        return [
            Movement(row.id, row.provider, row.kind, row.micros or 0)
            for row in await self._do(_ENTRIES, asked)
        ]
