"""Programs that start by a fork of a process that has loaded them: to load one takes longer than most tests.

They are processes of their own like any other, with nothing of pytest's in them; only their start is cheap.
"""

import multiprocessing
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TextIO, cast

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["sora_sandbox.server", "tests.support.forks"])


class ForkedProcess:
    """A running program, with what tests use of `subprocess.Popen`."""

    def __init__(self, main: Callable[[], object], arguments: Sequence[str], cwd: Path) -> None:
        """Start it.

        Args:
            main: A function of a module that can be imported: what its entry point calls.
            arguments: Its command line, the name of the program first.
            cwd: Where it runs.
        """
        reading, writing = _SERVER.Pipe(duplex=False)
        self._process = _SERVER.Process(
            target=_run, args=(main, list(arguments), str(cwd), dict(os.environ), writing), daemon=True
        )
        self._process.start()
        writing.close()
        self.stdout: TextIO = TextIOWrapper(os.fdopen(os.dup(reading.fileno()), "rb"))
        reading.close()

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


def _run(
    main: Callable[[], object],
    arguments: list[str],
    cwd: str,
    environment: dict[str, str],
    output: Connection,
) -> None:
    """Be the program: in the fork."""
    os.dup2(output.fileno(), 1)
    output.close()
    warnings.simplefilter("ignore")
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = arguments
    main()
