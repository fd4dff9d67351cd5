"""The sandbox at work: how long 4 s of 720p take."""

import asyncio
import json
import os
import resource
import sys
import time
from pathlib import Path

from bench.lab.lab import Lab
from bench.lab.machine_noise import slowdown
from bench.lab.metric import Metric, time_at_most

PROMPTS = ("A lighthouse over a stormy sea at night", "Neon city rain", "A fox runs through falling leaves")
"""Each has another kind of scene; the dearest counts."""

_ORDER = {"width": 1280, "height": 720, "seconds": 4, "reference": None, "least_seconds": 0}


async def measure(lab: Lab) -> list[Metric]:
    """Render three prompts, one after the other, as the sandbox's workers do."""
    costs = [await _render(prompt, lab.folder / f"film{number}") for number, prompt in enumerate(PROMPTS)]
    seconds, processor = (max(each) for each in zip(*costs, strict=True))
    return [
        Metric("rendering", seconds, "s", time_at_most(10), guard=slowdown(), n=len(PROMPTS)),
        Metric("rendering.cpu", processor, "s of processor", time_at_most(10), n=len(PROMPTS)),
    ]


async def _render(prompt: str, folder: Path) -> tuple[float, float]:
    """Return the seconds one rendering takes, and the processor's seconds."""
    folder.mkdir()
    order = {"folder": str(folder), "prompts": [prompt], **_ORDER}
    before, began = _spent(), time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sora_sandbox.worker"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps(order).encode() + b"\n")
    async for _percent in process.stdout:
        pass
    assert await process.wait() == 0
    return time.perf_counter() - began, _spent() - before


def _spent() -> float:
    """Return the processor time of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
