"""What every repository is: a way to some tables, inside one transaction."""

from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, Executable, text
from sqlmodel.ext.asyncio.session import AsyncSession

from sora_studio.db.locks import Lock
from sora_studio.domain.audit import Act, Result
from sora_studio.domain.errors import NotFound
from sora_studio.security_log import SecurityLog

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(:key)")

_security_log = SecurityLog()


class Repository:
    """Works inside a transaction that its caller commits."""

    def __init__(self, tx: AsyncSession) -> None:
        self._tx = tx

    async def _do(self, statement: Executable, parameters: dict[str, Any] | None = None) -> CursorResult[Any]:
        """Execute a statement as it is, without the session's unit of work."""
        return await (await self._tx.connection()).execute(statement, parameters)

    async def _hold(self, lock: Lock) -> None:
        """Wait for a lock, and keep it until the transaction ends."""
        await self._do(_ONE_AT_A_TIME, {"key": lock.value})


def missing(owner_id: UUID, wanted: UUID, message: str) -> NotFound:
    """Make the one answer to who names a thing that is not there, or somebody else's; it is counted."""
    _security_log.note(Act.UNKNOWN_ID, Result.REFUSED, who=owner_id.hex, about=wanted.hex)
    return NotFound(message)
