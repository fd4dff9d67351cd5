"""SIGTERM in the middle of work: everything that the studio has started is gone in time."""

import asyncio
import signal
import time
from contextlib import aclosing

import psutil

from bench.lab.lab import Lab
from bench.lab.machine_noise import slowdown
from bench.lab.metric import Metric, at_most, counted, time_at_most
from sora_studio.ui.pages.create.state import CreateState
from tests.support.person import join
from tests.support.studio import serving
from tests.support.tab import open_tab

IN_TIME = 10.0  # seconds
_PATIENCE = 60.0


async def measure(lab: Lab) -> list[Metric]:
    """End a studio that renders two videos and has a tab open."""
    with serving(lab.folder / "shutdown") as studio:
        person = await join(studio.url)
        async with (
            aclosing(person.http),
            open_tab(studio.url, cookie=f"sora_session={person.token}") as tab,
        ):
            for number in range(2):
                await person.ask(f"waves, take {number}", seconds="12")
            await tab.until(
                lambda: any(card["word"] == "Rendering" for card in tab.value(CreateState, "cards") or []),
                within=_PATIENCE,
            )
            tree = studio.tree()
            began = time.perf_counter()
            studio.process.send_signal(signal.SIGTERM)
            _, left = await asyncio.to_thread(psutil.wait_procs, tree, timeout=IN_TIME)
            seconds = time.perf_counter() - began
    return [
        counted("shutdown.left", len(left), f"of {len(tree)} processes", at_most(0)),
        Metric("shutdown", seconds, "s", time_at_most(IN_TIME), guard=slowdown()),
    ]
