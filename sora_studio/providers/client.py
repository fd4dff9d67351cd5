"""The client for one server: each call is bounded in time, and what goes wrong becomes an error of our own.

The SDK is loaded at the first call, in a thread, as that takes a quarter of the studio's start.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sora_studio.config.secret_words import words_of
from sora_studio.domain.errors import ProviderError, ProviderUnavailable
from sora_studio.domain.profile import Profile
from sora_studio.providers.call import Call

if TYPE_CHECKING:
    from sora_studio.providers.connection import Connection
    from sora_studio.providers.content import Files
    from sora_studio.providers.requests import Requests


@dataclass(frozen=True)
class Timeouts:
    """How long to wait for a provider, in seconds."""

    connect: float = 5.0
    submit: float = 90.0  # whole call
    fetch: float = 20.0  # whole call: fetch, list, delete, models
    content: float = 60.0  # between two reads of a file
    absent: float = 60.0  # how long a list has to be answered with a bare 404 to be believed absent


@dataclass(frozen=True)
class Credentials:
    """How a server lets us in. Nothing of it is shown."""

    key: str = field(default="", repr=False)  # empty for servers without keys
    key_header: str | None = None  # the header that carries the key alone; None: Authorization, as a bearer
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)  # whatever else it wants
    others: frozenset[str] = field(default=frozenset(), repr=False)  # secrets of ours that it need not know

    @property
    def bare_key(self) -> str:
        """Return the key without the line break that a pasted one may end in."""
        return self.key.strip()

    @property
    def secrets(self) -> frozenset[str]:
        """Return what must not be repeated: the key, the words of other headers, what else is ours."""
        return words_of(self.bare_key, *self.headers.values()) | self.others


@dataclass(frozen=True)
class Route:
    """How a server is reached."""

    query: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)  # goes with every request
    ca_file: Path | None = None  # certificates that are trusted beside the usual ones
    proxy: str | None = field(default=None, repr=False)  # None: none, whatever the environment says


_SLOWEST = 500_000  # bytes per second at which files are sent


class ApiClient:
    """Makes the calls to one server."""

    def __init__(
        self,
        profile: Profile,
        base_url: str,
        credentials: Credentials,
        timeouts: Timeouts,
        route: Route | None = None,
    ) -> None:
        """Open nothing yet.

        Args:
            profile: The forms that the server wants, and how it says that it is busy.
            base_url: Up to and with `/v1`.
            credentials: What the server wants to see.
            timeouts: How long it may take.
            route: How it is reached; None: directly.
        """
        self._profile, self._base_url, self._route = profile, base_url, route or Route()
        self._credentials, self._timeouts = credentials, timeouts
        self._opening: asyncio.Task[Connection] | None = None
        self._closed = False

    @asynccontextmanager
    async def call(self, call: Call, size: int = 0) -> AsyncGenerator["Requests"]:
        """Bound one request and the reading of its answer, and translate what goes wrong.

        Args:
            call: What is asked.
            size: Bytes that are sent along, which take their time.

        Raises:
            ProviderError: It went wrong.
        """
        connection = await self._opened()
        from sora_studio.providers.errors import translated_errors  # noqa: PLC0415 -- loaded by now

        requests, seconds, busy = connection.asking, self._timeouts.fetch, frozenset[int]()
        if call.makes:
            requests, busy = connection.making, self._profile.busy
            seconds = self._timeouts.submit + size / _SLOWEST
        with translated_errors(call, busy):
            async with asyncio.timeout(seconds):  # the SDK bounds each read only
                yield requests

    async def files(self) -> "Files":
        """Return what opens the server's files, which have no end in time; they translate their own errors.

        Raises:
            ProviderMisconfigured: The address is none.
        """
        return (await self._opened()).files

    async def close(self) -> None:
        """Let go of the connections, if there are any; none is opened again."""
        self._closed = True
        if self._opening:
            with suppress(ProviderError):  # it could not be opened
                await (await self._opening).close()

    async def _opened(self) -> "Connection":
        """Return the connection, opened at the first call."""
        if self._closed:
            message = "The studio is stopping and asks nobody now."
            raise ProviderUnavailable(message, "closed")
        if self._opening is None:
            self._opening = asyncio.create_task(asyncio.to_thread(self._open))
        return await asyncio.shield(self._opening)

    def _open(self) -> "Connection":
        """Load the SDK and set it up.

        Raises:
            ProviderMisconfigured: The address is none.
        """
        from sora_studio.providers.connection import Connection  # noqa: PLC0415 -- it takes its time

        return Connection(self._profile, self._base_url, self._credentials, self._timeouts, self._route)
