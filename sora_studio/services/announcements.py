"""What is announced on commit: heard over one connection, and handed to everybody in this process."""

import asyncio
from collections.abc import AsyncIterator, Callable

import structlog

from sora_studio.domain.errors import Unavailable
from sora_studio.domain.ports import Changes
from sora_studio.services.instances.messages import MARK

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0  # seconds between two tries to listen again

_log = structlog.get_logger(__name__)


class Announcements:
    """Implements `domain.ports.Changes` for as many as want to hear, by another one."""

    def __init__(self, changes: Changes) -> None:
        """Hear nothing yet.

        Args:
            changes: What really listens.
        """
        self._changes = changes
        self._listeners: set[asyncio.Queue[str | None]] = set()  # None: nothing is heard from here on
        self.trouble: str | None = "The studio does not hear yet what changes."

    def is_heard(self) -> bool:
        """Tell whether a change would be heard."""
        return self.trouble is None

    async def run(self, on_change: Callable[[], None], on_message: Callable[[str], None]) -> None:
        """Hear every change, whatever happens to the connection; never returns by itself.

        Args:
            on_change: Called after each, and when something may have been missed.
            on_message: Called with what other instances say.
        """
        pause = _FIRST_PAUSE
        while True:
            try:
                async for payload in self._changes.listen():
                    self.trouble, pause = None, _FIRST_PAUSE
                    if payload.startswith(MARK):
                        on_message(payload)
                        continue
                    self._tell(payload)
                    on_change()
            except Exception as error:  # noqa: BLE001 -- whatever it is, this instance must not stay deaf
                reason = str(error) if isinstance(error, Unavailable) else type(error).__name__
                if self.is_heard() or self.trouble != reason:
                    _log.warning("changes_unheard", reason=reason)
                self.trouble = reason
            self._tell(None)
            on_change()
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def listen(self) -> AsyncIterator[str]:
        """Yield every payload; an empty one first, as soon as we hear.

        Raises:
            Unavailable: Nothing is heard for now; call again.
        """
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            if self.is_heard():
                yield ""
            while (payload := await queue.get()) is not None:
                yield payload
        finally:
            self._listeners.discard(queue)
        message = "Nothing is heard of changes for now."
        raise Unavailable(message)

    def _tell(self, payload: str | None) -> None:
        for queue in self._listeners:
            queue.put_nowait(payload)
