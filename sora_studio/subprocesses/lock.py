"""A lock on a directory: one studio at a time on what cannot be shared."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from sora_studio.config import ConfigError

_PATIENCE = 20.0  # seconds: longer than a process takes to end in order
_GLANCE = 0.1


class InUse(ConfigError):
    """Another process holds the directory."""


@contextmanager
def alone_in(directory: Path, place: str = "") -> Iterator[None]:
    """Keep other processes out of a directory for the block; the kernel ends the lock with the process.

    A record lock and not flock(2), which would live on in a forked worker that was left over.

    Args:
        directory: Which.
        place: In it, where several processes share it.

    Raises:
        InUse: Another process holds it.
        ConfigError: It cannot be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        file = (directory / f".lock{place}").open("a+")
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


@asynccontextmanager
async def next_in(directory: Path, place: str) -> AsyncIterator[None]:
    """Have a place in a directory for the block, as soon as who has it ends.

    Raises:
        InUse: It does not.
        ConfigError: The directory cannot be written.
    """
    deadline = asyncio.get_running_loop().time() + _PATIENCE
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(alone_in(directory, place))
                break
            except InUse:
                if asyncio.get_running_loop().time() > deadline:
                    raise
            await asyncio.sleep(_GLANCE)
        yield
