"""How much is asked of each provider and not made yet, by everybody together; and which are paused."""

from datetime import datetime

from sqlalchemy import delete, func, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import col, select

from sora_studio.db.models import ProviderPauseRow
from sora_studio.db.repository import Repository

_UNFINISHED = text("""
SELECT provider, count(*) FILTER (WHERE phase = 'submitting') AS waiting,
    count(*) FILTER (WHERE phase IN ('submit_unknown', 'queued', 'in_progress', 'saving')) AS making
FROM job
WHERE phase IN ('submitting', 'submit_unknown', 'queued', 'in_progress', 'saving') AND current
GROUP BY provider
""")


class ProviderQueues(Repository):
    """Counts unfinished jobs."""

    async def lengths(self) -> dict[str, tuple[int, int]]:
        """Return by provider how many wait to be sent, and how many are being made or fetched."""
        rows = await self._do(_UNFINISHED)
        return {row.provider: (row.waiting, row.making) for row in rows}


class ProviderPauses(Repository):
    """Reads and writes which providers are paused."""

    async def all(self) -> dict[str, datetime]:
        """Return since when which providers are paused."""
        rows = await self._do(select(col(ProviderPauseRow.provider), col(ProviderPauseRow.paused_at)))
        return {row.provider: row.paused_at for row in rows}

    async def add(self, provider: str) -> None:
        """Pause a provider; one that is paused already stays so."""
        paused = upsert(ProviderPauseRow).values(provider=provider, paused_at=func.now())
        await self._do(paused.on_conflict_do_nothing())

    async def remove(self, provider: str) -> None:
        """Let a provider go on; one that is not paused does anyway."""
        await self._do(delete(ProviderPauseRow).where(col(ProviderPauseRow.provider) == provider))
