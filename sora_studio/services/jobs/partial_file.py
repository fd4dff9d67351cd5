"""What has come of a file so far: it outlives a crash, and the next attempt goes on from its end.

A whole one outlives what hinders its being stored: the provider may not hand it out again.

Beside it lies the tag that the provider gave the file, and the name of the machine's run: after a power cut
the end of a file may hold something else than what was written, so what was begun before one is not trusted.
"""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from sora_studio.domain.errors import MediaError
from sora_studio.domain.ports import Content, ResumePoint, Spool

_BUFFER = 1024 * 1024  # bytes
_THIS_RUN = Path("/proc/sys/kernel/random/boot_id")
_WHOLE = "*"
"""Stands for the tag of a file that has come to its end and can be played; tags are quoted."""


class PartialFile:
    """A spooled file that nobody else writes to."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        """Take the open file; it is locked."""
        self.path, self._file = path, file
        self._note = path.with_name(f"{path.name}.etag")
        self.is_resumable = self.beginning() is not None

    @property
    def is_whole(self) -> bool:
        """True once all of it has come."""
        there = self.beginning()
        return there is not None and there.etag == _WHOLE

    def beginning(self) -> ResumePoint | None:
        """Return what an earlier attempt got, if the rest can be asked for."""
        length = os.fstat(self._file.fileno()).st_size
        run, _, etag = _read(self._note).partition("\n")
        return ResumePoint(length, etag) if length and etag and run == _run() else None

    def begin(self, content: Content) -> int:
        """Make ready for what comes, at the end of what is there or from the start; return how much stays.

        Raises:
            MediaError: It would leave a hole.
        """
        if content.start > os.fstat(self._file.fileno()).st_size:
            message = (
                f"The provider sent a part of the file that was not requested: from byte {content.start} on."
            )
            raise MediaError(message)
        if content.start == 0:
            self._note.unlink(missing_ok=True)  # before the bytes that it stands for
        self._file.truncate(content.start)
        self._file.seek(content.start)
        if content.etag:
            self._note.write_text(f"{_run()}\n{content.etag}")
        self.is_resumable = content.etag is not None
        return content.start

    def write(self, chunk: bytes) -> None:
        """Add what came."""
        self._file.write(chunk)

    def end(self) -> None:
        """Hand everything to the system: the file is about to be read."""
        self._file.flush()
        self.drop()

    def keep(self) -> None:
        """Keep all of it until it is stored: who opens it next need not ask for it again."""
        self._note.write_text(f"{_run()}\n{_WHOLE}")
        self.is_resumable = True

    def drop(self) -> None:
        """Keep nothing of it."""
        self.is_resumable = False

    def close(self) -> None:
        """Leave what can be resumed, or is whole; the rest is removed."""
        if self.is_resumable and self.path.exists():
            with suppress(OSError):  # a full disk has been reported already
                self._file.flush()
        else:
            self.path.unlink(missing_ok=True)
            self._note.unlink(missing_ok=True)


@contextmanager
def open_partial(spool: Spool, name: str) -> Generator[PartialFile]:
    """Open the part of that name for the block, alone.

    A process that froze over it may still have it open: then another, nameless one is opened.

    Raises:
        OSError: The disk refused.
        StorageError: The disk refused.
    """
    path = spool.spool(name)
    file = path.open("r+b", _BUFFER)
    if not _locked(file, path):
        file.close()
        path = spool.spool()
        file = path.open("r+b", _BUFFER)
    with file:
        part = PartialFile(path, file)
        try:
            yield part
        finally:
            part.close()


def _locked(file: BinaryIO, path: Path) -> bool:
    """Lock a file and make sure that it still has its name: it may just have been kept under another."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, UnicodeDecodeError):
        return ""


def _run() -> str:
    return _read(_THIS_RUN).strip()
