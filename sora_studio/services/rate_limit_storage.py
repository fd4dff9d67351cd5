"""What `limits` counts in: this process's memory, without a thread; other instances are told.

The library's own storage in memory starts a thread every ten milliseconds to throw away what has run out, and
an answer to a request must not depend on whether the machine has a thread left.
"""

import time
from bisect import bisect_right
from collections.abc import Callable
from hashlib import blake2b
from typing import NamedTuple

from limits.storage.base import MovingWindowSupport, Storage

_SWEEP_EVERY = 60.0  # seconds
_KEY_BYTES = 12


class Count(NamedTuple):
    """So many more of something; none: it begins anew."""

    key: str  # a digest: other instances need not see whose address that is
    expiry: float  # seconds that it counts for
    amount: int
    moves: bool  # each for itself, or all of them until the counter ends


def _nobody(_: Count) -> None:
    """Tell nobody."""


class RateLimitStorage(Storage, MovingWindowSupport):
    """Counters that end at a time, and moving windows of times; what has run out goes once a minute."""

    STORAGE_SCHEME = None

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """Begin with nothing; the clock tells Unix seconds, as the strategies of `limits` do."""
        super().__init__()
        self._clock = clock
        self._counters: dict[str, tuple[int, float]] = {}  # how many, and when they end
        self._windows: dict[str, tuple[list[float], float]] = {}  # times, oldest first; how long each counts
        self._sweep_at = 0.0
        self.tell: Callable[[Count], None] = _nobody

    def hear(self, count: Count) -> None:
        """Count what another instance has counted."""
        if not count.amount:
            self._forget(count.key)
        elif count.moves:
            self._enter(count.key, count.expiry, count.amount)
        else:
            self._add(count.key, count.expiry, count.amount)

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """Name what can go wrong here: nothing."""
        return ()

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Add to a counter, which ends `expiry` seconds after it began, and return what it says."""
        key = _digest(key)
        self.tell(Count(key, expiry, amount, moves=False))
        return self._add(key, expiry, amount)

    def get(self, key: str) -> int:
        """Return what a counter says."""
        return self._counter(_digest(key))[0]

    def get_expiry(self, key: str) -> float:
        """Return when a counter ends; now if there is none."""
        return self._counter(_digest(key))[1]

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Add now to a window of `expiry` seconds, unless that makes too many; tell whether it did."""
        key = _digest(key)
        if len(self._window(key, expiry)) + amount > limit:
            return False
        self.tell(Count(key, expiry, amount, moves=True))
        self._enter(key, expiry, amount)
        return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """Return when the oldest of a window was added, now if it is empty, and how many there are."""
        del limit
        times = self._window(_digest(key), expiry)
        return (times[0] if times else self._clock()), len(times)

    def check(self) -> bool:
        """Tell that memory is always there."""
        return True

    def reset(self) -> int:
        """Forget everything, and return how much that was."""
        known = len(self._counters) + len(self._windows)
        self._counters.clear()
        self._windows.clear()
        return known

    def clear(self, key: str) -> None:
        """Forget a counter and a window."""
        key = _digest(key)
        self.tell(Count(key, 0, 0, moves=True))
        self._forget(key)

    def _add(self, key: str, expiry: float, amount: int) -> int:
        self._sweep()
        count, ends = self._counter(key)
        self._counters[key] = (count + amount, ends if count else self._clock() + expiry)
        return count + amount

    def _enter(self, key: str, expiry: float, amount: int) -> None:
        self._sweep()
        self._windows[key] = (self._window(key, expiry) + [self._clock()] * amount, expiry)

    def _forget(self, key: str) -> None:
        self._counters.pop(key, None)
        self._windows.pop(key, None)

    def _counter(self, key: str) -> tuple[int, float]:
        now = self._clock()
        count, ends = self._counters.get(key, (0, now))
        return (count, ends) if ends > now else (0, now)

    def _window(self, key: str, expiry: float) -> list[float]:
        times, _ = self._windows.get(key, ([], expiry))
        return times[bisect_right(times, self._clock() - expiry) :]

    def _sweep(self) -> None:
        now = self._clock()
        if now < self._sweep_at:
            return
        self._sweep_at = now + _SWEEP_EVERY
        self._counters = {key: counter for key, counter in self._counters.items() if counter[1] > now}
        self._windows = {
            key: (times, expiry) for key, (times, expiry) in self._windows.items() if times[-1] > now - expiry
        }


def _digest(key: str) -> str:
    return blake2b(key.encode(), digest_size=_KEY_BYTES).hexdigest()
