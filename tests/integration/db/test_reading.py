"""Reading and transactions: how many statements see the same moment."""

from datetime import datetime

from sqlalchemy import text

from sora_studio.db.engine import Database, Transaction

_NOW = text("SELECT now()")


async def test_what_is_read_needs_no_transaction_around_it(database: Database):
    """Each statement begins and ends its own; and a connection that was lent is as it was before."""
    async with database.reading() as tx:
        assert await _at(tx) < await _at(tx)
    async with database.transaction() as tx:
        assert await _at(tx) == await _at(tx)


async def _at(tx: Transaction) -> datetime:
    return (await (await tx.connection()).execute(_NOW)).scalar_one()
