"""How much is asked of each provider and not made yet, by everybody together."""

from sqlalchemy import text

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
