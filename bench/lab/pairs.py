"""Ratios of times on a restless machine: paired, interleaved, with the baseline against itself as a guard."""

import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bench.lab.metric import Limit, Metric

_ATTEMPTS = 3

Timed = Callable[[], Awaitable[float]]
"""Does something once and returns how long it took, in the metric's unit."""


@dataclass(frozen=True)
class Pairs:
    """What an interleaved run gave."""

    baseline: list[float]
    ours: list[float]

    @property
    def ratios(self) -> list[float]:
        """Return ours by baseline, pair by pair."""
        return [ours / baseline for baseline, ours in zip(self.baseline, self.ours, strict=True)]

    @property
    def guard(self) -> float:
        """Return the median of baseline by baseline: each with the next one, the pairs turned in turn."""
        neighbours = zip(self.baseline[::2], self.baseline[1::2], strict=True)
        return statistics.median(
            later / sooner if number % 2 else sooner / later
            for number, (sooner, later) in enumerate(neighbours)
        )

    def metric(self, name: str, unit: str, limit: Limit | None) -> Metric:
        """Build the metric: the median of the ratios, and their range."""
        return Metric(
            name,
            statistics.median(self.ours),
            unit,
            limit,
            statistics.median(self.baseline),
            statistics.median(self.ratios),
            (min(self.ratios), max(self.ratios)),
            self.guard,
            len(self.ratios),
        )


async def interleave(baseline: Timed, ours: Timed, *, blocks: int) -> Pairs:
    """Run A B B A so many times, after one round to warm up."""
    await baseline()
    await ours()
    times = Pairs([], [])
    for _ in range(blocks):
        for run, kept in ((baseline, 0), (ours, 1), (ours, 1), (baseline, 0)):
            (times.ours if kept else times.baseline).append(await run())
    return times


async def paired(
    name: str, unit: str, limit: Limit | None, baseline: Timed, ours: Timed, *, blocks: int = 4
) -> Metric:
    """Measure a ratio; a run in which the baseline differs from itself is repeated, at most twice."""
    for _ in range(_ATTEMPTS - 1):
        metric = (await interleave(baseline, ours, blocks=blocks)).metric(name, unit, limit)
        if metric.steady:
            return metric
    return (await interleave(baseline, ours, blocks=blocks)).metric(name, unit, limit)


def repeated(work: Callable[[], Awaitable[object]], times: int) -> Timed:
    """Return what does a thing so many times and tells the mean, in milliseconds."""

    async def run() -> float:
        began = time.perf_counter()
        for _ in range(times):
            await work()
        return (time.perf_counter() - began) / times * 1000

    return run
