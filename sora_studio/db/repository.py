"""What every repository is: a way to some tables, inside one transaction."""

from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, Executable
from sqlmodel.ext.asyncio.session import AsyncSession

from sora_studio.domain.audit import Act, Result
from sora_studio.domain.errors import NotFound
from sora_studio.security_log import SecurityLog

_security_log = SecurityLog()


class Repository:
    """Works inside a transaction that its caller commits."""

    def __init__(self, tx: AsyncSession) -> None:
        self._tx = tx

    async def _do(self, statement: Executable, parameters: dict[str, Any] | None = None) -> CursorResult[Any]:
        """Execute a statement as it is, without the session's unit of work."""
        return await (await self._tx.connection()).execute(statement, parameters)


def missing(owner_id: UUID, wanted: UUID, message: str) -> NotFound:
    """Make the one answer to who names a thing that is not there, or somebody else's; it is counted."""
    _security_log.note(Act.UNKNOWN_ID, Result.REFUSED, who=owner_id.hex, about=wanted.hex)
    return NotFound(message)
