"""The doctor finds what is wrong with the settings and the files."""

import errno
import os
import resource
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sora_studio.cli.doctor import _lines
from sora_studio.config import Settings, load
from sora_studio.doctor import backups, configuration, machine
from sora_studio.doctor.examination import _made, _public_address
from sora_studio.doctor.finding import Finding, Level, fine, problem
from sora_studio.log import escape
from sora_studio.services.backups.daily import last_backup
from sora_studio.services.backups.manifest import (
    DUMP,
    FILES,
    Entry,
    Manifest,
    all_backups,
    name_of,
    write_list,
    write_manifest,
)
from sora_studio.storage.local import LocalStorage

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return the settings of a directory in which all is well."""
    tmp_path.chmod(0o700)
    for name, text in (("instance", "x"), ("secret_key", "k" * 48)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    return load({}, data_dir=tmp_path)


def level(finding: Finding) -> tuple[str, Level]:
    return finding.check, finding.level


def test_a_setting_that_is_mistyped():
    finding, settings = configuration.check_settings({"SORA_STUDIO_PUBLIC_ULR": "x"}, None)
    assert settings is None
    assert level(finding) == ("settings", Level.PROBLEM)
    assert "SORA_STUDIO_PUBLIC_ULR is not a setting" in finding.text


def test_a_directory_that_no_studio_has_used(tmp_path: Path):
    assert level(configuration.check_data_dir(load({}, data_dir=tmp_path)))[1] is Level.PROBLEM


def test_a_file_of_providers_that_cannot_be_read(settings: Settings):
    (settings.data_dir / "providers.toml").write_text('[[provider]]\nnmae = "x"\n')
    finding, _ = configuration.check_providers(settings, {})
    assert level(finding) == ("providers_file", Level.PROBLEM)


def test_a_model_card_that_cannot_be_read(settings: Settings):
    settings.cards_dir.mkdir()
    (settings.cards_dir / "mine.toml").write_text("nonsense =")
    assert level(configuration.check_model_cards(settings)) == ("model_cards", Level.PROBLEM)


def test_an_address_without_tls():
    settings = load({"SORA_STUDIO_PUBLIC_URL": "http://studio.example"})
    assert level(configuration.check_public_url(settings)) == ("public_url", Level.WARNING)


@pytest.mark.parametrize(("key", "wanted"), [("short", Level.PROBLEM), (None, Level.WARNING)])
def test_a_signing_key_that_is_too_short_or_gone(settings: Settings, key: str | None, wanted: Level):
    path = settings.data_dir / "secret_key"
    path.write_text(key) if key else path.unlink()
    assert configuration.check_signing_key(settings).level is wanted
    assert path.exists() is (key is not None), "the doctor has made a key"


def test_files_that_others_can_read_are_found_and_closed(settings: Settings):
    (settings.data_dir / "secret_key").chmod(0o644)
    finding = configuration.check_modes(settings)
    assert (finding.level, "secret_key" in finding.text) == (Level.PROBLEM, True)
    assert finding.mended().fixed
    assert configuration.check_modes(settings).level is Level.OK


def test_what_could_not_be_closed_is_not_called_mended():
    def refuse() -> None:
        raise PermissionError(errno.EPERM, "/run/key cannot be changed")

    finding = problem("file_modes", "Others can read it.", "chmod", fix=refuse).mended()
    assert (finding.level, finding.fixed) == (Level.PROBLEM, False)
    assert "/run/key cannot be changed" in finding.remedy


def _of_another_user(folder: Path) -> Path:
    """Return a file of somebody else's that everybody can read."""
    if os.geteuid() != 0:
        return Path("/etc/hosts")
    file = folder / "theirs"
    file.write_text("sk-theirs")
    os.chown(file, 12_345, -1)
    file.chmod(0o644)
    return file


def test_a_file_of_another_user_is_left_to_that_user(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
):
    """Root's chmod would take the secret from the studio; what can be closed is, all the same."""
    folder = tmp_path_factory.mktemp("run")
    theirs, ours = _of_another_user(folder), folder / "ours"
    ours.write_text("sk-ours")
    ours.chmod(0o644)
    assert configuration.check_secret_files(settings, [theirs]).fix is None
    both = configuration.check_secret_files(settings, [theirs, ours]).mended()
    assert (both.fixed, str(theirs) in both.remedy) == (False, True)
    assert stat.S_IMODE(ours.stat().st_mode) == 0o640
    assert stat.S_IMODE(theirs.stat().st_mode) == 0o644


def test_so_are_those_with_secrets_elsewhere(settings: Settings, tmp_path_factory: pytest.TempPathFactory):
    secret = tmp_path_factory.mktemp("run") / "key"
    secret.write_text("sk-secret")
    secret.chmod(0o644)
    finding = configuration.check_secret_files(settings, [secret])
    assert finding.mended().fixed
    assert configuration.check_secret_files(settings, [secret]).level is Level.OK


async def test_a_storage_that_stores_nothing(settings: Settings):
    settings.media_path.write_text("a file in the place of a folder")
    finding = await machine.check_storage(LocalStorage(settings.media_path), "Make room.")
    assert level(finding) == ("storage", Level.PROBLEM)


