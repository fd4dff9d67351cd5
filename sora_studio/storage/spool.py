"""Temporary files on this machine's disk, whatever the files are kept in."""

import os
import shutil
import stat
import tempfile
import time
from pathlib import Path

from sora_studio.domain.errors import StorageError

OWNER_ONLY = stat.S_IRUSR | stat.S_IWUSR
_PART = ".part"
_PARTS_LIVE = 86_400.0  # seconds: until then a partial file may be resumed


class LocalSpool:
    """A folder of temporary files. Only the studio's own user may read it: folders are 0700, files 0600."""

    def __init__(self, folder: Path) -> None:
        """Spool into a folder, which need not exist yet; nor need the one above it."""
        self._folder = folder

    def spool(self, name: str | None = None) -> Path:
        """Return the path of a temporary file; the caller fills and removes it.

        A new, empty one; or, under a name, the one that an earlier attempt may have begun.

        Raises:
            StorageError: The disk refused.
        """
        try:
            make_folder(self._folder.parent)
            make_folder(self._folder)
            if name is not None:
                path = self._folder / f"{name}{_PART}"
                path.touch(mode=OWNER_ONLY)
                return path
            handle, path = tempfile.mkstemp(dir=self._folder)  # 0600
        except OSError as error:
            raise refused(error) from error
        os.close(handle)
        return Path(path)

    def sweep(self, *, older_than: float = 0.0) -> int:
        """Remove what a killed process left some seconds ago; return how many files that were.

        Partial files that were begun within a day stay, to be resumed. Should another process be spooling
        into the same folder, its file cannot be stored and is fetched again.

        Raises:
            StorageError: The disk refused.
        """
        try:
            spooled = list(self._folder.iterdir()) if self._folder.is_dir() else []
            leftovers = [
                path
                for path in spooled
                if _is_older(path, _PARTS_LIVE if _PART in path.suffixes else older_than)
            ]
            for leftover in leftovers:
                leftover.unlink(missing_ok=True)
        except OSError as error:
            raise refused(error) from error
        return len(leftovers)

    def probe_spool(self) -> None:
        """Write a little and remove it.

        Raises:
            StorageError: The disk refused.
        """
        path = self.spool()
        try:
            path.write_bytes(b"?")
            path.unlink()
        except OSError as error:
            raise refused(error) from error

    def free_bytes(self) -> int:
        """Return the space left, of the nearest folder that exists."""
        return shutil.disk_usage(self._nearest()).free

    def size_bytes(self) -> int:
        """Return the size of the disk of that folder."""
        return shutil.disk_usage(self._nearest()).total

    def _nearest(self) -> Path:
        folders = (self._folder, *self._folder.absolute().parents)
        return next(folder for folder in folders if folder.exists())


def make_folder(folder: Path) -> None:
    """Make sure that a folder exists; a new one is the studio's alone."""
    folder.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)


def refused(error: OSError) -> StorageError:
    """Say what the disk said, without saying where."""
    return StorageError(f"The disk refused: {error.strerror or error}.")


def _is_older(path: Path, seconds: float) -> bool:
    try:
        return time.time() - path.lstat().st_mtime >= seconds
    except FileNotFoundError:  # it has been stored meanwhile
        return False
