"""Reading and transactions: how many statements see the same moment."""

import asyncio
import gc
from datetime import datetime

import pytest
from sqlalchemy import text

from sora_studio.db.engine import Database, Transaction

_NOW = text("SELECT now()")


async def test_what_is_read_needs_no_transaction_around_it(database: Database):
    """Each statement begins and ends its own; and a connection that was lent is as it was before."""
    async with database.reading() as tx:
        assert await _at(tx) < await _at(tx)
    async with database.transaction() as tx:
        assert await _at(tx) == await _at(tx)


async def test_a_reading_that_is_cancelled_anywhere_gives_its_connection_back(
    database: Database, caplog: pytest.LogCaptureFixture
):
    """As when a tab is closed while its page is read."""

    async def read() -> None:
        async with database.reading() as tx:
            await _at(tx)

    for steps in range(0, 600, 3):
        reading = asyncio.create_task(read())
        for _ in range(steps):
            await asyncio.sleep(0)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    gc.collect()
    assert caplog.messages == []  # the pool's, of connections that nobody gave back


async def _at(tx: Transaction) -> datetime:
    return (await (await tx.connection()).execute(_NOW)).scalar_one()
