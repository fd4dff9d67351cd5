"""The connection that hears what is announced on commit, and knows whether it really hears.

LISTEN is accepted by poolers that never deliver anything, and by servers that are not the one that is written
to. So it says a word to itself over the way that everybody writes by, at first and every minute, and has to
hear it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from uuid import uuid4

import psycopg

from sora_studio.domain.errors import Unavailable

CHANNEL = "studio_changed"
"""Where triggers announce, on commit, whose data changed: the payload is the owner's id, nothing else."""

ECHO = "studio_echo"
"""Where a listener says its word."""

_EVERY = 60.0  # seconds between two words
_PATIENCE = 5.0  # seconds for one to arrive
_READ = 0.1  # seconds for what is there already
_NOT_HEARD = (
    "Announcements do not arrive, so pages are read again by the clock. Behind a transaction pooler, "
    "set DATABASE_DIRECT_URL to the database itself."
)


class Listener:
    """Listens over a connection of its own."""

    def __init__(
        self, url: str, options: Mapping[str, Any], say: Callable[[str, str], Awaitable[None]]
    ) -> None:
        """Connect to nothing yet.

        Args:
            url: Where LISTEN works.
            options: How to connect.
            say: Announces a word on a channel, as a transaction of the studio does.
        """
        self._url, self._options, self._say = url, options, say

    async def listen(self) -> AsyncIterator[str]:
        """Yield the payload of every announcement; an empty one first, as soon as it is certain that we hear.

        Raises:
            Unavailable: Nothing can be heard, or no longer; call again.
        """
        try:
            connecting = psycopg.AsyncConnection.connect(self._url, autocommit=True, **self._options)
            async with await connecting as connection:
                for channel in (CHANNEL, ECHO):
                    await connection.execute(f"LISTEN {channel}")
                async for payload in self._hear(connection):
                    yield payload
        except psycopg.Error as error:
            message = "The connection that listens for changes was lost."
            raise Unavailable(message) from error

    async def _hear(self, connection: psycopg.AsyncConnection) -> AsyncIterator[str]:
        now = asyncio.get_running_loop().time
        word, due, hears = "", now(), False
        while True:
            if now() >= due:
                if word:
                    raise Unavailable(_NOT_HEARD)
                word, due = uuid4().hex, now() + _PATIENCE
                await self._say(ECHO, word)
            if not await _readable(connection.fileno(), due - now()):
                continue
            async for said in connection.notifies(timeout=_READ, stop_after=1):
                if said.channel == CHANNEL:
                    yield said.payload
                elif said.payload == word:
                    word, due = "", now() + _EVERY
                    if not hears:
                        hears = True
                        yield ""


async def _readable(file: int, seconds: float) -> bool:
    """Tell whether there is something to read within some seconds; psycopg would look ten times a second."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(file, ready.set)
    try:
        async with asyncio.timeout(max(0.0, seconds)):
            return await ready.wait()
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(file)
