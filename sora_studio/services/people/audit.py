"""What an admin reads on the trail."""

from collections.abc import AsyncIterator
from dataclasses import replace

from sora_studio.db.audit import AuditRepository
from sora_studio.db.engine import Database
from sora_studio.domain.account import Identity
from sora_studio.domain.audit import Act, AuditLine, AuditPage, AuditQuery
from sora_studio.services.people.sessions import SessionService
from sora_studio.services.people.trail import Trail

_AT_ONCE = 1_000


class AuditService:
    """Use cases of admins on the trail, which nobody changes."""

    def __init__(self, *, db: Database, sessions: SessionService, trail: Trail) -> None:
        self._db, self._sessions, self._trail = db, sessions, trail

    async def page(self, who: Identity, query: AuditQuery) -> AuditPage:
        """Return one page of lines, the newest first.

        Raises:
            NotAllowed: Only an admin may read them.
            InvalidInput: `after` is no line of the trail.
        """
        async with self._db.transaction() as tx:
            await self._sessions.require_admin(tx, who)
            return await AuditRepository(tx).page(query)

    async def export(self, who: Identity, query: AuditQuery) -> AsyncIterator[AuditLine]:
        """Begin to read all lines, and record that somebody does; each thousand in a transaction of its own.

        Raises:
            NotAllowed: Only an admin may read them.
        """
        async with self._trail.recording(Act.AUDIT_EXPORT, who) as tx:
            await self._sessions.require_admin(tx, who)
        return self._all(replace(query, limit=_AT_ONCE))

    async def _all(self, query: AuditQuery) -> AsyncIterator[AuditLine]:
        more = True
        while more:
            async with self._db.transaction() as tx:
                page = await AuditRepository(tx).page(query)
            for line in page.lines:
                yield line
            more = page.has_more
            query = replace(query, after=page.lines[-1].id) if page.lines else query
