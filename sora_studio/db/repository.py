"""What every repository is: a way to some tables, inside one transaction."""

from typing import Any

from sqlalchemy import CursorResult, Executable
from sqlmodel.ext.asyncio.session import AsyncSession


class Repository:
    """Works inside a transaction that its caller commits."""

    def __init__(self, tx: AsyncSession) -> None:
        self._tx = tx

    async def _do(self, statement: Executable, parameters: dict[str, Any] | None = None) -> CursorResult[Any]:
        """Execute a statement as it is, without the session's unit of work."""
        return await (await self._tx.connection()).execute(statement, parameters)
