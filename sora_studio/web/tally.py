"""What anybody can cause as often as they like is logged once a minute, with a count."""

import asyncio
from collections import Counter

import structlog

_log = structlog.get_logger(__name__)

_MINUTE = 60.0


class Tally:
    """Counts what was turned away, by kind: the first is logged at once, the others by the minute."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._resting: set[str] = set()

    def add(self, kind: str, **example: str) -> None:
        """Count one; inside a running event loop.

        Args:
            kind: What happened, as a word.
            example: What is logged with it, if it is the first.
        """
        self._counts[kind] += 1
        if kind not in self._resting:
            self._resting.add(kind)
            self._say(kind, **example)

    def _say(self, kind: str, **example: str) -> None:
        _log.warning("turned_away", kind=kind, count=self._counts.pop(kind), **example)
        asyncio.get_running_loop().call_later(_MINUTE, self._rested, kind)

    def _rested(self, kind: str) -> None:
        if self._counts[kind]:
            self._say(kind)
        else:
            self._resting.discard(kind)
