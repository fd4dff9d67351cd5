"""One run: the studio is opened, the crowd comes, instances die, and everything is compared at the end."""

import asyncio
import os
import signal
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp

from bench.lab.burst_provider import rendering_server
from bench.load import audit
from bench.load.people import Crowd, Visitor
from bench.load.stopwatch import Stopwatch
from production.stack import Plan, Running, answers, production
from sora_studio.domain.ids import public_id
from sora_studio.subprocesses.sandbox import SandboxAccess
from tests.support.films import film, slide
from tests.support.studio import free_port

_PLENTY = """rate_limit = { per_second = 500, burst = 1000, at_once = 64 }
list_is_complete = true
"""
_RIGHT_WITHIN = 5.0  # seconds after which every tab has to be right
_GLANCE = 0.1
_DRAINED_WITHIN = 240.0  # seconds for what is still under way when the last wish was sent


@dataclass(frozen=True)
class Load:
    """How many come."""

    people: int = 50
    wishes: int = 20
    tabs: int = 50
    seconds: float = 120.0
    kill: bool = False


async def run(load: Load, plan: Plan, folder: Path | None = None) -> tuple[list[str], list[str]]:
    """Run it; return the report, and what is wrong.

    Args:
        load: How many come.
        plan: The studio that is opened for it.
        folder: That of one that runs; then none is opened.
    """
    if folder is not None:
        running = Running.read(folder)
        if running is None:
            return [], [f"Nothing runs in {folder}: start it by `make production`."]
        return await _drive(load, running, folder)
    async with opened(plan) as running:
        return await _drive(load, running, plan.folder)


@asynccontextmanager
async def opened(plan: Plan) -> AsyncIterator[Running]:
    """Open a studio beside a provider that renders in seconds, for the block."""
    plan.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    clip = film(plan.folder / "clip.mp4", seconds=4.0, fps=12, paint=slide((320, 180)))
    port = free_port()
    async with rendering_server(port, clip.read_bytes(), "") as _:
        there = SandboxAccess(f"http://127.0.0.1:{port}/v1", "")
        ours = replace(plan, port=plan.port or free_port(), provider=there, table=_PLENTY)
        async with production(ours) as running:
            yield running


async def _drive(load: Load, running: Running, folder: Path) -> tuple[list[str], list[str]]:
    tls = ssl.create_default_context(cafile=running.certificate)
    connector = aiohttp.TCPConnector(ssl=tls, limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        crowd = Crowd(running.url, tls, http, Stopwatch())
        base = f"http://127.0.0.1:{running.ports['web-1']}"  # by which no set-up code is asked for
        visitors = [await crowd.join(0, base)]
        visitors += await asyncio.gather(*(crowd.join(number) for number in range(1, load.people)))
        began = time.monotonic()
        watched = visitors[: load.tabs]
        tabs = [asyncio.create_task(each.keep_tab()) for each in watched]
        killing = asyncio.create_task(_kill_each(load.seconds, folder) if load.kill else asyncio.sleep(0))
        try:
            await asyncio.gather(killing, *(each.live(load.wishes, load.seconds) for each in visitors))
            drained = await audit.finished(running, crowd.mark, _DRAINED_WITHIN)
            took = time.monotonic() - began
            wrong_tabs = await _wrong(watched)
        finally:
            for task in (*tabs, killing):
                task.cancel()
            await asyncio.gather(*tabs, killing, return_exceptions=True)
    wished = {prompt: each for visitor in visitors for prompt, each in visitor.wished.items()}
    wrong = [] if drained else [f"late: not everything has ended {_DRAINED_WITHIN:.0f} s after the last wish"]
    wrong += [f"tab: that of person {each.number} is wrong" for each in wrong_tabs]
    wrong += await audit.findings(running, crowd.mark, wished)
    _note_pushes(crowd.watch, watched, audit.videos(running, crowd.mark))
    said = (
        f"{len(wished)} videos of {load.people} people in {took:.0f} s ({len(wished) / took:.1f} a second), "
    )
    said += f"{len(watched)} tabs, {len(running.ports)} instances; {len(wrong)} findings"
    return [*crowd.watch.report(), said], wrong


async def _kill_each(seconds: float, folder: Path) -> None:
    """Kill every process in turn, the proxy too, without a warning; the one before is back by then."""
    first = Running.read(folder)
    names = [*first.processes] if first else []
    for name in names:
        await asyncio.sleep(seconds / (len(names) + 1))
        if now := Running.read(folder):
            with suppress(ProcessLookupError):
                os.kill(now.processes[name], signal.SIGKILL)
            await asyncio.sleep(_GLANCE)
            if name in now.ports:
                await answers(now.ports[name], ())


async def _wrong(visitors: list[Visitor]) -> list[Visitor]:
    """Return those whose tabs are not right in time."""
    for _ in range(int(_RIGHT_WITHIN / _GLANCE)):
        if all(each.is_right() for each in visitors):
            break
        await asyncio.sleep(_GLANCE)
    return [each for each in visitors if not each.is_right()]


def _note_pushes(watch: Stopwatch, visitors: list[Visitor], rows: list[audit.Row]) -> None:
    """Note how long after it was stored a video stood on its person's screen, and after it was saved."""
    stored = {public_id(row[4]): (row[2], row[3]) for row in rows}
    for visitor in visitors:
        for video_id in visitor.wished.values():
            created, completed = stored.get(video_id, (0.0, None))
            if video_id in visitor.seen:
                watch.times["push of a wish"].append(max(0.0, visitor.seen[video_id] - created))
            if video_id in visitor.ready and completed:
                watch.times["push of a film"].append(max(0.0, visitor.ready[video_id] - completed))
