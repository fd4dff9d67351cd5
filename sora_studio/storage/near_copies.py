"""Copies of an object store's pictures on this machine's disk: pages of tiles ask for dozens at a time."""

import hashlib
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from threading import Lock

from sora_studio.storage.spool import make_folder

_LIVE = 3600.0  # seconds: a picture that another instance has mended is seen after as long
_MOST = 256 * 1024 * 1024  # bytes
_SWEEP_AFTER = 0.25  # of them have been kept since


class NearCopies:
    """Keeps a file for an hour. What goes wrong here is nobody's trouble: the file is fetched again.

    Each begins with a line that says which version of the store's it is.
    """

    def __init__(self, folder: Path, *, most: int = _MOST) -> None:
        """Keep them in a folder, which need not exist yet, and about as many bytes as are said."""
        self._folder, self._most = folder, most
        self._lock, self._changes, self._kept = Lock(), 0, 0

    @property
    def changes(self) -> int:
        """Return how often a file has become another one: one that was read before a change is not kept."""
        return self._changes

    def find(self, key: str) -> bytes | None:
        """Return a file that was kept within the hour."""
        path = self._path(key)
        try:
            return path.read_bytes().partition(b"\n")[2] if _is_fresh(path) else None
        except OSError:
            return None

    def keep(self, key: str, data: bytes, etag: str | None, changes: int) -> None:
        """Keep a file, whole or not at all, unless one has changed since it was asked for."""
        with suppress(OSError):
            make_folder(self._folder)
            handle, partial = tempfile.mkstemp(dir=self._folder)
            with os.fdopen(handle, "wb") as file:
                file.write(f"{etag}\n".encode() + data)
            with self._lock:
                if changes == self._changes:
                    Path(partial).replace(self._path(key))
            Path(partial).unlink(missing_ok=True)
            self._kept += len(data)
            if self._kept > self._most * _SWEEP_AFTER:
                self.sweep()

    def drop(self, key: str) -> None:
        """Forget a file: the store has another one now, or none."""
        with self._lock, suppress(OSError):
            self._changes += 1
            self._path(key).unlink(missing_ok=True)

    def compare(self, key: str, etag: str | None) -> None:
        """Forget a file that is no longer the store's."""
        with suppress(OSError), self._path(key).open("rb") as file:
            if file.readline() != f"{etag}\n".encode():
                self.drop(key)

    def sweep(self) -> None:
        """Remove what is older than an hour, and the oldest beyond what may be kept."""
        self._kept = left = 0
        with suppress(OSError):
            for path in sorted(self._folder.iterdir(), key=_age):
                left += path.stat().st_size
                if left > self._most or not _is_fresh(path):
                    path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / hashlib.sha256(key.encode()).hexdigest()


def _age(path: Path) -> float:
    return time.time() - path.stat().st_mtime


def _is_fresh(path: Path) -> bool:
    return _age(path) < _LIVE
