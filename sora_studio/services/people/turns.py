"""Whose password is worked on next: few at a time, with those who wait taking turns."""

from asyncio import Future, get_running_loop
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sora_studio.domain.errors import LimitReached

PLACES = 2
"""So many passwords are worked on at once: whatever the rush at the door, the other cores serve."""

_IN_A_LANE, _IN_ALL = 32, 128  # that wait: some three seconds of an office's, twelve of everybody's
_SECONDS = 0.2  # that one takes, about


class Turns:
    """Hands a few places to many lanes, one lane after the other.

    In one queue, the one that sends the most would have the others wait. Here each lane (an address, or a
    browser that is known) waits for one piece of work of every other lane, and for its own.
    """

    def __init__(self, places: int = PLACES, *, in_a_lane: int = _IN_A_LANE, in_all: int = _IN_ALL) -> None:
        """Bound the work.

        Args:
            places: Pieces of work at once.
            in_a_lane: That may wait in one lane.
            in_all: That may wait in all lanes of strangers together.
        """
        self._free, self._in_a_lane, self._in_all = places, in_a_lane, in_all
        self._lanes: dict[str, deque[Future[None]]] = {}  # the first one is next

    @asynccontextmanager
    async def of(self, lane: str, *, known: bool = False) -> AsyncIterator[None]:
        """Wait for a turn and keep its place for the block.

        Args:
            lane: Who takes turns with the others.
            known: No stranger: not shut out by how many of those wait.

        Raises:
            LimitReached: So many wait already that it would take too long.
        """
        if self._free:
            self._free -= 1
        else:
            await self._wait(lane, known=known)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, lane: str, *, known: bool) -> None:
        waiting = sum(map(len, self._lanes.values()))
        queue = self._lanes.get(lane, ())
        if len(queue) >= self._in_a_lane or (waiting >= self._in_all and not known):
            message = "Too many people are logging in right now."
            raise LimitReached(message, retry_after=1 + waiting * _SECONDS / PLACES)
        turn: Future[None] = get_running_loop().create_future()
        self._lanes.setdefault(lane, deque()).append(turn)
        try:
            await turn
        except BaseException:
            self._leave(lane, turn)
            raise

    def _leave(self, lane: str, turn: Future[None]) -> None:
        """Give up waiting, or the place that was handed over in the same moment."""
        if turn.done() and not turn.cancelled():
            self._pass_on()
            return
        self._lanes[lane].remove(turn)
        if not self._lanes[lane]:
            del self._lanes[lane]

    def _pass_on(self) -> None:
        """Hand a place to the lane whose turn it is; it stands at the end afterwards."""
        if not self._lanes:
            self._free += 1
            return
        lane = next(iter(self._lanes))
        queue = self._lanes.pop(lane)
        queue.popleft().set_result(None)
        if queue:
            self._lanes[lane] = queue
