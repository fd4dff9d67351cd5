"""The schema: from nothing to its newest version, one step back and forth, and no difference to the code."""

import asyncio

import pytest
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

from alembic import command
from sora_studio.db.migrations import alembic_config, migrate


@pytest.fixture
def engine(empty_database_url: str):
    made = create_engine(make_url(empty_database_url).set(drivername="postgresql+psycopg"))
    yield made
    made.dispose()


def run(engine: Engine, step: str, *arguments: str) -> None:
    """Run one of Alembic's commands over a connection of its own."""
    with engine.connect() as connection:
        getattr(command, step)(alembic_config(connection), *arguments)
        connection.commit()


async def test_from_nothing_to_the_newest_schema(engine: Engine, empty_database_url: str):
    await migrate(empty_database_url)
    assert {*SQLModel.metadata.tables} <= {*inspect(engine).get_table_names()}
    run(engine, "check")  # raises when code and schema differ


async def test_one_down_and_one_up_again(engine: Engine, empty_database_url: str):
    await migrate(empty_database_url)
    run(engine, "downgrade", "-1")
    await migrate(empty_database_url)
    run(engine, "check")


async def test_several_starts_at_once_migrate_once(engine: Engine, empty_database_url: str):
    """The advisory lock makes the others wait; none fails."""
    await asyncio.gather(*(migrate(empty_database_url) for _ in range(4)))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar_one() == 1


async def test_the_database_checks_what_it_holds(engine: Engine, empty_database_url: str):
    """Words, and what may be there once only, are rules of the schema."""
    await migrate(empty_database_url)
    with engine.connect() as connection:
        checks = (
            connection.execute(text("SELECT conname FROM pg_constraint WHERE contype = 'c'")).scalars().all()
        )
        indexes = connection.execute(text("SELECT indexname FROM pg_indexes")).scalars().all()
    assert {"ck_video_phase", "ck_job_phase", "ck_job_charge", "ck_job_progress", "ck_asset_variant"} <= {
        *checks
    }
    assert {"uq_job_remote", "uq_job_current", "uq_video_request", "ix_video_library"} <= {*indexes}
