"""What it costs to be watched: a scrape must not read what has ended."""

import time

from bench.lab.lab import Lab
from bench.lab.metric import Metric, at_most, counted, time_at_most
from bench.lab.statements import touched, watched
from sora_studio import metrics
from sora_studio.db.metrics import MetricsRepository
from sora_studio.metrics import Gauge

_OFTEN = 20


async def measure(lab: Lab) -> list[Metric]:
    """Count the blocks that the figures of a large library touch, and the time that writing them takes."""
    library = await lab.library()
    with watched(library.db) as seen:
        async with library.db.transaction() as tx:
            figures = await MetricsRepository(tx).figures()
    blocks = await touched(library.db, seen)
    began = time.perf_counter()
    for _ in range(_OFTEN):
        async with library.db.transaction() as tx:
            await MetricsRepository(tx).figures()
        metrics.exposition([Gauge("sora_studio_jobs", "J.", ("phase", "provider"), figures.jobs)])
    took = (time.perf_counter() - began) / _OFTEN * 1000
    unfinished = sum(figures.jobs.values())
    return [
        counted("metrics.blocks", blocks.all / max(1, unfinished), "blocks per unfinished video", at_most(2)),
        Metric("metrics.scrape", took, "ms", time_at_most(20), n=_OFTEN),
    ]