def test_a_disk_without_room(settings: Settings):
    storage = LocalStorage(settings.media_path)
    assert machine.check_disk_space(storage, floor=10**18).level is Level.PROBLEM


@pytest.mark.parametrize(
    ("most", "wanted"), [(1024, Level.WARNING), (65_536, Level.OK), (resource.RLIM_INFINITY, Level.OK)]
)
def test_too_few_open_files(most: int, wanted: Level):
    assert machine.check_open_files(most).level is wanted


@pytest.mark.parametrize(
    ("built", "current", "wanted"),
    [(False, False, Level.PROBLEM), (True, False, Level.WARNING), (True, True, Level.OK)],
)
def test_pages_that_are_not_built(built: bool, current: bool, wanted: Level):
    assert machine.check_front_end(is_built=built, is_current=current).level is wanted


def test_backups_on_the_disk_of_the_videos(settings: Settings):
    assert level(machine.check_backup_disk(settings)) == ("backup_disk", Level.WARNING)


def _back_up(settings: Settings, made: datetime) -> Path:
    """Put a whole backup of one file in place, without a studio."""
    directory = settings.data_dir / "backups" / name_of(made)
    file = directory.parent / FILES / "a" / "film.mp4"
    for folder in (directory, file.parent):
        folder.mkdir(parents=True)
    (directory / DUMP).write_bytes(b"dump")
    file.write_bytes(b"film")
    film = Entry.of(file, "a/film.mp4")
    manifest = Manifest(
        created_at=made,
        version="1",
        revision="1",
        postgres="18",
        people=1,
        videos=1,
        files=1,
        bytes=4,
        dump=Entry.of(directory / DUMP, DUMP),
        listing=write_list(directory, [film]),
        data=[],
    )
    write_manifest(directory, manifest)
    return file


def test_no_backup_and_an_old_one(settings: Settings):
    assert [level(each) for each in backups.check_backups(settings, NOW)] == [("backups", Level.WARNING)]
    _back_up(settings, NOW - timedelta(days=3))
    assert backups.check_backups(settings, NOW)[0].level is Level.PROBLEM


def test_a_backup_that_lacks_a_file(settings: Settings):
    file = _back_up(settings, NOW - timedelta(hours=3))
    assert [each.level for each in backups.check_backups(settings, NOW)] == [Level.OK, Level.OK]
    file.write_bytes(b"cut")
    assert [each.level for each in backups.check_backups(settings, NOW)] == [Level.OK, Level.PROBLEM]
    assert len(all_backups(settings.data_dir / "backups")) == 1


@pytest.mark.parametrize(
    ("name", "text", "check"),
    [
        ("manifest.json", "{", "backup_manifests"),
        ("files.jsonl", '{"key": ', "backup_files"),
        ("files.jsonl", None, "backup_files"),
    ],
)
def test_a_backup_that_is_damaged_where_it_says_what_it_is(
    settings: Settings, name: str, text: str | None, check: str
):
    _back_up(settings, NOW - timedelta(hours=3))
    (path,) = (settings.data_dir / "backups").glob(f"*/{name}")
    path.write_text(text) if text else path.unlink()
    found = {each.check: each.level for each in backups.check_backups(settings, NOW)}
    assert found[check] is Level.PROBLEM
    is_readable = name != "manifest.json"
    assert (last_backup(settings) is not None) == is_readable


async def test_without_a_signing_key_none_is_made(settings: Settings):
    (settings.data_dir / "secret_key").unlink()
    (finding,) = await _public_address(settings)
    assert level(finding) == ("public_address", Level.SKIPPED)
    assert not (settings.data_dir / "secret_key").exists()


def test_what_others_say_moves_no_cursor():
    said = _lines(problem("provider:p", "It says \x1b[2J\nok", "\x1b]0;x\x07"), escape)
    assert said == "✗ provider:p: It says \\x1b[2J\\nok\n    \\x1b]0;x\\x07"


async def test_a_check_that_breaks_is_a_finding():
    def broken() -> Finding:
        return fine("x", {}["nothing"])

    (finding,) = await _made("x", broken)
    assert (level(finding), "KeyError" in finding.text) == (("x", Level.PROBLEM), True)


def test_backups_that_are_off(tmp_path: Path):
    settings = load({"SORA_STUDIO_BACKUPS": "off"}, data_dir=tmp_path)
    assert [each.level for each in backups.check_backups(settings, NOW)] == [Level.WARNING]
    assert machine.check_backup_disk(settings).level is Level.SKIPPED


def test_where_all_is_well_nothing_is_found(settings: Settings):
    findings = [
        configuration.check_data_dir(settings),
        configuration.check_providers(settings, {})[0],
        configuration.check_model_cards(settings),
        configuration.check_public_url(settings),
        configuration.check_signing_key(settings),
        configuration.check_modes(settings),
        configuration.check_secret_files(settings, []),
    ]
    assert [each.level for each in findings] == [Level.OK] * len(findings)
