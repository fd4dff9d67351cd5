"""A worker process as its server sees it."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping

_SECRETS = "SORA_SANDBOX_"  # keys are among them, and a worker needs none of the settings


def _environment() -> dict[str, str]:
    """Return what a worker has to know; numpy's threads would only wait for each other."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(_SECRETS)}
    return {**ours, "OPENBLAS_NUM_THREADS": "1"}


class WorkerProcess:
    """One `sora_sandbox.worker`, which renders one film."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.progress = 0
        """Percent done, 0..99."""

    @classmethod
    @contextlib.asynccontextmanager
    async def start(cls) -> "AsyncIterator[WorkerProcess]":
        """Run a worker for the block; at its end it is killed if it still runs."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "sora_sandbox.worker"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=_environment(),
        )
        try:
            yield cls(process)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def render(self, spec: Mapping[str, object]) -> int:
        """Render what `worker.main` describes; return the exit status."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise AssertionError  # both were asked for
        stdin.write(json.dumps(spec).encode() + b"\n")
        async for line in stdout:
            self.progress = int(line)
        return await self._process.wait()

    def kill(self) -> None:
        """Stop it at once."""
        self._process.kill()
