"""Copies of an object store's pictures on this machine's disk: pages of tiles ask for dozens at a time."""

import hashlib
import os
import time
from contextlib import suppress
from pathlib import Path

from sora_studio.storage.spool import make_folder

_LIVE = 3600.0  # seconds: a picture that another instance has mended is seen after as long


class NearCopies:
    """Keeps a file for an hour. What goes wrong here is nobody's trouble: the file is fetched again."""

    def __init__(self, folder: Path) -> None:
        """Keep them in a folder, which need not exist yet."""
        self._folder = folder

    def find(self, key: str) -> bytes | None:
        """Return a file that was kept within the hour."""
        path = self._path(key)
        try:
            return path.read_bytes() if _is_fresh(path) else None
        except OSError:
            return None

    def keep(self, key: str, data: bytes) -> None:
        """Keep a file, whole or not at all."""
        path = self._path(key)
        partial = path.with_suffix(f".{os.getpid()}")
        with suppress(OSError):
            make_folder(self._folder)
            partial.write_bytes(data)
            partial.replace(path)

    def drop(self, key: str) -> None:
        """Forget a file: the store has another one now, or none."""
        with suppress(OSError):
            self._path(key).unlink(missing_ok=True)

    def compare(self, key: str, length: int) -> None:
        """Forget a file whose length is no longer that of the store's."""
        with suppress(OSError):
            if self._path(key).stat().st_size != length:
                self.drop(key)

    def sweep(self) -> int:
        """Remove what is older than an hour, and count it."""
        removed = 0
        with suppress(OSError):
            for path in [*self._folder.iterdir()]:
                if not _is_fresh(path):
                    path.unlink()
                    removed += 1
        return removed

    def _path(self, key: str) -> Path:
        return self._folder / hashlib.sha256(key.encode()).hexdigest()


def _is_fresh(path: Path) -> bool:
    return time.time() - path.stat().st_mtime < _LIVE
