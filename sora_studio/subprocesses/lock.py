"""A lock on a directory: one studio at a time on what cannot be shared."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sora_studio.config import ConfigError


class InUse(ConfigError):
    """Another process holds the directory."""


@contextmanager
def alone_in(directory: Path) -> Iterator[None]:
    """Keep other processes out of a directory for the block; the kernel ends the lock with the process.

    A record lock and not flock(2), which would live on in a forked worker that was left over.

    Raises:
        InUse: Another process holds it.
        ConfigError: It cannot be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        file = (directory / ".lock").open("a+")
    except OSError as error:
        message = f"The data directory {directory} cannot be used: {error.strerror}."
        raise ConfigError(message) from error
    with file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            message = (
                f"Another Sora Studio (process {holder}) already uses {directory}. "
                "Stop it, or choose another directory with --data-dir."
            )
            raise InUse(message) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
