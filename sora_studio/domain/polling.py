"""When to look at a job again: a pure function of what is known about it.

Waiting is not an error, so it does not back off: with progress we look again after a part of the
estimated remainder; without, at a share of the time that has passed, between a floor and a ceiling.
"""

from datetime import timedelta

FLOOR = timedelta(seconds=1.5)
CEILING = timedelta(seconds=10)
ERROR_FIRST = timedelta(seconds=2)
ERROR_CEILING = timedelta(seconds=30)

_OF_REMAINDER = 0.5
_OF_ELAPSED = 0.08


def next_look(elapsed: timedelta, progress: int | None, hint: float | None) -> timedelta:
    """Say how long to wait before looking at a healthy job again.

    Args:
        elapsed: Time since the provider took the job.
        progress: 0..100 as last seen; None or 0 tells nothing.
        hint: The server's `openai-poll-after-ms` in seconds; kept within 1..30.
    """
    if hint is not None:
        return timedelta(seconds=min(max(hint, 1.0), 30.0))
    if progress:
        remainder = elapsed * (100 - min(progress, 99)) / progress
        return _within(remainder * _OF_REMAINDER)
    return _within(elapsed * _OF_ELAPSED)


def after_error(failures: int) -> timedelta:
    """Say how long to wait after the nth failed look in a row: 2, 4, 8 … at most 30 s."""
    return min(ERROR_FIRST * 2 ** min(failures - 1, 10), ERROR_CEILING)


def _within(wait: timedelta) -> timedelta:
    return min(max(wait, FLOOR), CEILING)
