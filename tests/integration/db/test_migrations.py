"""The schema: from nothing to its newest version, one step back and forth, and no difference to the code."""

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel
from structlog.testing import capture_logs

from alembic import command
from sora_studio.db.migrations import alembic_config, migrate, pending_from
from sora_studio.domain.errors import Unavailable
from sora_studio.services.upgrade import upgrade
from sora_studio.subprocesses import pg_tools
from tests.support.instance import running_instance, starting_instance
from tests.support.source import ROOT
from tests.support.waiting import eventually

_A_VIDEO = (
    """INSERT INTO "user" (id, email, display_name, password_hash, created_at)
    VALUES ('00000000-0000-0000-0000-000000000001', 'ada@example.org', 'Ada', '-', now())""",
    """INSERT INTO video
        (id, owner_id, kind, title, prompt, provider, model, size, seconds, phase, created_at)
    SELECT '00000000-0000-0000-0000-000000000002', id, 'create', 'T\u00e1llinn', 'view of Tallinn\u2014gulls',
        'fake', 'sora-2', '1280x720', '4', 'completed', now() FROM "user" """,
)
_ITS_FILM = (
    """INSERT INTO asset (video_id, variant, key, content_type, bytes, sha256, width, height, created_at)
    SELECT id, 'video', 'videos/first', 'video/mp4', 7, 'x', 4, 2, now() FROM video""",
    """INSERT INTO job
        (id, video_id, current, provider, remote_id, phase, progress, progress_known, charge, created_at)
    SELECT id, id, true, 'fake', 'remote', 'completed', 100, true, 'settled', now() FROM video""",
)
_WRITTEN = text("""SELECT column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = :name AND is_generated = 'NEVER'
        AND column_name <> 'stored_bytes'""")
_NOBODY = "http://127.0.0.1:1/v1"  # a provider that is not there


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


async def test_videos_that_are_there_are_found_by_their_words(engine: Engine, empty_database_url: str):
    """Also by those that a server's own parser did not see."""
    await migrate(empty_database_url, "2026_11_30_know_the_server")
    with engine.begin() as connection:
        for statement in _A_VIDEO:
            connection.execute(text(statement))
    await migrate(empty_database_url)
    with engine.connect() as connection:
        words = connection.execute(text("SELECT tsvector_to_array(search) FROM video")).scalar_one()
    assert words == ["gulls", "of", "tallinn", "view"]
    run(engine, "downgrade", "-1")
    await migrate(empty_database_url)


async def test_what_was_there_before_a_migration_can_be_had_again(
    engine: Engine, empty_database_url: str, other_database_url: str, tmp_path: Path
):
    await upgrade(empty_database_url, tmp_path)
    await upgrade(empty_database_url, tmp_path)
    assert [*tmp_path.glob("backups/*")] == [], "nothing was there before, and then nothing to be done"
    run(engine, "downgrade", "-1")
    (tmp_path / "backups").mkdir()
    for number in range(4):
        (tmp_path / f"backups/200{number}.dump").touch()
    await upgrade(empty_database_url, tmp_path)
    run(engine, "check")
    *_, before = kept = sorted(tmp_path.glob("backups/*"))
    assert len(kept) == 3
    await pg_tools.restore(other_database_url, before)
    assert await pending_from(other_database_url) == before.stem.partition("Z-")[2]


async def test_videos_of_every_version_since_the_first_are_kept(engine: Engine, empty_database_url: str):
    """One is written at each version of the schema; at the newest all are there, with files and jobs."""
    scripts = ScriptDirectory(str(ROOT / "alembic")).walk_revisions()
    first, *later = [script.revision for script in scripts][::-1]
    await migrate(empty_database_url, first)
    with engine.begin() as connection:
        for statement in (*_A_VIDEO, *_ITS_FILM):
            connection.execute(text(statement))
    for number, revision in enumerate(later):
        await migrate(empty_database_url, revision)
        with engine.begin() as connection:
            _copy_video(connection, number)
    kept = text("""SELECT count(*), count(DISTINCT asset.key), count(DISTINCT job.remote_id),
        min(video.title), sum(video.stored_bytes) FROM video JOIN asset ON asset.video_id = video.id
        JOIN job ON job.video_id = video.id WHERE job.current AND video.phase = 'completed'""")
    with engine.connect() as connection:
        found = connection.execute(kept).one()
        libraries = connection.execute(text("SELECT sum(bytes) FROM library_storage")).scalar_one()
    many = 1 + len(later)
    assert (*found, libraries) == (many, many, many, "T\u00e1llinn", 7 * many, 7 * many)


def _copy_video(connection: Connection, number: int) -> None:
    """Write the first video once more, as the tables are now; what they compute is left to them."""
    new = {"id": uuid4(), "video_id": uuid4(), "key": f"videos/{number}", "remote_id": f"remote-{number}"}
    for table, replaced in (
        ("video", {"id": new["video_id"]}),
        ("asset", {"video_id": new["video_id"], "key": new["key"]}),
        ("job", {"id": new["id"], "video_id": new["video_id"], "remote_id": new["remote_id"]}),
    ):
        written = connection.execute(_WRITTEN, {"name": table}).scalars().all()
        values = ", ".join(f":{column}" if column in replaced else column for column in written)
        its_first = "id" if table == "video" else "video_id"
        query = (
            f"INSERT INTO {table} ({', '.join(written)}) SELECT {values} FROM {table} WHERE {its_first} = :of"  # noqa: S608 -- names of the schema
        )
        connection.execute(text(query), {**replaced, "of": "00000000-0000-0000-0000-000000000002"})


async def test_a_dump_that_cannot_be_made_is_said_and_keeps_nobody_waiting(
    engine: Engine, empty_database_url: str, tmp_path: Path
):
    await upgrade(empty_database_url, tmp_path)
    run(engine, "downgrade", "-1")
    (tmp_path / "backups").write_text("no folder")
    with capture_logs() as logs:
        await upgrade(empty_database_url, tmp_path)
    run(engine, "check")
    assert [log["event"] for log in logs] == ["dump_before_migration_failed"]


async def test_killed_in_the_middle_of_a_migration(engine: Engine, empty_database_url: str, tmp_path: Path):
    """F11: a studio opens on the newest schema only; what a killed one had begun is begun anew."""
    await migrate(empty_database_url, "2026_11_24_create_tables")
    where = empty_database_url, _NOBODY, tmp_path / "data", tmp_path / "media"
    with engine.connect() as reader:
        reader.execute(text("LOCK TABLE job IN ACCESS SHARE MODE"))  # the next step comes to this table last
        async with starting_instance(*where) as instance:
            await eventually(lambda: _stands_still(engine))
            instance.kill()
            assert not await instance.says()
    async with running_instance(*where):
        run(engine, "check")


async def test_a_schema_that_this_version_does_not_know(engine: Engine, empty_database_url: str):
    """F11: a newer version has been here; this one does not touch its tables."""
    await migrate(empty_database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '2099_01_01_newer'"))
    with pytest.raises(Unavailable):
        await migrate(empty_database_url)


def _stands_still(engine: Engine) -> bool:
    """Tell whether somebody waits for a lock in this database."""
    query = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with engine.connect() as connection:
        return connection.execute(text(query)).first() is not None


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
    assert {"uq_job_remote", "uq_job_current", "uq_video_idempotency_key", "ix_video_library"} <= {*indexes}
