"""How long jobs took before, by which the next ones are looked at."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from sora_studio.domain.job import ClaimedJob, Likeness

READ_EVERY = 180.0
"""Seconds between two readings: a hundred jobs do not change their shape in a moment."""


class Durations:
    """Remembers for a while how many seconds the newest jobs of each likeness took."""

    def __init__(
        self,
        read: Callable[[], Awaitable[Mapping[Likeness, Sequence[float]]]],  # in one statement
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read, self._clock = read, clock
        self._read_at: float | None = None
        self._known: Mapping[Likeness, Sequence[float]] = {}

    async def refresh(self) -> None:
        """Read them again if that was a while ago."""
        if self._read_at is None or self._clock() - self._read_at >= READ_EVERY:
            self._known, self._read_at = await self._read(), self._clock()

    def of(self, job: ClaimedJob) -> Sequence[float]:
        """Return how many seconds jobs like this one took, sorted; empty when there was none yet."""
        return self._known.get(job.likeness, ())
