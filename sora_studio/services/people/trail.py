"""The trail: what people do to accounts, as rows that stay and as lines of the log."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import structlog

from sora_studio.db.audit import AuditRepository
from sora_studio.db.engine import Database, Transaction
from sora_studio.db.models import AuditRow
from sora_studio.domain.account import OPERATOR, Identity, Origin
from sora_studio.domain.audit import Act, Result
from sora_studio.domain.errors import LimitReached
from sora_studio.domain.ids import new_id
from sora_studio.domain.ports import Clock
from sora_studio.security_log import SecurityLog
from sora_studio.services.throttle import Throttle

_log = structlog.get_logger(__name__)


class Trail:
    """Writes down who did what, when, from where, and what came of it; never a secret, nor what was typed."""

    def __init__(self, db: Database, throttle: Throttle, clock: Clock) -> None:
        self._db, self._throttle, self._clock = db, throttle, clock
        self._security_log = SecurityLog()

    @asynccontextmanager
    async def recording(
        self, act: Act, who: Identity, about: str = "", subject: UUID | None = None
    ) -> AsyncIterator[Transaction]:
        """Open a transaction for an act of somebody who is signed in, which records it as it commits.

        Args:
            act: What they do.
            who: They, or the operator at the command line.
            about: What it is done to, never a secret.
            subject: To whose account, if it is not their own.

        Raises:
            Unavailable: The database cannot be reached; then nothing has happened.
        """
        async with self.adding(self.done(act, who, about, subject)) as tx:
            yield tx

    @asynccontextmanager
    async def adding(self, line: AuditRow) -> AsyncIterator[Transaction]:
        """Open a transaction that adds a line as it commits; what is known only by then may be set in it.

        Raises:
            Unavailable: The database cannot be reached; then nothing has happened.
        """
        async with self._db.transaction() as tx:
            yield tx
            await AuditRepository(tx).add(line)
        self.tell(line)

    def of(self, act: Act, user_id: UUID, origin: Origin) -> AuditRow:
        """Make the line of an act of somebody who is in no session."""
        return self._line(act, Result.DONE, origin, user_id)

    def done(self, act: Act, who: Identity, about: str = "", subject: UUID | None = None) -> AuditRow:
        """Make the line of an act, to be added in its transaction and told afterwards."""
        by = (None, None) if who is OPERATOR else (who.user_id, who.session_id)
        line = self._line(act, Result.DONE, who.origin, *by, about)
        line.subject_id = subject
        return line

    async def refused(
        self, act: Act, origin: Origin, user_id: UUID | None, session_id: UUID | None = None
    ) -> None:
        """Record that somebody did not know a password, of whatever account: it takes the same time for all.

        So many lines an hour, as strangers cause them; the others are counted in the log.
        """
        try:
            self._throttle.hit("refusal on the trail")
        except LimitReached:
            self.count(act, Result.REFUSED, origin, user_id)
            return
        line = self._line(act, Result.REFUSED, origin, user_id, session_id)
        async with self._db.transaction() as tx:
            await AuditRepository(tx).add(line)
        self.tell(line)

    def count(self, act: Act, result: Result, origin: Origin, user_id: UUID | None = None) -> None:
        """Count in the log what strangers can cause as often as they like."""
        self._security_log.note(act, result, who=user_id.hex if user_id else "", address=origin.address)

    def tell(self, line: AuditRow) -> None:
        """Log a line that has been stored."""
        _log.info(  # not a warning: the log sums those up, and this is about one person
            "security_event",
            act=str(line.act),
            result=str(line.result),
            user_id=line.user_id.hex if line.user_id else "",
            session_id=line.session_id.hex if line.session_id else "",
            subject_id=line.subject_id.hex if line.subject_id else "",
            address=line.address,
            about=line.about,
        )

    def _line(
        self,
        act: Act,
        result: Result,
        origin: Origin,
        user_id: UUID | None,
        session_id: UUID | None = None,
        about: str = "",
    ) -> AuditRow:
        return AuditRow(
            id=new_id(),
            at=self._clock(),
            act=act,
            result=result,
            user_id=user_id,
            session_id=session_id,
            address=origin.address,
            user_agent=origin.user_agent,
            about=about,
        )
