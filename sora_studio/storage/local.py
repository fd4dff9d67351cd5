"""Files on this machine's disk."""

import asyncio
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from sora_studio.domain.errors import StorageError
from sora_studio.domain.ports import StoredFile

_SPOOL, _PART = "tmp", ".part"
_OURS = stat.S_IRUSR | stat.S_IWUSR
_PARTS_LIVE = 86_400.0  # seconds: until then a partial file may be resumed
_KEY = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*")
_KEY_MAX = 200


class LocalStorage:
    """A folder of kept files, and one of spooled files beside them on the same disk.

    Nobody but the studio's own user may read either: folders are 0700, files 0600.
    """

    def __init__(self, root: Path) -> None:
        """Keep files below a folder, which need not exist yet."""
        self._root = root
        self._tmp = root / _SPOOL

    def spool(self, name: str | None = None) -> Path:
        """Return the path of a temporary file; the caller fills and removes it.

        A new, empty one; or, under a name, the one that an earlier attempt may have begun.

        Raises:
            StorageError: The disk refused.
        """
        try:
            _make_folder(self._root)
            _make_folder(self._tmp)
            if name is not None:
                path = self._tmp / f"{name}{_PART}"
                path.touch(mode=_OURS)
                return path
            handle, path = tempfile.mkstemp(dir=self._tmp)  # 0600
        except OSError as error:
            raise _refused(error) from error
        os.close(handle)
        return Path(path)

    async def keep(self, spooled: Path, key: str) -> None:
        """Make a spooled file durable under a key; a file kept there before is replaced in one step.

        Raises:
            StorageError: The disk refused; the spooled file is still there.
        """
        target = self._path(key)
        try:
            await asyncio.to_thread(self._keep, spooled, target)
        except OSError as error:
            raise _refused(error) from error

    def _keep(self, spooled: Path, target: Path) -> None:
        with spooled.open("rb") as file:
            os.fchmod(file.fileno(), _OURS)
            os.fsync(file.fileno())
        folders = [
            folder for folder in (target.parent, *target.parent.parents) if folder.is_relative_to(self._root)
        ]
        for folder in reversed(folders):
            _make_folder(folder)
        spooled.replace(target)
        for folder in folders:  # a rename is durable once its folder is, and a folder once its own is
            _sync_folder(folder)

    def locate(self, key: str) -> Path:
        """Return the path of a kept file.

        Raises:
            StorageError: It is not there.
        """
        path = self._path(key)
        if not path.is_file():
            message = f"The file {key} is missing from storage."
            raise StorageError(message)
        return path

    def kept(self) -> Iterator[StoredFile]:
        """Yield every kept file; what is no file of ours, such as a link, is passed over."""
        for folder, folders, names in os.walk(self._root):
            if Path(folder) == self._root:
                folders[:] = [name for name in folders if name != _SPOOL]
            for name in names:
                key = (Path(folder) / name).relative_to(self._root).as_posix()
                if _KEY.fullmatch(key) and (file := self.look(key)):
                    yield file

    def look(self, key: str) -> StoredFile | None:
        """Return what is known of a kept file, None when it is not there."""
        try:
            known = self._path(key).lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        age = time.time() - known.st_mtime
        return StoredFile(key, known.st_size, age) if stat.S_ISREG(known.st_mode) else None

    async def drop(self, key: str) -> None:
        """Remove a kept file and its folder once that is empty; one that is gone already is fine.

        Raises:
            StorageError: The disk refused.
        """
        path = self._path(key)
        try:
            await asyncio.to_thread(path.unlink, missing_ok=True)
        except OSError as error:
            raise _refused(error) from error
        with suppress(OSError):  # other files are in it, or it is gone
            path.parent.rmdir()

    def probe(self) -> None:
        """Write a little and take it away again.

        Raises:
            StorageError: The disk refused.
        """
        path = self.spool()
        try:
            path.write_bytes(b"?")
            path.unlink()
        except OSError as error:
            raise _refused(error) from error

    def free_bytes(self) -> int:
        """Return the space left, of the nearest folder that exists."""
        existing = next(folder for folder in (self._root, *self._root.absolute().parents) if folder.exists())
        return shutil.disk_usage(existing).free

    def sweep(self, *, older_than: float = 0.0) -> int:
        """Remove what a killed process left in the spool some seconds ago; return how many files that were.

        Partial files that were begun within a day stay: they are resumed. Should another process be spooling
        into the same folder, its file is not kept and is fetched again.

        Raises:
            StorageError: The disk refused.
        """
        try:
            spooled = list(self._tmp.iterdir()) if self._tmp.is_dir() else []
            leftovers = [
                path
                for path in spooled
                if _is_older(path, _PARTS_LIVE if _PART in path.suffixes else older_than)
            ]
            for leftover in leftovers:
                leftover.unlink(missing_ok=True)
        except OSError as error:
            raise _refused(error) from error
        return len(leftovers)

    def _path(self, key: str) -> Path:
        """Return where a key's file is; keys are the studio's own, so a wrong one is a bug."""
        if len(key) > _KEY_MAX or not _KEY.fullmatch(key) or ".." in key or key.partition("/")[0] == _SPOOL:
            message = f"{key[:_KEY_MAX]!r} is not a storage key."
            raise StorageError(message)
        return self._root / key


def _is_older(path: Path, seconds: float) -> bool:
    try:
        return time.time() - path.lstat().st_mtime >= seconds
    except FileNotFoundError:  # the process that spooled it has kept it meanwhile
        return False


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _refused(error: OSError) -> StorageError:
    return StorageError(f"The disk refused: {error.strerror or error}.")
