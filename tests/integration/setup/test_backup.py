"""Backups: made beside a running studio, looked at, and made a studio of again, or nothing at all."""

import json
import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sora_studio.config import ConfigError, Settings, load
from sora_studio.config.backup_plan import BackupPlan
from sora_studio.db.migrations import migrate
from sora_studio.services.backups.create import Origin
from sora_studio.services.backups.daily import DailyBackup
from sora_studio.services.backups.manifest import find_backup
from sora_studio.services.backups.restore import restore
from sora_studio.storage.local import LocalStorage
from sora_studio.storage.opening import open_storage
from sora_studio.subprocesses.lock import alone_in
from tests.integration.setup.test_maintenance import command
from tests.support.person import Person, join, log_in
from tests.support.studio import fresh_data_dir, serving
from tests.support.waiting import comes_true

_QUICK: Mapping[str, str] = {"SORA_STUDIO_SANDBOX_SPEED": "200", "SORA_SANDBOX_CANNED": "1"}


@dataclass(frozen=True)
class Saved:
    """A studio that has been backed up twice, and has ended."""

    data_dir: Path
    target: Path
    ada: Person
    films: Mapping[str, bytes]
    """By the ids of the videos that were made."""
    unsent: str
    """A wish that had not been sent when the backup was made; it was, afterwards."""


@pytest.fixture(scope="module")
async def saved() -> AsyncIterator[Saved]:
    with fresh_data_dir() as data_dir:
        target = data_dir.with_name("backups")
        with serving(data_dir, environment=_QUICK) as studio:
            ada = await join(studio.url)
            films = {await ada.ask(prompt): b"" for prompt in ("a kite", "a boat")}
            for video_id in films:
                await ada.ended(video_id)
                films[video_id] = (await ada.http.get(f"/api/videos/{video_id}/content")).content
            status, said = await command(data_dir, "backup", str(target))
            assert status == 0, said
            before = {path: path.stat().st_mtime_ns for path in (target / "files").rglob("*.mp4")}
            assert (await command(data_dir, "provider", "pause", "sandbox"))[0] == 0
            unsent = await ada.ask("a lamp")
            status, said = await command(data_dir, "backup", "--keep=1", str(target))
            assert (status, "1 people, 3 videos" in said) == (0, True), said
            after = {path: path.stat().st_mtime_ns for path in (target / "files").rglob("*.mp4")}
            assert before == after, "what was there has been copied again"
            assert len([*target.glob("*/manifest.json")]) == 1
            assert (await command(data_dir, "provider", "resume", "sandbox"))[0] == 0
            await ada.ended(unsent)
        yield Saved(data_dir, target, ada, films, unsent)


async def test_everything_is_there_again_and_nothing_is_sent_twice(saved: Saved):
    status, said = await command(None, "backup", "verify", str(saved.target))
    assert (status, "0 problems" in said) == (0, True), said
    with fresh_data_dir() as data_dir:
        status, said = await command(data_dir, "restore", str(saved.target))
        assert (status, "1 wishes had not been sent" in said) == (0, True), said
        with serving(data_dir, environment=_QUICK) as studio:
            saved.ada.http.base_url = studio.url  # with the session that she had
            for video_id, film in saved.films.items():
                assert (await saved.ada.http.get(f"/api/videos/{video_id}/content")).content == film

            async def is_unclear() -> bool:
                return (await saved.ada.video(saved.unsent))["phase"] in {"submit_unknown", "needs_attention"}

            await comes_true(is_unclear)
            await (await log_in(studio.url, saved.ada.email)).http.aclose()
            assert (await command(data_dir, "provider", "resume", "sandbox"))[
                0
            ] == 0  # paused when it was saved
            await saved.ada.ended(await saved.ada.ask("a gull"))
        status, said = await command(data_dir, "scrub", "--deep")
        assert status == 0, said
        status, said = await command(data_dir, "restore", str(saved.target))
        assert (status, "is not empty" in said) == (1, True), said


async def test_it_goes_into_an_empty_database_of_ones_own(
    saved: Saved, empty_database_url: str, tmp_path: Path
):
    backup = find_backup(saved.target)
    settings = load({"DATABASE_URL": empty_database_url}, data_dir=tmp_path / "one")
    assert (await restore(settings, backup)).unclear == 1
    settings = load({"DATABASE_URL": empty_database_url}, data_dir=tmp_path / "two")
    with pytest.raises(ConfigError, match="A studio has used this database"):
        await restore(settings, backup)
    assert not (tmp_path / "two").exists()


async def test_secrets_can_be_left_out(saved: Saved, tmp_path: Path):
    (saved.data_dir / "providers.toml").write_text('[[provider]]\nname = "ours"\napi_key = "sk-canary-1"\n')
    status, said = await command(saved.data_dir, "backup", str(tmp_path), "--without-secrets")
    (saved.data_dir / "providers.toml").unlink()
    assert status == 0, said
    key = (saved.data_dir / "secret_key").read_bytes()
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or not any(secret in path.read_bytes() for secret in (key, b"sk-canary-1"))
        assert path.stat().st_mode & 0o077 == 0, path


