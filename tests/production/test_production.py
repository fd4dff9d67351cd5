"""`make production`, driven by a small `make load` while each of its processes is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from bench.load.run import Load, run
from production.stack import STATE, Plan, Running
from tests.support.source import ROOT
from tests.support.studio import free_port, fresh_data_dir
from tests.support.waiting import PATIENCE, eventually


async def test_nothing_is_lost_or_made_twice_whatever_is_killed_and_ctrl_c_ends_it_all():
    with fresh_data_dir() as folder, _production(folder) as (process, said):
        await eventually(lambda: "Open https" in said.read_text() or process.poll(), within=3 * PATIENCE)
        first = Running.read(folder)
        assert first, said.read_text()
        tree = psutil.Process(process.pid).children(recursive=True)
        load = Load(people=2, wishes=2, tabs=1, seconds=4, kill=True)
        lines, wrong = await run(load, Plan(), folder)
        assert wrong == [], "\n".join(lines)
        assert "4 videos of 2 people" in lines[-1]
        await eventually(lambda: _died(first, Running.read(folder)) == {"web-1", "web-2", "work-1", "proxy"})
        tree += psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PATIENCE) == 0, said.read_text()
        await eventually(lambda: not any(each.is_running() for each in tree))  # workers of the killed, too
        assert not (folder / STATE).exists()


def _died(before: Running, after: Running | None) -> set[str]:
    """Return which processes are others by now."""
    return {name for name, number in before.processes.items() if after and after.processes[name] != number}


@contextmanager
def _production(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Start it as `make` does, for the block; its sandbox does not render."""
    command = [sys.executable, "-m", "production", f"--folder={folder}", f"--port={free_port()}"]
    environment = {**os.environ, "SORA_SANDBOX_CANNED": "1"}
    said = folder.parent / "output"
    with said.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        yield process, said
    finally:
        process.kill()
        process.wait()
