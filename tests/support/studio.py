"""The studio as its users start it: a program, on a free port, with a data directory of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.support.forks import ForkedProcess, preload
from tests.support.source import ROOT
from tests.support.waiting import PATIENCE, wait_until

preload("tests.support.loaded_studio")

_MEMORY = Path("/dev/shm")  # noqa: S108 -- the directories in there are made by tempfile
_ENOUGH = 2 * 1024**3  # bytes; a data directory takes 50 MB, and a studio wants 512 MB free


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Yield a data directory that does not exist yet."""
    with fresh_data_dir() as path:
        yield path


@contextmanager
def fresh_data_dir() -> Iterator[Path]:
    """Yield a data directory that does not exist yet.

    In memory where there is room: a fresh database is a thousand files, written through to the disk. Not in
    pytest's own directory: every start of pytest closes that one to the user whom PostgreSQL runs as when we
    are root.
    """
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH
    with tempfile.TemporaryDirectory(
        prefix="sora-studio-", dir=_MEMORY if roomy else None, ignore_cleanup_errors=True
    ) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "data"


RUNNING: list["RunningStudio"] = []
"""What the failure of a test may have come from."""


@dataclass(frozen=True)
class RunningStudio:
    """A studio that takes requests."""

    process: subprocess.Popen[bytes] | ForkedProcess
    port: int
    log: Path

    @property
    def url(self) -> str:
        """Return where it is served."""
        return f"http://127.0.0.1:{self.port}"

    def tree(self) -> list[psutil.Process]:
        """Return the process and everything it has started."""
        ours = psutil.Process(self.process.pid)
        return [ours, *ours.children(recursive=True)]

    def stop(self) -> int:
        """End it in order and return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE)


@contextmanager
def serving(
    data_dir: Path,
    *,
    port: int | None = None,
    environment: Mapping[str, str] | None = None,
    forked: bool = True,
) -> Iterator[RunningStudio]:
    """Serve the studio for the block; what is still running afterwards is killed.

    Args:
        data_dir: Its data directory.
        port: Where it is served; on a free one if None.
        environment: Its settings.
        forked: False where the start itself is tried, or limits count that it takes from us.
    """
    port = port or free_port()
    log = data_dir.with_name(f"{data_dir.name}.log")
    with log.open("ab") as output:
        starting = _fork if forked else start
        process = starting(data_dir, port, environment or {}, output.fileno())
    studio = RunningStudio(process, port, log)
    RUNNING.append(studio)
    tree: list[psutil.Process] = []
    try:
        wait_until(lambda: answers(studio.url) or process.poll() is not None, within=PATIENCE)
        assert process.poll() is None, log.read_text()
        tree = studio.tree()
        yield studio
    finally:
        for each in tree:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        process.kill()
        process.wait()
        RUNNING.remove(studio)


def start(data_dir: Path, port: int, environment: Mapping[str, str], output: int) -> subprocess.Popen[bytes]:
    """Start `sora-studio serve` as everybody does, and do not wait for it."""
    command = [
        sys.executable,
        "-m",
        "sora_studio.cli.main",
        "serve",
        f"--port={port}",
        f"--data-dir={data_dir}",
    ]
    return subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=subprocess.STDOUT
    )


def _fork(data_dir: Path, port: int, environment: Mapping[str, str], output: int) -> ForkedProcess:
    """Start a studio for a fifth of that, and do not wait for it."""
    command = ["sora-studio", str(port), str(data_dir)]
    return ForkedProcess(
        "tests.support.loaded_studio:serve",
        command,
        ROOT,
        environment=environment,
        output=output,
        with_errors=True,
    )


def answers(url: str) -> bool:
    """Tell whether a studio serves its pages there."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
