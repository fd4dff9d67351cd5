"""The queue between people: whose wish a provider is sent next. Pure.

Start-time fair queueing. A provider has a virtual time, and each person has come to some virtual finish.
A wish begins where its person's last one has finished, though never before the provider's time; it takes its
seconds of video, divided by the person's weight. The earliest start is sent next, and the provider's time is
that of what was sent last. So who wants much waits behind their own wishes, and who comes with one does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sora_studio.domain.errors import InvalidInput

URGENT = float("-inf")
"""The start of what an admin has put before everything else."""

WEIGHT_MIN, WEIGHT_MAX = 0.01, 100.0


class Move(StrEnum):
    """Where a person puts a wish of theirs, among their own."""

    FIRST = "first"
    EARLIER = "earlier"
    LATER = "later"
    LAST = "last"


@dataclass(frozen=True)
class QueuePlace:
    """Where a wish stands that waits for its turn."""

    yours: int  # before it, of who looks
    others: int  # before it, of everybody else
    expected_seconds: float | None = None  # until its turn comes, about; None: nothing to go by
    urgent: bool = False

    @property
    def position(self) -> int:
        """Return its number in the queue: 1 is next."""
        return self.yours + self.others + 1


@dataclass(frozen=True)
class Waiting:
    """One line of a provider's queue as who runs the studio sees it: whose, never what."""

    video_id: UUID
    owner_id: UUID | None
    owner: str
    email: str
    seconds: int
    urgent: bool


@dataclass(frozen=True)
class Standing:
    """How far a person has come at a provider, and what counts there."""

    virtual_time: float  # the provider's
    finish: float  # where the person's last wish ends
    weight: float  # the person's, times that of the project


def length(seconds: int, weight: float) -> float:
    """Return how much virtual time a wish takes."""
    return max(seconds, 1) / weight


def join(standing: Standing, seconds: int) -> tuple[float, float]:
    """Return the virtual start and finish of a new wish of a person."""
    start = max(standing.virtual_time, standing.finish)
    return start, start + length(seconds, standing.weight)


def lay_out(start: float, lengths: Sequence[float]) -> tuple[list[float], float]:
    """Return where each of a person's waiting wishes starts, one behind the other, and where all end."""
    starts: list[float] = []
    for each in lengths:
        starts.append(start)
        start += each
    return starts, start


def moved(wishes: Sequence[UUID], wish: UUID, move: Move) -> list[UUID]:
    """Return a person's wishes in the order that they want."""
    others = [each for each in wishes if each != wish]
    place = [*wishes].index(wish)
    last = len(others)
    to = {Move.FIRST: 0, Move.EARLIER: max(place - 1, 0), Move.LATER: min(place + 1, last), Move.LAST: last}
    return [*others[: to[move]], wish, *others[to[move] :]]


def expected_seconds(
    ahead: float, making: float, elapsed: float, pace: float | None, places: int
) -> float | None:
    """Guess how long it takes until a turn comes.

    Args:
        ahead: Seconds of video that wait before it.
        making: Seconds of video that are being made.
        elapsed: For how many seconds, all of them together.
        pace: Seconds that a second of video took of late; None: nothing was made yet.
        places: How many are made at a time.

    Returns:
        None: there is nothing to go by.
    """
    if pace is None:
        return None
    return (pace * ahead + max(pace * making - elapsed, 0.0)) / max(places, 1)


def check_weight(weight: float, field: str = "queue_weight") -> float:
    """Return a weight that will do.

    Raises:
        InvalidInput: Not from 0.01 to 100.
    """
    if not WEIGHT_MIN <= weight <= WEIGHT_MAX:  # which no NaN is, either
        message = f"A weight is a number from {WEIGHT_MIN} to {WEIGHT_MAX:.0f}; 1 is usual."
        raise InvalidInput(message, field)
    return weight
