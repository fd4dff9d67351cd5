"""When to look at a job: how late its end is seen, and how many requests that takes, for several schedules.

Replays durations through the real decision (`domain/polling.py`) by a clock of its own. The figure of merit
is delay times requests: an even pace gives half the duration whatever the pace is.
"""

import math
import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bench.lab.lab import Lab
from bench.lab.metric import Limit, Metric, at_most, counted, percentile, ratio_at_most
from sora_studio.domain import polling

JOBS, HISTORY = 5_000, 100

# Log-normal, after eight published renderings of one prompt: 83 to 253 s, 123 s on average.
_MEDIAN, _SPREAD = 114.0, 0.38
_NOISE = 0.15  # by so much the progress runs ahead or behind: its curve, not each reading
_BEAT = 1.0  # seconds from one run of the refresh to the next: nobody looks between two


@dataclass(frozen=True)
class _Seen:
    """What is known at a look."""

    elapsed: float  # seconds
    lookups: int
    progress: int  # 0: nothing
    moved: bool


Schedule = Callable[[_Seen], float]
"""Returns how many seconds to wait."""


async def measure(_lab: Lab) -> list[Metric]:
    """Replay the same jobs through each schedule."""
    dice = random.Random(1)  # noqa: S311 -- durations, no secrets
    durations = [_duration(dice) for _ in range(JOBS)]
    history = sorted(_duration(dice) for _ in range(HISTORY))
    half = statistics.fmean(durations) / 2
    replays = {
        "sdk": _replay(durations, lambda _: 1.0),
        "fixed.10": _replay(durations, lambda _: 10.0),
        "fixed.20": _replay(durations, lambda _: 20.0),
        "exponential.2": _replay(durations, lambda seen: min(2.0 * 2**seen.lookups, 60.0)),
        "exponential.1.5": _replay(durations, lambda seen: min(5.0 * 1.5**seen.lookups, 60.0)),
        "progress": _replay(durations, _ours([]), with_progress=True),
        "history": _replay(durations, _ours(history)),
        "blind": _replay(durations, _ours([])),
    }
    gates: dict[str, Limit] = {"progress": at_most(12), "history": at_most(50), "blind": ratio_at_most(1.1)}
    return [
        *(each.product(f"polling.{name}", gates.get(name), half) for name, each in replays.items()),
        *replays["progress"].gates("polling.progress", delay=3, requests=10),
        *replays["history"].gates("polling.history", delay=6, requests=15),
    ]


@dataclass(frozen=True)
class _Replay:
    """What a schedule cost: seconds of delay and requests, job by job."""

    delays: list[float]
    requests: list[int]

    def product(self, name: str, limit: Limit | None, half: float) -> Metric:
        delay, requests = statistics.fmean(self.delays), statistics.fmean(self.requests)
        return counted(
            name, delay * requests, "s x requests", limit, baseline=half, delay=delay, requests=requests
        )

    def gates(self, name: str, *, delay: float, requests: float) -> list[Metric]:
        late = percentile(self.delays, 0.95)
        return [
            counted(f"{name}.delay.p95", late, "s", at_most(delay), jobs=JOBS),
            counted(
                f"{name}.requests", statistics.fmean(self.requests), "per job", at_most(requests), jobs=JOBS
            ),
        ]


def _replay(durations: list[float], schedule: Schedule, *, with_progress: bool = False) -> _Replay:
    dice, replay = random.Random(2), _Replay([], [])  # noqa: S311 -- as above
    for duration in durations:
        curve, beat = dice.uniform(1 - _NOISE, 1 + _NOISE), dice.random()
        seen = _Seen(0.0, 0, 0, moved=False)
        while seen.elapsed < duration:
            due = seen.elapsed + schedule(seen)
            now = math.ceil((due - beat) / _BEAT) * _BEAT + beat
            share = min(now / duration, 0.99)
            progress = max(seen.progress, int(100 * share**curve)) if with_progress else 0
            seen = _Seen(now, seen.lookups + 1, min(progress, 99), moved=progress > seen.progress)
        replay.delays.append(seen.elapsed - duration)
        replay.requests.append(seen.lookups)
    return replay


def _ours(history: list[float]) -> Schedule:
    def wait(seen: _Seen) -> float:
        elapsed = timedelta(seconds=seen.elapsed)
        return polling.next_look(
            elapsed, seen.progress, None, moved=seen.moved, history=history
        ).total_seconds()

    return wait


def _duration(dice: random.Random) -> float:
    return _MEDIAN * math.exp(dice.gauss(0.0, _SPREAD))
