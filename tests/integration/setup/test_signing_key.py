"""The signing key that is made when the operator sets none."""

from pathlib import Path

import pytest

from sora_studio.config import ConfigError, load


def test_it_is_made_once_and_kept(tmp_path: Path):
    first = load({}, data_dir=tmp_path / "new").signing_key()
    second = load({}, data_dir=tmp_path / "new").signing_key()

    assert first == second
    assert len(first) >= 32


def test_it_is_readable_by_its_owner_alone(tmp_path: Path):
    load({}, data_dir=tmp_path).signing_key()

    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_every_installation_has_its_own(tmp_path: Path):
    assert load({}, data_dir=tmp_path / "a").signing_key() != load({}, data_dir=tmp_path / "b").signing_key()


@pytest.mark.parametrize("key", [b"", b"\n", b"k" * 31], ids=["empty", "a line end", "short"])
def test_a_file_that_holds_no_key_is_refused_and_left_as_it_is(tmp_path: Path, key: bytes):
    """As after a full disk: sessions that anybody can forge would be worse than no start."""
    (tmp_path / "secret_key").write_bytes(key)

    with pytest.raises(ConfigError, match=f"secret_key holds {len(key)} bytes.*at least 32"):
        load({}, data_dir=tmp_path).signing_key()

    assert (tmp_path / "secret_key").read_bytes() == key


def test_one_that_was_set_is_used(tmp_path: Path):
    key = "k" * 32

    assert load({"SORA_STUDIO_SECRET_KEY": key}, data_dir=tmp_path).signing_key() == key.encode()
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cannot_be_written_is_the_operators_concern(tmp_path: Path):
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match="SORA_STUDIO_DATA_DIR"):
        load({}, data_dir=tmp_path / "file").signing_key()


def test_secrets_come_from_files(tmp_path: Path):
    """Docker and Kubernetes hand them out so, with a line end."""
    (tmp_path / "key").write_text("s" * 40 + "\n")

    settings = load({"SORA_STUDIO_SECRET_KEY_FILE": str(tmp_path / "key")})

    assert settings.signing_key() == b"s" * 40


def test_a_file_that_is_not_there_is_reported():
    with pytest.raises(ConfigError, match="OPENAI_API_KEY_FILE cannot be read"):
        load({"OPENAI_API_KEY_FILE": "/no/such/file"})
