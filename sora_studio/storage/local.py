"""Files kept on this machine's disk."""

import asyncio
import os
import stat
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from sora_studio.config.folders import sync_folder
from sora_studio.domain.errors import StorageError
from sora_studio.domain.media import ByteRange
from sora_studio.domain.ports import StoredFile
from sora_studio.storage.keys import SPOOL, is_key, missing, require_key
from sora_studio.storage.spool import OWNER_ONLY, LocalSpool, make_folder, refused

_NAME = ".identity"  # no key
_CHUNK = 256 * 1024  # bytes
_PAGE = 200  # files


class LocalStorage(LocalSpool):
    """A folder of files by key, and the spool inside it: on one disk, so that storing a file is a rename."""

    def __init__(self, root: Path) -> None:
        """Keep files below a folder, which need not exist yet."""
        super().__init__(root / SPOOL)
        self._root = root

    async def put(self, spooled: Path, key: str) -> None:
        """Move a spooled file to its key: fsync, rename, fsync of the folders.

        Raises:
            StorageError: The disk refused; the spooled file is still there.
        """
        target = self._path(key)
        try:
            await asyncio.to_thread(self._put, spooled, target)
        except OSError as error:
            raise refused(error) from error

    def _put(self, spooled: Path, target: Path) -> None:
        with spooled.open("rb") as file:
            os.fchmod(file.fileno(), OWNER_ONLY)
            os.fsync(file.fileno())
        folders = [
            folder for folder in (target.parent, *target.parent.parents) if folder.is_relative_to(self._root)
        ]
        for folder in reversed(folders):
            make_folder(folder)
        spooled.replace(target)
        for folder in folders:  # a rename is durable once its folder is, and a folder once its own is
            sync_folder(folder)

    @asynccontextmanager
    async def open(self, key: str, span: ByteRange | None = None) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Open a file, or some bytes of it, for the block, and yield it in chunks.

        Raises:
            StorageError: It is not there, or cannot be read.
        """
        path = self._path(key)
        try:
            file = await asyncio.to_thread(path.open, "rb")
        except OSError as error:
            raise _unreadable(key, error) from error
        with file:
            yield _read(file, span)

    async def read(self, key: str) -> bytes:
        """Return a small file.

        Raises:
            StorageError: It is not there, or cannot be read.
        """
        path = self._path(key)
        try:
            return await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            raise _unreadable(key, error) from error

    def link(self, key: str, content_type: str, disposition: str) -> None:
        """Return None: what is on our disk comes through us."""

    @asynccontextmanager
    async def materialise(self, key: str) -> AsyncGenerator[Path]:
        """Yield the path of the file itself: it is on the local disk already.

        Raises:
            StorageError: It is not there.
        """
        if await self.stat(key) is None:
            raise missing(key)
        yield self._path(key)

    async def stat(self, key: str) -> StoredFile | None:
        """Return what is known of a file; None when it is not there.

        Raises:
            StorageError: The disk refused.
        """
        path = self._path(key)
        try:
            return await asyncio.to_thread(_stat, path, key)
        except OSError as error:
            raise refused(error) from error

    async def list_pages(self) -> AsyncIterator[Sequence[StoredFile]]:
        """Yield all files, page by page; what is no file of ours, such as a link, is passed over."""
        files = self._walk()
        while page := await asyncio.to_thread(_next_page, files):
            yield page

    async def delete(self, key: str) -> None:
        """Remove a file, and its folder once that is empty; one that is gone already is fine.

        Raises:
            StorageError: The disk refused.
        """
        path = self._path(key)
        try:
            await asyncio.to_thread(path.unlink, missing_ok=True)
        except OSError as error:
            raise refused(error) from error
        with suppress(OSError):  # other files are in it, or it is gone
            path.parent.rmdir()

    async def probe(self) -> None:
        """Write a little into the spool and remove it; the files are on the same disk.

        Raises:
            StorageError: The disk refused.
        """
        await asyncio.to_thread(self.probe_spool)

    def identity(self) -> str:
        """Return what tells this folder from others, by whatever path: a name that is kept in it.

        Raises:
            StorageError: The disk refused.
        """
        path = self._root / _NAME
        try:
            make_folder(self._root)
            with suppress(FileExistsError), path.open("x") as file:
                file.write(uuid4().hex)
            return path.read_text().strip()
        except OSError as error:
            raise refused(error) from error

    def _walk(self) -> Iterator[StoredFile]:
        for folder, folders, names in os.walk(self._root):
            if Path(folder) == self._root:
                folders[:] = [name for name in folders if name != SPOOL]
            for name in names:
                path = Path(folder) / name
                key = path.relative_to(self._root).as_posix()
                if is_key(key) and (file := _stat(path, key)):
                    yield file

    def _path(self, key: str) -> Path:
        return self._root / require_key(key)


async def _read(file: BinaryIO, span: ByteRange | None) -> AsyncIterator[bytes]:
    try:
        left = None if span is None else span.end - file.seek(span.start)
        while chunk := await asyncio.to_thread(file.read, _CHUNK if left is None else min(_CHUNK, left)):
            left = left and left - len(chunk)
            yield chunk
    except OSError as error:
        raise refused(error) from error


def _stat(path: Path, key: str) -> StoredFile | None:
    try:
        known = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    modified_at = datetime.fromtimestamp(known.st_mtime, UTC)
    return StoredFile(key, known.st_size, modified_at) if stat.S_ISREG(known.st_mode) else None


def _next_page(files: Iterator[StoredFile]) -> Sequence[StoredFile]:
    return [*islice(files, _PAGE)]


def _unreadable(key: str, error: OSError) -> StorageError:
    is_missing = isinstance(error, FileNotFoundError | NotADirectoryError)
    return missing(key) if is_missing else refused(error)
