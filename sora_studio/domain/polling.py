"""When to look at a job again: a pure function of what is known about it.

Waiting is not an error, so it does not back off. What is known decides, the best first: the server's own
hint; progress, by a part of the remainder that it suggests; how long such jobs took before. With nothing at
all the pace is even, because then delay times requests is half the duration whatever the pace, and every
other schedule is worse. Backoff is for errors only.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta

from sora_studio.domain.video import TERMINAL, Phase, VideoView

FLOOR = timedelta(seconds=2)
EVEN = timedelta(seconds=5)
"""The pace when nothing is known, and the first look at anything that takes longer."""

NEWS_FLOOR = timedelta(seconds=0.5)
PROGRESS_CEILING = timedelta(seconds=25)  # a bar that stands still for longer looks broken
HINT_FLOOR, HINT_CEILING = timedelta(seconds=1), timedelta(seconds=30)
ERROR_FIRST, ERROR_CEILING = timedelta(seconds=2), timedelta(seconds=30)

UNKNOWN_FIRST, UNKNOWN_CEILING = timedelta(seconds=10), timedelta(minutes=2)
UNKNOWN_LOOKS = 720
"""So many looks at a job that its server does not know: a day's worth."""

STUCK = timedelta(hours=1)
"""From this age on looks become rare, whatever the server says: most likely the job will never end."""

_STUCK_CEILING = timedelta(seconds=60)
_OF_STUCK = 1 / 180  # of the time passed: 5 s after a quarter of an hour, a minute after three hours

_OF_REMAINDER = 0.6
_OF_ELAPSED = 2  # a first few percent say little: never wait for longer than twice what has passed
_LAST_PERCENT = 98  # from here on a percent takes longer than a look, so standing still says nothing

_ENOUGH = 5  # jobs; fewer are no history
_EARLY = 0.05  # of them end before the looks begin
_NEXT = 0.25  # of those still to come tell how dense the ends lie here
_DENSITY = 1.0  # seconds^1/2; trades requests for delay
_BEFORE_CEILING = timedelta(seconds=30)
_AMONG_FLOOR, _AMONG_CEILING = timedelta(seconds=1), timedelta(seconds=5.8)


def next_look(
    elapsed: timedelta,
    progress: int | None,
    hint: float | None,
    *,
    moved: bool = True,
    history: Sequence[float] = (),
) -> timedelta:
    """Say how long to wait before looking at a healthy job again.

    Args:
        elapsed: Time since the provider took the job.
        progress: 0..100, the most that was seen; None or 0 tells nothing.
        hint: The server's `openai-poll-after-ms` in seconds; kept within 1..30.
        moved: Whether progress rose since the look before; what stands still or goes in steps tells nothing.
        history: How many seconds such jobs took before, sorted.
    """
    if hint is not None:
        wait = _within(HINT_FLOOR, timedelta(seconds=min(hint, 3600.0)), HINT_CEILING)
        return wait if elapsed < STUCK else max(wait, _rarely(elapsed))
    if progress and (moved or progress >= _LAST_PERCENT):
        return _by_progress(elapsed, min(progress, 99))
    return _by_history(elapsed, history)


def next_news(view: VideoView, now: datetime) -> timedelta | None:
    """Say when a script that waits for a video should ask again: there is no news before the studio has some.

    Between half a second and five; 30 seconds while a person has to decide. None: it is finished.
    """
    if view.phase in TERMINAL:
        return None
    if view.phase is Phase.NEEDS_ATTENTION:
        return HINT_CEILING
    if view.accepted_at is None or view.phase is Phase.SAVING:
        return NEWS_FLOOR * 2
    progress = view.progress if view.progress_known else None
    return _within(NEWS_FLOOR, next_look(now - view.accepted_at, progress, None), EVEN)


def after_error(failures: int) -> timedelta:
    """Say how long to wait after the nth failed look in a row: 2, 4, 8 … at most 30 s."""
    return min(ERROR_FIRST * 2 ** min(failures - 1, 10), ERROR_CEILING)


def while_unknown(lookups: int) -> timedelta | None:
    """Say how long to wait after the nth look in a row at a job that its server does not know.

    It proves nothing: the address, the key or the gateway may be wrong for a while. So looks go on, ever more
    rarely: after 10 s, 20, 40 … at most two minutes. None: for a day there was no trace of it.
    """
    if lookups >= UNKNOWN_LOOKS:
        return None
    return min(UNKNOWN_FIRST * 2 ** min(lookups - 1, 10), UNKNOWN_CEILING)


def _by_progress(elapsed: timedelta, progress: int) -> timedelta:
    remainder = elapsed * (100 - progress) / progress
    ceiling = max(PROGRESS_CEILING, _rarely(elapsed))
    return max(FLOOR, min(remainder * _OF_REMAINDER, elapsed * _OF_ELAPSED, ceiling))


def _by_history(elapsed: timedelta, history: Sequence[float]) -> timedelta:
    """Begin when the first of such jobs end, then look the more often the denser the ends lie."""
    passed = elapsed.total_seconds()
    if len(history) < _ENOUGH or passed >= history[-1]:
        return max(EVEN, _rarely(elapsed))
    early = timedelta(seconds=history[int(len(history) * _EARLY)])
    if elapsed < early:
        # One look soon after the start tells the person that the rendering began.
        return _within(FLOOR, early - elapsed, EVEN if elapsed < FLOOR else _BEFORE_CEILING)
    coming = history[bisect_right(history, passed) :]
    nearest = max(1, round(len(coming) * _NEXT))
    share_per_second = nearest / len(coming) / max(coming[nearest - 1] - passed, 0.1)
    # Delay times requests is least where looks are as dense as the square root of the rate of ends.
    wait = timedelta(seconds=_DENSITY / math.sqrt(share_per_second))
    return _within(_AMONG_FLOOR, wait, _AMONG_CEILING)


def _rarely(elapsed: timedelta) -> timedelta:
    return min(elapsed * _OF_STUCK, _STUCK_CEILING)


def _within(floor: timedelta, wait: timedelta, ceiling: timedelta) -> timedelta:
    return min(max(wait, floor), ceiling)
