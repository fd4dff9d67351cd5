"""The sandbox as its own program, on a free port, for tests that need a real Videos API server."""

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from openai import OpenAI
from openai.types import Video

from tests.support.source import ROOT
from tests.support.waiting import wait_until

_PATIENCE = 30.0  # seconds for a start on a busy machine
_PROGRAM = """
import json, sys
from pathlib import Path
from sora_studio.sandbox import SandboxSettings, run
port, settings = json.loads(sys.argv[1])
settings["data_dir"] = Path(settings["data_dir"])
run("127.0.0.1", port, SandboxSettings(**settings))
"""


@dataclass
class RunningSandbox:
    """A sandbox that takes requests."""

    process: subprocess.Popen[str]
    base_url: str
    """What an SDK is pointed at: ends in /v1."""
    data_dir: Path

    @property
    def port(self) -> int:
        """Return where it listens."""
        return int(self.base_url.split(":")[2].partition("/")[0])

    def client(self, api_key: str = "any") -> OpenAI:
        """Return the official SDK, pointed here, without retries."""
        return OpenAI(base_url=self.base_url, api_key=api_key, max_retries=0)

    def ledger(self) -> list[dict[str, Any]]:
        """Return every job that was ever accepted, the oldest first."""
        with urllib.request.urlopen(f"{self.base_url[:-2]}ledger", timeout=10) as answer:  # noqa: S310  (our own)
            return json.load(answer)["data"]

    def workers(self) -> list[psutil.Process]:
        """Return the processes that render now."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def kill(self) -> None:
        """Take it away without warning."""
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        """Ask it to end, and return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=15)


@contextmanager
def running_sandbox(
    data_dir: Path, *, port: int = 0, speed: float = 100, **settings: Any
) -> Iterator[RunningSandbox]:
    """Serve a sandbox for the block; `settings` are fields of SandboxSettings, port 0 takes a free one."""
    process = start_sandbox(data_dir, port=port, speed=speed, **settings)
    try:
        yield wait_for_sandbox(process, data_dir)
    finally:
        if process.stdout is not None:
            process.stdout.close()
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def start_sandbox(
    data_dir: Path, *, port: int = 0, speed: float = 100, **settings: Any
) -> subprocess.Popen[str]:
    """Start the program; it may not answer yet."""
    order = json.dumps([port, {"data_dir": str(data_dir), "speed": speed, **settings}])
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", _PROGRAM, order], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


def wait_for_sandbox(process: subprocess.Popen[str], data_dir: Path) -> RunningSandbox:
    """Wait until a started sandbox answers."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert "listening on" in line, f"the sandbox did not start: {line!r}, status {process.poll()}"
    sandbox = RunningSandbox(process, line.rsplit(maxsplit=1)[-1], data_dir)
    wait_until(lambda: _answers(sandbox), within=_PATIENCE)
    return sandbox


def wait_for_video(client: OpenAI, video: Video | str, *, within: float = 60.0) -> Video:
    """Ask until a video has completed or failed."""
    video_id = video if isinstance(video, str) else video.id
    seen: list[Video] = []

    def ended() -> bool:
        seen.append(client.videos.retrieve(video_id))
        return seen[-1].status in {"completed", "failed"}

    wait_until(ended, within=within)
    return seen[-1]


def _answers(sandbox: RunningSandbox) -> bool:
    assert sandbox.process.poll() is None, "the sandbox ended while it started"
    try:
        with urllib.request.urlopen(f"{sandbox.base_url[:-2]}healthz", timeout=5):  # noqa: S310  (our own)
            return True
    except (urllib.error.URLError, OSError):
        return False
