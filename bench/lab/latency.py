"""How long something takes to reach a screen, beside the least that it could take."""

import statistics
from collections.abc import Sequence

from bench.lab.machine_noise import slowdown
from bench.lab.metric import Metric, percentile, time_at_most, time_ratio_at_most
from bench.lab.pairs import Pairs, Timed

TYPICAL, WORST = 10, 40
"""How many times the floor half of all, and all but one in a hundred, may take."""

_ATTEMPTS = 3


async def latencies(name: str, floor: Timed, ours: Timed, *, samples: int) -> list[Metric]:
    """Measure both in turn; a restless run is repeated, at most twice."""
    await floor()
    await ours()
    for _ in range(_ATTEMPTS - 1):
        metrics = _metrics(name, await _alternate(floor, ours, samples))
        if metrics[0].steady:
            return metrics
    return _metrics(name, await _alternate(floor, ours, samples))


async def _alternate(floor: Timed, ours: Timed, samples: int) -> Pairs:
    times = Pairs([], [])
    for _ in range(samples):
        times.baseline.append(await floor())
        times.ours.append(await ours())
    return times


def _metrics(name: str, times: Pairs) -> list[Metric]:
    ours, floor = times.ours, times.baseline
    guard = statistics.median(floor[::2]) / statistics.median(floor[1::2])
    return [
        _ratio(f"{name}.p50", ours, floor, 0.50, TYPICAL, guard),
        _ratio(f"{name}.p99", ours, floor, 0.99, WORST, guard),
        Metric(
            f"{name}.sanity.p95",
            percentile(ours, 0.95),
            "ms",
            time_at_most(100),
            guard=slowdown(),
            n=len(ours),
        ),
    ]


def _ratio(
    name: str, ours: Sequence[float], floor: Sequence[float], share: float, most: float, guard: float
) -> Metric:
    value, baseline = percentile(ours, share), percentile(floor, share)
    limit = time_ratio_at_most(most)
    return Metric(name, value, "ms", limit, baseline, value / baseline, guard=guard, n=len(ours))
