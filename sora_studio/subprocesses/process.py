"""Starting a child process that cannot outlive us, and ending it."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

import structlog

from sora_studio.config import for_children

_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
_GLANCE = 0.02  # seconds between looks at a child that is about to exit
_LOOK = 0.5  # seconds between looks at one that is to stay
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 30.0  # seconds between two starts
_STEADY = 60.0  # seconds after which a death starts a new count
_log = structlog.get_logger(__name__)
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
    files: Collection[int] = (),
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
        files: Open ones of ours, by number, that it shares.
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
        pass_fds=files,
        preexec_fn=die_with_parent,  # noqa: PLW1509 -- two system calls through a handle that is already open
        user=None if user is None else user.id,
        group=None if user is None else user.group,
        extra_groups=None if user is None else [],
    )


class ChildFailed(Exception):
    """A program could not be started; it has said why."""


async def keep_running(
    start: Callable[[], subprocess.Popen[bytes]], name: str, *, patience: float, must_start: bool = False
) -> None:
    """Start a program again whenever it ends, after ever longer pauses; end it when cancelled.

    A start that the system refuses (no memory, too many processes) is tried again like one that has ended.

    Args:
        start: Starts it.
        name: What it is called in the log.
        patience: Seconds that it has to end in.
        must_start: Whether there is no use in trying again when the first start fails.

    Raises:
        ChildFailed: It did, with status 1, or the system refused it.
    """
    loop, pause, is_first = asyncio.get_running_loop(), _FIRST_PAUSE, True
    while True:
        started, status = loop.time(), await _run_once(start, name, patience)
        is_steady = loop.time() - started > _STEADY
        if must_start and is_first and not is_steady and status == 1:
            raise ChildFailed(name)
        pause, is_first = _FIRST_PAUSE if is_steady else min(pause * 2, _LONGEST_PAUSE), False
        _log.warning("child_ended", child=name, status=status, restart_in=pause)
        await asyncio.sleep(pause)


async def _run_once(start: Callable[[], subprocess.Popen[bytes]], name: str, patience: float) -> int:
    """Run a program until it ends; return its status, which is 1 where the system starts none."""
    try:
        process = start()
    except (OSError, subprocess.SubprocessError) as error:
        _log.error("child_not_started", child=name, reason=str(error))
        return 1
    try:
        while process.poll() is None:  # noqa: ASYNC110 -- nothing tells of a child's death on every system
            await asyncio.sleep(_LOOK)
    finally:
        await end(process, signal.SIGTERM, patience=patience)
    return process.returncode


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
