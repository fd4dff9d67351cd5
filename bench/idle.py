"""What a studio costs that nobody uses: a database that sleeps when idle has to be let sleep."""

import asyncio
import time

from bench.lab.lab import Lab
from bench.lab.metric import Metric, at_most, counted
from bench.lab.usage import metered

SETTLED, MINUTE = 15.0, 60.0  # seconds after the start, and that are measured


async def measure(lab: Lab) -> list[Metric]:
    """Count transactions and processor time of a minute in which nothing happens."""
    with metered(await lab.studio()) as meter:
        await asyncio.sleep(SETTLED)
        before, began = meter.read(), time.monotonic()
        await asyncio.sleep(MINUTE)
        took, used = time.monotonic() - began, meter.read().since(before)
    return [
        counted("idle.transactions", used.transactions / took, "per second", at_most(0.2)),
        counted("idle.processor", used.seconds / took * 100, "% of a core", at_most(0.2)),
    ]
