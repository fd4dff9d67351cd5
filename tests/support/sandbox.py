"""The sandbox as its own program, on a free port, for tests that need a real Videos API server.

In a few lines, with trouble:

    async with running(dialect="sglang", faults=True) as box:
        await box.fault(job="instant")                            # no job costs any rendering
        await box.fault(create="accept-then-reset", times=1)      # the next create is taken, and unanswered
        ...
        assert [job["posts"] for job in await box.jobs()] == [1]  # the sandbox's own word: the oracle

`running_sandbox` is the same without asyncio. What a fault may say is in docs/sandbox.md.
"""

import asyncio
import json
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from openai import OpenAI
from openai.types import Video

from sora_sandbox.faults import Fault
from tests.support.forks import ForkedProcess, preload
from tests.support.source import ROOT
from tests.support.waiting import PATIENCE, wait_until

preload("sora_sandbox.server")
_FIELDS = Fault.model_fields.keys() - {"at", "do", "times"}


@dataclass
class RunningSandbox:
    """A sandbox that takes requests."""

    process: subprocess.Popen[str] | ForkedProcess
    base_url: str
    """What an SDK is pointed at: ends in /v1."""
    data_dir: Path
    api_key: str = "any"

    @property
    def port(self) -> int:
        """Return where it listens."""
        return int(self.base_url.split(":")[2].partition("/")[0])

    def client(self, api_key: str = "any") -> OpenAI:
        """Return the official SDK, pointed here, without retries."""
        return OpenAI(base_url=self.base_url, api_key=api_key, max_retries=0)

    def ledger(self) -> list[dict[str, Any]]:
        """Return every job that was ever accepted, the oldest first.

        A row has id, idempotency_key, kind (create, remix, edit or extend), prompt, model, size, seconds,
        status, created_at, completed_at, expires_at, deleted_at, error_code, remixed_from, and `posts`: how
        many POSTs came in with its idempotency key (None without a key).
        """
        return self.call("GET", "ledger")["data"]

    def seen(self) -> dict[str, int]:
        """Return how many requests ever came in, answered or not: {"create": 2, "retrieve": 17, …}.

        The names are those of `sora_sandbox.operations.OPERATIONS`.
        """
        return self.call("GET", "ledger")["seen"]

    def posts(self) -> dict[str, int]:
        """Return how many POSTs came in by idempotency key, also of those that were never accepted."""
        return self.call("GET", "ledger")["keys"]

    def fault(self, *, times: int | None = None, **asked: Any) -> None:
        """Ask for trouble, at one place or several: `fault(create="accept-then-502", times=1)`.

        The name of an argument is a place: an operation (create, retrieve, list, content, delete, remix,
        edit, extend), post (all that make a job), poll (retrieve and list), video (all that show Videos),
        job (the fate of new jobs) or webhook. Its value is a recipe, or a dict of a fault's own fields.
        Arguments that are fields of a fault go with every place: `fault(create="429", headers={...})`.
        `times` is how often it strikes; None is until `clear`.
        """
        fields = {name: asked.pop(name) for name in list(asked) if name in _FIELDS}
        fields |= {"times": times} if times is not None else {}
        wanted = [
            {"at": place, **({"do": what} if isinstance(what, str) else what), **fields}
            for place, what in asked.items()
        ]
        self.call("POST", "faults", wanted)

    def faults(self) -> list[dict[str, Any]]:
        """Return the faults that are still to strike, each with its `hits` so far."""
        return self.call("GET", "faults")

    def clear(self, at: str | None = None) -> None:
        """Take all faults back, or those asked for at one place."""
        self.call("DELETE", f"faults?at={at}" if at else "faults")

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Talk to the sandbox beside /v1."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.api_key}"}
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.base_url[:-2]}{path}"
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from error

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
        return self.process.wait(timeout=PATIENCE)


@dataclass
class Box:
    """A running sandbox as seen from a test that is a coroutine; see `RunningSandbox` for what each does."""

    sandbox: RunningSandbox

    @property
    def base_url(self) -> str:
        """Return what an SDK is pointed at: ends in /v1."""
        return self.sandbox.base_url

    async def fault(self, **asked: Any) -> None:
        """Ask for trouble."""
        await asyncio.to_thread(self.sandbox.fault, **asked)

    async def faults(self) -> list[dict[str, Any]]:
        """Return the faults that are still to strike."""
        return await asyncio.to_thread(self.sandbox.faults)

    async def clear(self, at: str | None = None) -> None:
        """Take faults back."""
        await asyncio.to_thread(self.sandbox.clear, at)

    async def jobs(self) -> list[dict[str, Any]]:
        """Return every job that was ever accepted."""
        return await asyncio.to_thread(self.sandbox.ledger)

    async def seen(self) -> dict[str, int]:
        """Return how many requests ever came in, by operation."""
        return await asyncio.to_thread(self.sandbox.seen)

    async def posts(self) -> dict[str, int]:
        """Return how many POSTs came in, by idempotency key."""
        return await asyncio.to_thread(self.sandbox.posts)


@asynccontextmanager
async def running(
    data_dir: Path | None = None, *, port: int = 0, speed: float = 100, **settings: Any
) -> AsyncIterator[Box]:
    """Serve a sandbox for the block, in a folder of its own unless told otherwise; see `running_sandbox`."""
    with tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
        serving = running_sandbox(data_dir or Path(folder), port=port, speed=speed, **settings)
        sandbox = await asyncio.to_thread(serving.__enter__)
        try:
            yield Box(sandbox)
        finally:
            await asyncio.to_thread(serving.__exit__, None, None, None)


@contextmanager
def running_sandbox(
    data_dir: Path, *, port: int = 0, speed: float = 100, **settings: Any
) -> Iterator[RunningSandbox]:
    """Serve a sandbox for the block; `settings` are options of its command, port 0 takes a free one."""
    arguments = _arguments(port=port, data_dir=data_dir, speed=speed, **settings)
    process = ForkedProcess("sora_sandbox.cli:main", ["sora-sandbox", *arguments], ROOT)
    try:
        sandbox = wait_for_sandbox(process, data_dir)
        sandbox.api_key = settings.get("api_key") or "any"
        yield sandbox
    finally:
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
    """Start the program as everybody does; it may not answer yet."""
    arguments = _arguments(port=port, data_dir=data_dir, speed=speed, **settings)
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "sora_sandbox", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def _arguments(**options: Any) -> list[str]:
    """Write options of its command; one that is True is a switch."""
    arguments: list[str] = []
    for name, value in options.items():
        option = f"--{name.replace('_', '-')}"
        arguments += [option] if value is True else [option, str(value)]
    return arguments


def wait_for_sandbox(process: subprocess.Popen[str] | ForkedProcess, data_dir: Path) -> RunningSandbox:
    """Wait until a started sandbox answers."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert "listening on" in line, f"the sandbox did not start: {line!r}, status {process.poll()}"
    sandbox = RunningSandbox(process, line.rsplit(maxsplit=1)[-1], data_dir)
    wait_until(lambda: _answers(sandbox), within=PATIENCE)
    return sandbox


def wait_for_video(client: OpenAI, video: Video | str, *, within: float = PATIENCE) -> Video:
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
        with urllib.request.urlopen(f"{sandbox.base_url[:-2]}healthz", timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False
