"""The key that signs sessions, when the operator has set none."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from sora_studio.config.error import ConfigError

SHORTEST_KEY = 32
"""Bytes: at least as long as the hash that it signs with (RFC 7518 §3.2)."""


def stored_key(path: Path) -> bytes:
    """Return the key in a file that only we may read; write a new one first if there is none.

    Raises:
        ConfigError: The file cannot be written or read, or holds no key.
    """
    try:
        if not path.exists():
            _store_key(path)
        key = path.read_bytes()
    except OSError as error:
        message = f"SORA_STUDIO_DATA_DIR: no key can be kept in {path.parent}: {error.strerror}"
        raise ConfigError(message) from error
    if len(key) < SHORTEST_KEY:
        message = (
            f"{path} holds {len(key)} bytes, and a key that cannot be guessed has at least {SHORTEST_KEY}. "
            "Restore the file, or delete it: a new key is made, and everybody has to log in again."
        )
        raise ConfigError(message)
    return key


def _store_key(path: Path) -> None:
    """Write a new key, whole or not at all; of two first starts, both use the same key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.touch(mode=0o600)
    fresh.write_text(secrets.token_urlsafe(48))
    with suppress(FileExistsError):
        os.link(fresh, path)
    fresh.unlink()
