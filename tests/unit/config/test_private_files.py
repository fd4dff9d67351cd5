"""What is the studio's is for its own user: what others could read is closed, or said."""

import stat
from pathlib import Path

import pytest

from sora_studio.config import load
from sora_studio.config.environment import named_files
from sora_studio.config.private_files import close_to_others, open_secrets


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A directory as earlier studios left it, with the modes of the system."""
    for name in ("media/videos/1", "sandbox/films", "postgres/base"):
        (tmp_path / name).mkdir(parents=True)
    for name in (
        "secret_key",
        "postgres.log",
        "media/videos/1/video.mp4",
        "sandbox/jobs.db",
        "postgres/base/1",
    ):
        (tmp_path / name).write_text("")
    for path in (tmp_path, *tmp_path.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return tmp_path


def test_everything_is_closed_but_what_is_postgresqls(data_dir: Path):
    closed, still_open = close_to_others(data_dir)
    assert still_open == []
    assert _open(data_dir) == {"postgres", "postgres/base", "postgres/base/1"}
    assert len(closed) == 10
    assert close_to_others(data_dir) == ([], [])


def test_postgresqls_user_may_pass_and_nobody_else(data_dir: Path):
    close_to_others(data_dir)
    data_dir.chmod(0o710)
    assert close_to_others(data_dir) == ([], [])
    data_dir.chmod(0o711)
    assert close_to_others(data_dir)[0] == [data_dir]
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o710


def test_a_file_beside_the_closed_ones_is_found(data_dir: Path):
    close_to_others(data_dir)
    (data_dir / "secret_key").chmod(0o604)
    assert close_to_others(data_dir)[0] == [data_dir / "secret_key"]


def test_links_are_not_followed(data_dir: Path, tmp_path_factory: pytest.TempPathFactory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "file"
    elsewhere.write_text("")
    elsewhere.chmod(0o644)
    (data_dir / "link").symlink_to(elsewhere)
    close_to_others(data_dir)
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o644


def test_secrets_elsewhere_that_anybody_can_read_are_found(tmp_path: Path):
    (data_dir := tmp_path / "data").mkdir()
    files = {name: tmp_path / name for name in ("secret", "providers.toml", "key", "closed")}
    for path in files.values():
        path.write_text("x" * 40)
        path.chmod(0o644)
    files["closed"].chmod(0o640)
    files["providers.toml"].write_text(
        f"[a]\nbase_url='http://a/v1'\napi_key_file='{files['key']}'\n"
        f"[b]\nbase_url='http://b/v1'\napi_key_file='{files['closed']}'"
    )
    environ = {
        "SORA_STUDIO_SECRET_KEY_FILE": str(files["secret"]),
        "SORA_STUDIO_PROVIDERS": str(files["providers.toml"]),
    }
    found = open_secrets(load(environ, data_dir=data_dir), named_files(environ))
    assert found == [files["secret"], files["providers.toml"], files["key"]]


def _open(data_dir: Path) -> set[str]:
    """Return what others than the owner may do anything with."""
    return {str(path.relative_to(data_dir)) for path in data_dir.rglob("*") if path.stat().st_mode & 0o077}
