"""What was spent: one's own, or the whole studio's for who runs it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sora_studio.db.engine import Database
from sora_studio.db.ledger import LedgerRepository
from sora_studio.db.projects import ProjectRepository
from sora_studio.db.usage import UsageRepository
from sora_studio.domain.access import Action, require, require_reach
from sora_studio.domain.account import Identity
from sora_studio.domain.budget import midnight
from sora_studio.domain.ledger import Entry
from sora_studio.domain.ports import Clock
from sora_studio.domain.usage import SERIES, Grouping, Usage, UsageQuery, UsageReport, UsageScope

_AT_ONCE = 5_000  # changes: of a second's work


class UsageFolder:
    """Keeps the totals short of few changes, so that usage is read from few rows."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def run(self) -> None:
        """Move all changes that are there into the totals.

        Raises:
            Unavailable: No database.
        """
        folded = _AT_ONCE
        while folded == _AT_ONCE:
            async with self._db.transaction() as tx:
                folded = await UsageRepository(tx).fold(_AT_ONCE)


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
            NotFound: There is no such project, they are not in it, or the key is for another one.
        """
        project_id = query.scope.project_id
        require_reach(identity.key, project_id)
        _require(identity, query.scope)
        async with self._db.transaction() as tx:
            if project_id:
                await ProjectRepository(tx).require(identity.user_id, project_id, Action.READ_USAGE)
            return await UsageRepository(tx).usage(query)

    async def report(self, identity: Identity, query: UsageQuery) -> UsageReport:
        """Tell of one's own usage, or of the whole studio's, from all sides.

        Raises:
            InsufficientScope: The API key that came may not read it.
            NotAllowed: Somebody else's, and the person does not run the studio.
        """
        _require(identity, replace(query.scope, project_id=None))
        since = midnight(query.first, self.zone)
        until = midnight(query.last + timedelta(days=1), self.zone)
        who = query.scope.user_id
        async with self._db.transaction() as tx:
            found = UsageRepository(tx)
            waits, renders = await found.durations(who, since, until)
            dearest = await found.dearest(who, since, until)
            parts = await found.parts(query, most=SERIES)
            people = (
                {part.key for part in parts if part.key} if query.grouping is Grouping.USER else set[str]()
            )
            people |= {str(each.user_id) for each in dearest if each.user_id and who is None}
            names = await found.names(people)
            return UsageReport(await found.totals(query), parts, names, waits, renders, dearest)

    async def entries(self, identity: Identity, *, after: int = 0, limit: int) -> Sequence[Entry]:
        """Return entries of the ledger behind one of them, in the order in which they were written.

        Raises:
            NotAllowed: The person does not run the studio.
        """
        require(identity, Action.RUN_STUDIO)
        async with self._db.transaction() as tx:
            return await LedgerRepository(tx).page(after=after, limit=limit)


def _require(identity: Identity, scope: UsageScope) -> None:
    require(identity, Action.READ_USAGE)
    if scope.project_id is None and scope.user_id != identity.user_id:
        require(identity, Action.RUN_STUDIO)
