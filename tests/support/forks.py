"""Programs that start by a fork of a process that has loaded them: to load one takes longer than most tests.

They are processes of their own like any other, with nothing of pytest's in them; only their start is cheap.
Limits and the session are those of the process that they are forked from: a test that changes these, or that
is about the start itself, starts the program as everybody does.
"""

import gc
import multiprocessing
import os
import subprocess
import sys
import warnings
from collections.abc import Mapping, Sequence
from io import TextIOWrapper
from multiprocessing.reduction import DupFd
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, TextIO, cast

_SERVER = multiprocessing.get_context("forkserver")
_PRELOADED = ["tests.support.forks"]


def preload(*modules: str) -> None:
    """Have modules loaded before the first fork; after it, that is too late, and they are loaded by each one.

    Call it where the module that starts a program is loaded, so that a run without such tests need not wait.
    """
    _PRELOADED.extend(modules)
    _SERVER.set_forkserver_preload(_PRELOADED)


class ForkedProcess:
    """A running program, with what tests use of `subprocess.Popen`."""

    def __init__(
        self,
        main: str,
        arguments: Sequence[str],
        cwd: Path,
        *,
        environment: Mapping[str, str] | None = None,
        output: int | None = None,
        with_errors: bool = False,
    ) -> None:
        """Start it.

        Args:
            main: What its entry point calls, as `module:function`: it is not loaded here.
            arguments: Its command line, the name of the program first.
            cwd: Where it runs.
            environment: What it is told besides our environment.
            output: Where it writes to; a pipe, whose end is `stdout`, if None.
            with_errors: Whether its errors go there, too.
        """
        reading, writing = os.pipe() if output is None else (None, output)
        told = {**os.environ, **(environment or {})}
        self._process = _SERVER.Process(
            target=_run,
            args=(main, list(arguments), str(cwd), told, _Sent(writing), with_errors),
        )
        self._process.start()
        if reading is not None:
            os.close(writing)
            self.stdout: TextIO = TextIOWrapper(os.fdopen(reading, "rb"))

    @property
    def pid(self) -> int:
        """Return its number."""
        return cast("int", self._process.pid)

    def poll(self) -> int | None:
        """Return its exit status, None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return its exit status.

        Raises:
            subprocess.TimeoutExpired: It still runs.
        """
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(str(self._process), timeout or 0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """End it without asking."""
        self._process.kill()


class _Sent:
    """A file descriptor on its way into a fork."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __reduce__(self) -> tuple[Any, ...]:
        return _received, (DupFd(self._number),)


def _received(sent: Any) -> int:
    return sent.detach()


def _run(
    main: str,
    arguments: list[str],
    cwd: str,
    environment: dict[str, str],
    output: int,
    with_errors: bool,
) -> None:
    """Be the program: in the fork."""
    os.dup2(output, 1)
    if with_errors:
        os.dup2(output, 2)
    os.close(output)
    warnings.simplefilter("ignore")
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = arguments
    gc.freeze()  # what was loaded will not become garbage, and is shared as long as nobody looks through it
    resolve_name(main)()
