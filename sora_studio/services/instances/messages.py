"""What the instances of a studio tell each other: by NOTIFY, beside the announcements of changes.

Nothing depends on a message that arrives: tasks look at what is due by the clock, too, who is there says so
again and again, and counts that are missed let somebody try once more at another instance.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from itertools import islice
from typing import Any
from uuid import UUID

import structlog

from sora_studio.db.engine import Database
from sora_studio.db.listener import CHANNEL
from sora_studio.domain.errors import Unavailable
from sora_studio.domain.tasks import TaskName, Wake
from sora_studio.services.rate_limit_storage import Count

_log = structlog.get_logger(__name__)

MARK = "!"
"""What a message begins with, and the id of somebody whose data has changed does not."""

_PAUSE = 0.1  # seconds: what is counted meanwhile is one message
_MOST = 100  # counts in a message: PostgreSQL takes less than 8,000 bytes
_MOST_KEPT = 5_000  # that wait to be told; what is beyond is counted here alone


class Messages:
    """Tells the other instances what they should know at once; while there are none, tells nobody."""

    def __init__(self, db: Database, sender: UUID, has_others: Callable[[], bool]) -> None:
        """Say nothing yet.

        Args:
            db: Over which it is told.
            sender: This instance.
            has_others: Tells whether there is somebody to tell.
        """
        self._db, self._sender, self._has_others = db, sender.hex, has_others
        self._counts = Counter[tuple[str, float, bool]]()
        self._wakes = set[TaskName]()
        self._telling: asyncio.Task[None] | None = None
        self.on_wake: Wake = _nobody
        self.on_counts: Callable[[Count], None] = _nobody
        self.on_news: Callable[[], None] = _nobody

    def wake(self, name: TaskName) -> None:
        """Have a task run where it is run."""
        self._wakes.add(name)
        self._tell_soon()

    def count(self, counted: Count) -> None:
        """Have others count, too; none at all: they forget the key."""
        key = (counted.key, counted.expiry, counted.moves)
        if key in self._counts or len(self._counts) < _MOST_KEPT:
            self._counts[key] = self._counts[key] + counted.amount
        self._tell_soon()

    @property
    def waiting(self) -> int:
        """Return how many counts are still to be told."""
        return len(self._counts)

    async def tell_news(self) -> None:
        """Tell others that an instance has come or goes.

        Raises:
            Unavailable: The database is away.
        """
        await self._tell(news=True)

    def hear(self, message: str) -> None:
        """Take what somebody said; what one says oneself is not meant."""
        try:
            self._take(json.loads(message.removeprefix(MARK)))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            _log.warning("message_not_understood", reason=type(error).__name__)

    def _take(self, said: dict[str, Any]) -> None:
        if said["from"] == self._sender:
            return
        if said.get("news"):
            self.on_news()
        for name in said.get("wake", ()):
            if name in set(TaskName):  # a newer version may have others
                self.on_wake(TaskName(name))
        for key, expiry, moves, amount in said.get("counts", ()):
            self.on_counts(Count(key, expiry, amount, moves=moves))

    async def close(self) -> None:
        """Say nothing more."""
        if self._telling:
            self._telling.cancel()
            await asyncio.gather(self._telling, return_exceptions=True)

    def _tell_soon(self) -> None:
        if not self._has_others():
            self._counts.clear()
            self._wakes.clear()
        elif self._telling is None or self._telling.done():
            self._telling = asyncio.get_running_loop().create_task(self._tell_all(), name="messages")

    async def _tell_all(self) -> None:
        while self._wakes or self._counts:
            if not self._wakes:
                await asyncio.sleep(_PAUSE)
            wakes, self._wakes = sorted(self._wakes), set()
            counts = [[*key, amount] for key, amount in islice(self._counts.items(), _MOST)]
            for *key, _ in counts:
                del self._counts[*key,]
            try:
                await self._tell(wake=wakes, counts=counts)
            except Unavailable:  # after some seconds: what has waited meanwhile would be news of the past
                self._counts.clear()

    async def _tell(self, **said: object) -> None:
        message = {"from": self._sender, **{name: what for name, what in said.items() if what}}
        await self._db.announce(CHANNEL, MARK + json.dumps(message, separators=(",", ":")))


def _nobody(*_: object) -> None:
    """Tell nobody."""
