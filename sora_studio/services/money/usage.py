"""What was spent: one's own, or the whole studio's for who runs it."""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from sora_studio.db.engine import Database
from sora_studio.db.ledger import LedgerRepository
from sora_studio.db.usage import UsageRepository
from sora_studio.domain.access import Action, require
from sora_studio.domain.account import Identity
from sora_studio.domain.errors import NotFound
from sora_studio.domain.ledger import Entry
from sora_studio.domain.ports import Clock
from sora_studio.domain.usage import Usage, UsageQuery


class UsageService:
    """Adds up the ledger."""

    def __init__(self, *, db: Database, zone: ZoneInfo, clock: Clock) -> None:
        self._db, self.zone, self._clock = db, zone, clock

    def today(self) -> date:
        """Return the day it is in the studio's time zone."""
        return self._clock().astimezone(self.zone).date()

    async def usage(self, identity: Identity, query: UsageQuery) -> Usage:
        """Add up usage.

        Raises:
            InsufficientScope: The API key that came may not read it.
            NotAllowed: Somebody else's, and the person does not run the studio.
            NotFound: There is no such project.
        """
        require(identity, Action.READ_USAGE)
        scope = query.scope
        if scope.project_id is not None:
            message = "There is no such project."
            raise NotFound(message)
        if scope.user_id != identity.user_id:
            require(identity, Action.RUN_STUDIO)
        async with self._db.transaction() as tx:
            return await UsageRepository(tx).usage(query)

    async def entries(self, identity: Identity, *, after: int = 0, limit: int) -> Sequence[Entry]:
        """Return entries of the ledger behind one of them, in the order in which they were written.

        Raises:
            NotAllowed: The person does not run the studio.
        """
        require(identity, Action.RUN_STUDIO)
        async with self._db.transaction() as tx:
            return await LedgerRepository(tx).page(after=after, limit=limit)
