"""The database moves to another server and back, whole or not at all."""

from collections.abc import Mapping
from pathlib import Path

import psycopg

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
    assert (status, "A studio has used that database" in said) == (1, True), said
    async with embedded_postgres(data_dir) as url:  # started by mistake, it sends nothing by itself
        with psycopg.connect(url) as connection:
            unsent = connection.execute("SELECT submit_started_at FROM job WHERE phase = 'submitting'")
            assert None not in [moment for (moment,) in unsent.fetchall()]
    with serving(data_dir, environment=own) as running:
        ada.http.base_url = running.url
        assert (await ada.video(kite))["status"] == "completed"
        assert len(await ada.videos()) == 2

    with psycopg.connect(empty_database_url, application_name="sora-studio"):  # of a studio elsewhere
        status, said = await move(other_database_url, own)
        assert (status, "A studio works on the database" in said) == (1, True), said
    status, said = await move("embedded", own)
    assert (status, "A studio has used that database" in said) == (1, True), said
    (data_dir / "postgres").rename(data_dir / "postgres.old")
    status, said = await move("embedded", own)
    assert (status, "unset DATABASE_URL" in said) == (0, True), said
    with serving(data_dir, environment=_QUICK) as running:
        ada.http.base_url = running.url
        assert len(await ada.videos()) == 2
    status, said = await move("embedded")
    assert (status, "is embedded already" in said) == (1, True), said
    status, said = await move("postgresql://127.0.0.1:1/x")
    assert (status, "cannot be reached" in said) == (1, True), said
