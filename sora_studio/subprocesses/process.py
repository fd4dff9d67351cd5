"""Starting a child process that cannot outlive us, and ending it."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from sora_studio.config import for_children

_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
_GLANCE = 0.02  # seconds between looks at a child that is about to exit
_libc = ctypes.CDLL(None)


class User(NamedTuple):
    """A system user by numbers; it need not have a name."""

    id: int
    group: int


def spawn(
    command: Sequence[str],
    *,
    last_signal: signal.Signals,
    user: User | None = None,
    cwd: Path | None = None,
    output: IO[bytes] | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that Ctrl-C reaches us alone and we end it in order.

    Of our environment it gets what it needs to run at all (`for_children`): none of our secrets.

    On Linux the kernel sends it `last_signal` when the thread that called this ends, `kill -9` included: call
    this from the main thread. Elsewhere a leftover child is found at the next start.

    Args:
        command: Program and arguments.
        last_signal: What makes it exit in order.
        user: System user to run as; needs root.
        cwd: Its working directory.
        output: Where its output and errors go; ours when missing.
        environment: What else it has to know.
    """
    parent = os.getpid()

    def die_with_parent() -> None:
        if sys.platform == "linux":
            _libc.prctl(_SET_PARENT_DEATH_SIGNAL, int(last_signal), 0, 0, 0)
            if os.getppid() != parent:  # it ended before we could ask
                os.kill(os.getpid(), last_signal)

    return subprocess.Popen(  # noqa: S603 -- callers pass our own programs
        command,
        cwd=cwd,
        env={**for_children(), **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509 -- two system calls through a handle that is already open
        user=None if user is None else user.id,
        group=None if user is None else user.group,
        extra_groups=None if user is None else [],
    )


async def end(process: subprocess.Popen[bytes], how: signal.Signals, *, patience: float) -> None:
    """End a child and wait until it is gone; kill it after `patience` seconds."""
    if process.poll() is None:
        process.send_signal(how)
    if not await gone(process, within=patience):
        process.kill()
        await gone(process, within=patience)


async def gone(process: subprocess.Popen[bytes], *, within: float) -> bool:
    """Tell whether a child exits `within` so many seconds."""
    deadline = asyncio.get_running_loop().time() + within
    while process.poll() is None:
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(_GLANCE)
    return True
