"""The database moves to another server and back, whole or not at all."""

from collections.abc import Mapping
from pathlib import Path

import psycopg
import pytest

from sora_studio.db.migrations import migrate
from sora_studio.db.moving import open_frozen
from sora_studio.subprocesses.postgres import embedded_postgres
from tests.integration.setup.test_maintenance import command
from tests.support.person import join
from tests.support.studio import serving

_QUICK: Mapping[str, str] = {"SORA_STUDIO_SANDBOX_SPEED": "200", "SORA_SANDBOX_CANNED": "1"}


async def test_everything_moves_to_a_server_of_ones_own_and_back(
    data_dir: Path, empty_database_url: str, other_database_url: str
):
    own = {**_QUICK, "DATABASE_URL": empty_database_url}

    async def move(to: str, environment: Mapping[str, str] = _QUICK) -> tuple[int | None, str]:
        return await command(data_dir, "db", "move", f"--to={to}", environment=environment)

    with serving(data_dir, environment=_QUICK) as running:
        ada = await join(running.url)
        kite = await ada.ask("a kite")
        await ada.ended(kite)
        await command(data_dir, "provider", "pause", "sandbox")
        await ada.ask("a lamp")
        status, said = await move(empty_database_url)
        assert (status, "The studio is running" in said) == (1, True), said

    status, said = await move(empty_database_url)
    assert (status, "the same numbers as before" in said, "set DATABASE_URL" in said) == (0, True, True), said
    status, said = await move(empty_database_url)
    assert (status, "moved away already, and not to that one" in said) == (1, True), said
    for old in (
        ["scrub", "--fix"],
        ["user", "list"],
        ["backup", str(data_dir / "to")],
        ["doctor"],
        ["serve", "--port=0"],
    ):
        status, said = await command(data_dir, *old)
        assert (bool(status), "has been moved to another server" in said) == (True, True), said
    async with embedded_postgres(data_dir) as url:
        with psycopg.connect(url) as connection:
            unsent = connection.execute("SELECT submit_started_at FROM job WHERE phase = 'submitting'")
            assert None not in [moment for (moment,) in unsent.fetchall()]
            with pytest.raises(psycopg.errors.CannotConnectNow, match="has been moved"):
                connection.execute("DELETE FROM job")
    with psycopg.connect(empty_database_url) as connection:  # as if cut off before the last step
        connection.execute("DELETE FROM alembic_version")
    status, said = await command(data_dir, "user", "list", environment=own)
    assert (status, "was cut off" in said) == (1, True), said
    status, said = await move(empty_database_url)
    assert (status, "the same numbers as before" in said) == (0, True), said
    with serving(data_dir, environment=own) as running:
        ada.http.base_url = running.url
        assert (await ada.video(kite))["status"] == "completed"
        assert len(await ada.videos()) == 2

    with psycopg.connect(empty_database_url, application_name="sora-studio"):  # of a studio elsewhere
        status, said = await move(other_database_url, own)
        assert (status, "A studio works on the database" in said) == (1, True), said
    status, said = await move("embedded", own)
    assert (status, "unset DATABASE_URL" in said, "postgres.moved-" in said) == (0, True, True), said
    assert len([*data_dir.glob("postgres.moved-*")]) == 1
    with serving(data_dir, environment=_QUICK) as running:
        ada.http.base_url = running.url
        assert len(await ada.videos()) == 2
    status, said = await move("embedded")
    assert (status, "is embedded already" in said) == (1, True), said
    status, said = await move("postgresql://127.0.0.1:1/x")
    assert (status, "cannot be reached" in said) == (1, True), said


async def test_nobody_writes_while_it_is_moved(empty_database_url: str):
    """However they came in: one that was cut off comes back, and one is started."""
    await migrate(empty_database_url)
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute("SET lock_timeout = '50ms'")
        async with open_frozen(empty_database_url):
            assert connection.execute("SELECT count(*) FROM job").fetchone() == (0,)
            for statement in ("UPDATE job SET progress = 1", "DELETE FROM alembic_version"):
                with pytest.raises(psycopg.errors.LockNotAvailable):
                    connection.execute(statement)
        connection.execute("UPDATE job SET progress = 1")
