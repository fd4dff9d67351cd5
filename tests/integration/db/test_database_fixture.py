"""The fixtures that other tests stand on."""

import psycopg
import pytest
from sqlmodel import select

from sora_studio.db.engine import Database
from sora_studio.db.migrations import migrate
from sora_studio.db.models import TrashRow


@pytest.mark.parametrize("turn", [1, 2])
async def test_every_test_finds_an_empty_database(database: Database, turn: int):
    async with database.transaction() as tx:
        assert (await tx.exec(select(TrashRow))).all() == []
        tx.add(TrashRow(key=f"left by turn {turn}"))


async def test_an_empty_database_can_be_migrated(empty_database_url: str):
    await migrate(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        assert connection.execute("""SELECT count(*) FROM "user" """).fetchone() == (0,)
