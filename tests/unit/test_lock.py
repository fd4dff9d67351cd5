"""A place in a directory: one process at a time, the next one when it ends."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

from sora_studio.subprocesses.lock import alone_in, next_in
from tests.support.source import ROOT
from tests.support.waiting import eventually

_HOLDER = """
import sys
from pathlib import Path
from sora_studio.subprocesses.lock import alone_in
with alone_in(Path(sys.argv[1]), "1"):
    print("held", flush=True)
    sys.stdin.read()
"""


async def test_the_next_one_waits_for_the_end_of_the_one_before_and_for_nobody_else(tmp_path: Path):
    command = (sys.executable, "-c", _HOLDER, str(tmp_path))
    holder = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=PIPE, stdout=PIPE)
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    said: list[str] = []

    async def enter() -> None:
        said.append("comes")
        async with next_in(tmp_path, "1"):
            said.append("enters")

    entering = asyncio.create_task(enter())
    await eventually(lambda: said)
    with alone_in(tmp_path):
        async with next_in(tmp_path, "2"):
            said.append("the other ends")
    await holder.communicate(b"")
    await entering
    assert said == ["comes", "the other ends", "enters"]
