"""Programs that are started again whenever they end."""

import asyncio
import signal
import subprocess
import sys

import pytest

from sora_studio.subprocesses.process import ChildFailed, keep_running, spawn
from tests.support.waiting import eventually

LATER = "import time; time.sleep(600)"


def _start(code: str) -> subprocess.Popen[bytes]:
    return spawn([sys.executable, "-c", code], last_signal=signal.SIGTERM)


async def test_a_start_that_the_system_refuses_is_tried_again():
    started: list[subprocess.Popen[bytes] | None] = []

    def start() -> subprocess.Popen[bytes]:
        started.append(None)
        if len(started) == 2:
            message = "Cannot allocate memory"
            raise OSError(message)
        started[-1] = _start("" if len(started) == 1 else LATER)
        return started[-1]

    keeping = asyncio.create_task(keep_running(start, "child", patience=10, must_start=True))
    await eventually(lambda: len(started) == 3 or keeping.done())
    assert not keeping.done()
    keeping.cancel()
    await asyncio.wait({keeping})
    assert started[2] is not None
    assert started[2].returncode == -signal.SIGTERM


async def test_one_that_cannot_be_started_at_first_is_not_tried_again():
    def start() -> subprocess.Popen[bytes]:
        raise FileNotFoundError

    with pytest.raises(ChildFailed):
        await keep_running(start, "child", patience=10, must_start=True)
