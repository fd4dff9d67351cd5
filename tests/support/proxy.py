"""A TCP proxy that makes a connection as bad as it is told, in the words of toxiproxy.

Everything strikes the answers, as toxiproxy does by default; `reset_peer` and `down` end both directions.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.tcp import TcpServer

_LUMP = 64 * 1024
_SHARE = 0.02  # seconds between two parts of a throttled answer

Upstream = Path | tuple[str, int]
"""A unix socket, or host and port."""


@dataclass
class Proxy:
    """A port of ours in front of a server; what it is told holds for open connections, too."""

    upstream: Upstream
    port: int = 0
    accepted: int = 0
    _delay: float = 0.0
    _rate: float | None = None
    _left: int | None = None
    _flows: asyncio.Event = field(default_factory=asyncio.Event)
    _open: set[asyncio.StreamWriter] = field(default_factory=set[asyncio.StreamWriter])
    _callers: set[asyncio.StreamWriter] = field(default_factory=set[asyncio.StreamWriter])
    _gone: set[asyncio.StreamWriter] = field(default_factory=set[asyncio.StreamWriter])

    def __post_init__(self) -> None:
        self._server = TcpServer(self._serve)

    def latency(self, seconds: float) -> None:
        """Let every part of an answer come so much later."""
        self._delay = seconds

    def bandwidth(self, rate: float) -> None:
        """Let so many bytes of an answer through in a second."""
        self._rate = rate

    def timeout(self) -> None:
        """Let no more answers through, and keep the connections open."""
        self._flows.clear()

    def limit_data(self, most: int) -> None:
        """Close after so many more bytes of answers, over all connections."""
        self._left = most

    def reset_peer(self) -> None:
        """Break off all open connections with a TCP RST; new ones work."""
        for writer in list(self._open):
            sock: socket.socket = writer.get_extra_info("socket")
            if sock.family != socket.AF_UNIX:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    def vanish(self) -> None:
        """Break off the open connections towards who called and leave the server believing in them."""
        self._gone |= self._callers
        self._open -= self._callers
        for writer in list(self._callers):
            writer.transport.abort()

    async def down(self) -> None:
        """Refuse new connections and break off the open ones."""
        self.reset_peer()
        await self._server.stop()

    def up(self) -> None:
        """Take connections (again), at the same port."""
        self.port = self._server.start(self.port)

    def clear(self) -> None:
        """Be a good connection again."""
        self._delay, self._rate, self._left = 0.0, None, None
        self._flows.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        try:
            there, onward = await self._connect()
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, onward}
        self._callers.add(writer)
        try:
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(self._ask(reader, onward, writer))
                pumps.create_task(self._answer(there, writer))
        except* (OSError, EOFError):
            pass  # one side has gone, and takes the other along
        finally:
            self._open -= {writer, onward}
            self._callers.discard(writer)
            onward.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self.upstream, Path):
            return await asyncio.open_unix_connection(self.upstream)
        return await asyncio.open_connection(*self.upstream)

    async def _ask(
        self, reader: asyncio.StreamReader, onward: asyncio.StreamWriter, caller: asyncio.StreamWriter
    ) -> None:
        while data := await reader.read(_LUMP):
            onward.write(data)
            await onward.drain()
        if caller in self._gone:
            await asyncio.Event().wait()
        raise EOFError

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass answers on, as badly as we are told."""
        while data := await reader.read(self._most()):
            await asyncio.sleep(self._delay or (_SHARE if self._rate else 0.0))
            await self._flows.wait()
            if writer in self._gone:
                continue
            if self._left is not None:
                data, self._left = data[: self._left], max(0, self._left - len(data))
            writer.write(data)
            await writer.drain()
            if self._left == 0:
                break
        raise EOFError

    def _most(self) -> int:
        return max(1, int(self._rate * _SHARE)) if self._rate else _LUMP


@asynccontextmanager
async def proxied(upstream: Upstream) -> AsyncGenerator[Proxy]:
    """Run a proxy on a free loopback port for the block, in this event loop."""
    proxy = Proxy(upstream)
    proxy.clear()
    proxy.up()
    try:
        yield proxy
    finally:
        await proxy.down()
