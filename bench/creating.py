"""From the click to the tile: a POST, and the new video on the owner's open tab."""

import asyncio
import json
import statistics
import time
from contextlib import aclosing

from bench.lab.floor import floor
from bench.lab.lab import Lab
from bench.lab.latency import TYPICAL, latencies
from bench.lab.metric import Metric, time_ratio_at_most
from sora_studio.ui.live import PAUSE
from sora_studio.ui.pages.create.state import CreateState
from tests.support.person import join
from tests.support.tab import open_tab

SAMPLES = 40

_REST = 2.5 * PAUSE  # seconds: the next change must not wait for the pause that follows a burst


async def measure(lab: Lab) -> list[Metric]:
    """Ask for videos one by one, with the dashboard open beside it."""
    studio = await lab.studio()
    person = await join(studio.url)
    posts: list[float] = []
    async with (
        aclosing(person.http),
        floor(studio.url, studio.database_url) as least,
        open_tab(studio.url, cookie=f"sora_session={person.token}") as tab,
    ):
        await tab.until(lambda: tab.value(CreateState, "ready"))

        async def ask() -> float:
            await asyncio.sleep(_REST)
            seen = len(tab.frames)
            began = time.perf_counter()
            video_id = await person.ask(f"a paper boat, take {len(posts)}")
            posts.append((time.perf_counter() - began) * 1000)
            await tab.until(lambda: video_id in json.dumps(tab.frames[seen:]))
            return (time.perf_counter() - began) * 1000

        tile = await latencies("creating.tile", least.request_and_change, ask, samples=SAMPLES)
    post, base = statistics.median(posts), tile[0].baseline or 1
    ratio = time_ratio_at_most(TYPICAL)
    guard = tile[0].guard
    return [
        *tile,
        Metric("creating.post.p50", post, "ms", ratio, base, post / base, guard=guard, n=len(posts)),
    ]
