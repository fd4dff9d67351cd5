"""The commands for operators, as programs: beside a running studio, and without one."""

import asyncio
import json
import re
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from sora_studio.bootstrap import Studio, studio
from sora_studio.config import load
from sora_studio.domain.account import Role
from sora_studio.domain.errors import LastAdmin
from sora_studio.domain.library import LibraryQuery
from sora_studio.domain.video import Phase, VideoView
from sora_studio.subprocesses.sandbox import remembered_access
from tests.support.accounts import HERE, PASSWORD
from tests.support.forks import ForkedProcess, preload
from tests.support.library import add_person, add_videos
from tests.support.plain_http import NO_TLS
from tests.support.source import ROOT
from tests.support.waiting import PATIENCE

preload("tests.support.loaded_studio")

FAST: Mapping[str, str] = {"SORA_STUDIO_SANDBOX_SPEED": "200"}


@pytest.fixture(autouse=True)
def canned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the sandbox that is started the drawing."""
    monkeypatch.setenv("SORA_SANDBOX_CANNED", "1")


async def command(
    data_dir: Path | None, *words: str, environment: Mapping[str, str] = FAST
) -> tuple[int | None, str]:
    """Run a command to its end; return its status and what it said."""
    arguments = ["sora-studio", *words, *([f"--data-dir={data_dir}"] if data_dir else [])]
    process = ForkedProcess(
        "tests.support.loaded_studio:command", arguments, ROOT, environment=environment, with_errors=True
    )
    with process.stdout:
        said = await asyncio.to_thread(process.stdout.read)
    return await asyncio.to_thread(process.wait, PATIENCE), said


async def made_elsewhere(data_dir: Path, prompt: str) -> str:
    """Have the sandbox make a video that the studio knows nothing of; return its id when it is made."""
    access = remembered_access(data_dir)
    assert access
    allowed = {"Authorization": f"Bearer {access.api_key}"}
    async with httpx.AsyncClient(
        base_url=f"{access.base_url}/", headers=allowed, timeout=PATIENCE, verify=NO_TLS
    ) as client:
        made = await _until(client, "POST", "videos", "id", prompt)
        remote_id = str(made["id"])
        while True:
            if (await _until(client, "GET", f"videos/{remote_id}", "id"))["status"] == "completed":
                return remote_id
            await asyncio.sleep(0.05)


async def _until(
    client: httpx.AsyncClient, method: str, path: str, field: str, prompt: str = ""
) -> dict[str, object]:
    """Ask until the sandbox, which has just been started, answers."""
    while True:
        try:
            body = {"prompt": prompt, "size": "1280x720", "seconds": "4"} if prompt else None
            answer = (await client.request(method, path, json=body)).json()
        except httpx.ConnectError:
            await asyncio.sleep(0.05)
        else:
            assert field in answer, answer
            return answer


async def all_of(opened: Studio, owner_id: object) -> list[VideoView]:
    return [*(await opened.services.videos.list_library(owner_id, LibraryQuery())).videos]  # pyright: ignore[reportArgumentType] -- a row's


async def email_of(opened: Studio) -> str:
    async with opened.db.transaction() as tx:
        return (await (await tx.connection()).execute(text('SELECT email FROM "user"'))).scalar_one()


async def test_beside_a_running_studio(data_dir: Path):
    async with studio(load(FAST, data_dir=data_dir)) as opened:
        owner_id = await add_person(opened.db)
        email = await email_of(opened)
        remote_id = await made_elsewhere(data_dir, "a kite")

        assert (await command(data_dir, "scrub"))[0] == 0
        status, said = await command(data_dir, "import", f"--owner={email}", "--dry-run")
        assert (status, remote_id in said) == (0, True), said
        assert await all_of(opened, owner_id) == []
        status, said = await command(data_dir, "import", f"--owner={email}")
        assert (status, "1 imported" in said) == (0, True), said
        (view,) = await all_of(opened, owner_id)
        assert (view.prompt, view.phase) == ("a kite", Phase.COMPLETED)
        assert (await command(data_dir, "import", "--owner=nobody@example.org"))[0] == 1
        status, said = await command(data_dir, "reconcile")
        assert (status, "0 unfinished videos" in said) == (0, True), said

        status, said = await command(data_dir, "doctor", "--json")
        found = {each["check"]: each["level"] for each in json.loads(said)}
        # This studio has no port, and so nobody comes by its public address.
        assert (status, found.pop("public_address"), found.pop("websocket")) == (1, "problem", "problem"), (
            said
        )
        assert (found.pop("admin"), found.pop("file_modes")) == ("problem", "problem"), said  # of this test
        assert found["provider:sandbox"] == found["database_listen"] == "ok"
        assert "problem" not in found.values(), said

        for word, said in (("pause", "sandbox is paused.\n"), ("resume", "sandbox goes on.\n")):
            assert await command(data_dir, "provider", word, "sandbox") == (0, said)
            (status_now,) = await opened.services.providers.all()
            assert status_now.profile.paused == (word == "pause")
        assert (await command(data_dir, "provider", "pause", "nobody"))[0] != 0

        (data_dir / "sandbox/port").unlink()  # as in the moment before a first start has written it
        status, said = await command(data_dir, "reconcile")
        assert (status, "still starting" in said) == (1, True), said


async def test_without_a_studio(data_dir: Path):
    async with studio(load(FAST, data_dir=data_dir)) as opened:
        owner_id = await add_person(opened.db)
        email = await email_of(opened)
        await made_elsewhere(data_dir, "a boat")
        (video_id,) = await add_videos(opened.db, owner_id, "a boat", phase=Phase.QUEUED, provider="sandbox")
        cut_off = (
            "UPDATE job SET phase = 'submitting', remote_id = NULL, submit_started_at = now(), due_at = NULL"
        )
        async with opened.db.transaction() as tx:
            await (await tx.connection()).execute(text(cut_off))

    status, said = await command(data_dir, "reconcile")
    assert (status, "submit_unknown → completed" in said) == (0, True), said
    (film,) = (data_dir / "media/videos" / video_id.hex).glob("*.mp4")
    film.unlink()
    status, said = await command(data_dir, "scrub")
    assert (status, "video is missing" in said) == (1, True), said
    status, said = await command(data_dir, "scrub", "--fix", "--deep")
    assert (status, "1 repaired" in said) == (0, True), said
    assert film.is_file()
    status, said = await command(data_dir, "import", f"--owner={email}")
    assert (status, "0 imported; 1 known" in said) == (0, True), said


async def test_accounts_are_looked_after_beside_a_running_studio(data_dir: Path):
    async with studio(load(FAST, data_dir=data_dir)) as opened:
        accounts, said = opened.services.accounts, {}
        for words in (
            ("add", "ada@example.org", "--name=Ada"),
            ("add", "grace@example.org"),
            ("admin", "Grace@Example.org"),
            ("admin", "ada@example.org", "--revoke"),
            ("disable", "grace@example.org"),
            ("disable", "ada@example.org"),
            ("enable", "ada@example.org"),
            ("reset", "ada@example.org"),
            ("list", "ada"),
            ("delete", "ada@example.org", "--yes"),
            ("delete", "nobody@example.org", "--yes"),
        ):
            said[words[:2]] = await command(data_dir, "user", *words)
        assert said["disable", "grace@example.org"] == (1, f"{LastAdmin().message}\n")
        assert said["delete", "nobody@example.org"] == (1, "There is no such account.\n")
        assert {status for words, (status, _) in said.items() if words not in _REFUSED} == {0}
        assert "ada@example.org  member  active  -  Ada" in said["list", "ada"][1]
        [token] = re.findall(r"/reset#token=([\w-]{43})", said["add", "grace@example.org"][1])
        await opened.services.invitations.reset_password(token, PASSWORD, HERE)
        grace = await accounts.log_in("grace@example.org", PASSWORD, HERE)
        assert grace.account.role is Role.ADMIN


_REFUSED = {("disable", "grace@example.org"), ("delete", "nobody@example.org")}


async def test_a_directory_that_no_studio_has_used_has_no_accounts(tmp_path: Path):
    status, said = await command(tmp_path, "user", "list")
    assert status == 1
    assert "No studio has ever used" in said


async def test_the_doctor_needs_no_running_studio_and_mends_what_it_can(data_dir: Path):
    async with studio(load(FAST, data_dir=data_dir)):
        pass
    (data_dir / "secret_key").chmod(0o644)
    status, said = await command(data_dir, "doctor")
    assert (status, "✗ file_modes: " in said, "1 problems" in said) == (1, True, True), said
    status, said = await command(data_dir, "doctor", "--fix")
    assert (status, "Mended." in said, "0 problems" in said) == (0, True, True), said
    assert (data_dir / "secret_key").stat().st_mode & 0o777 == 0o600