async def test_what_is_damaged_is_found_and_not_restored(saved: Saved, tmp_path: Path):
    target = tmp_path / "damaged"
    shutil.copytree(saved.target, target)
    directory = find_backup(target).directory
    changed, gone = sorted((target / "files").rglob("*.mp4"))
    changed.write_bytes(changed.read_bytes()[:-1] + b"?")
    gone.unlink()
    dump = directory / "database.dump"
    dump.write_bytes(dump.read_bytes()[:-9])
    status, said = await command(None, "backup", "verify", str(target))
    assert status == 1
    assert all(f"{path}: " in said for path in (changed, gone, dump)), said
    assert "pg_restore failed" in said
    status, said = await command(tmp_path / "new", "restore", str(target))
    assert (status, "nothing was restored" in said) == (1, True), said
    assert [*(tmp_path / "new").iterdir()] == []


async def test_only_what_this_version_understands_is_restored(saved: Saved, tmp_path: Path):
    target = tmp_path / "newer"
    shutil.copytree(saved.target, target)
    path = find_backup(target).directory / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps({**manifest, "revision": "2999_01_01_later", "version": "9.0"}))
    status, said = await command(tmp_path / "new", "restore", str(target))
    assert (status, "made by a newer version (9.0)" in said) == (1, True), said
    path.write_text("{")
    status, said = await command(tmp_path / "new", "restore", str(target))
    assert (status, "no manifest that this version" in said) == (1, True), said
    status, said = await command(tmp_path / "new", "restore", str(tmp_path / "nothing"))
    assert (status, "There is no backup" in said) == (1, True), said
    assert not (tmp_path / "new").exists()


async def test_a_backup_that_is_cut_off_is_none(saved: Saved, tmp_path: Path):
    target = saved.data_dir / "media/backups"
    status, said = await command(saved.data_dir, "backup", str(target))
    assert (status, "among the studio's own files" in said) == (1, True), said
    (tmp_path / "2026-12-01T00-00-00Z.partial").mkdir()
    (tmp_path / "2026-12-01T00-00-00Z.partial/manifest.json").write_text("{}")
    status, said = await command(None, "backup", "verify", str(tmp_path))
    assert (status, "There is no backup" in said) == (1, True), said
    with alone_in(tmp_path):
        status, said = await command(saved.data_dir, "backup", str(tmp_path))
    assert (status, "Another backup is being made" in said) == (1, True), said
    status, said = await command(saved.data_dir, "backup", str(tmp_path))
    assert status == 0, said
    assert [*tmp_path.glob("*.partial")] == []
    assert find_backup(tmp_path).manifest.videos == 3


async def test_the_studio_makes_one_a_day_and_keeps_the_newest(empty_database_url: str, tmp_path: Path):
    await migrate(empty_database_url)
    settings = load({"SORA_STUDIO_TIME_ZONE": "Europe/Berlin"}, data_dir=tmp_path)
    now, plan, made = datetime.now(UTC), BackupPlan(tmp_path / "to", keep=2), list[set[str]]()
    for days in (0, 0, 1, 2):
        moment = now + timedelta(days)
        await DailyBackup(
            origin_of(settings, empty_database_url), plan, clock=lambda moment=moment: moment
        ).run()
        made.append({path.parent.name for path in (tmp_path / "to").glob("*/manifest.json")})
    first, second, third, fourth = made
    assert first == second, "what was made is due again only after the next night"
    assert (len(first), len(third), len(fourth), first & fourth) == (1, 2, 2, set())


async def test_the_one_of_a_day_reads_from_the_storage_that_is_open(empty_database_url: str, tmp_path: Path):
    """What the environment had for another one has been forgotten by then."""
    await migrate(empty_database_url)
    settings, storage = load({}, data_dir=tmp_path), LocalStorage(tmp_path / "elsewhere")
    path = storage.spool()
    await storage.put(path, "videos/1/film.mp4")
    await DailyBackup(Origin(settings, storage, empty_database_url), BackupPlan(tmp_path / "to")).run()
    assert find_backup(tmp_path / "to").manifest.files == 1


@pytest.mark.parametrize("name", ["manifest.json", "files.jsonl"])
async def test_one_that_is_damaged_stops_no_other(empty_database_url: str, tmp_path: Path, name: str):
    """Nor are files removed that it may name."""
    await migrate(empty_database_url)
    settings, target = load({}, data_dir=tmp_path), tmp_path / "to"
    plan = BackupPlan(target, keep=1)
    await DailyBackup(origin_of(settings, empty_database_url), plan).run()
    (damaged,) = target.glob(f"*/{name}")
    damaged.write_text("{")
    film = target / "files" / "film.mp4"
    film.parent.mkdir(exist_ok=True)
    film.write_bytes(b"named by nothing that can be read")
    tomorrow = datetime.now(UTC) + timedelta(1)
    await DailyBackup(origin_of(settings, empty_database_url), plan, clock=lambda: tomorrow).run()
    assert find_backup(max(target.glob("2*"))).directory != damaged.parent
    assert film.exists() == (name == "manifest.json"), "one that has gone names nothing"


async def test_one_that_fails_is_said_and_tried_again(tmp_path: Path):
    (tmp_path / "to").write_text("no folder")
    origin = origin_of(load({}, data_dir=tmp_path), "postgresql://127.0.0.1:1/x")
    daily = DailyBackup(origin, BackupPlan(tmp_path / "to"))
    with capture_logs() as logs:
        await daily.run()
    assert [log["event"] for log in logs] == ["backup_failed"]


def origin_of(settings: Settings, url: str) -> Origin:
    return Origin(settings, open_storage(settings), url)
