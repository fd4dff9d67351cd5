"""Somebody who means harm, on loopback and by the hundred: raw connections, and what becomes of them."""

import asyncio
import resource
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass

FAR = "127.0.0.66"
"""An address to come from: all of 127.0.0.0/8 is this machine."""


@dataclass(frozen=True)
class Line:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def say(self, text: str) -> None:
        """Send something, if there still is somebody."""
        with suppress(OSError):
            self.writer.write(text.encode("latin-1"))

    async def status(self) -> int:
        """Wait for an answer and return its status; 0 when the connection ends without one."""
        with suppress(OSError):
            line = await self.reader.readline()
            return int(line.split()[1]) if line else 0
        return 0

    async def rest(self) -> bytes:
        """Return everything that still comes, until the other side ends the connection."""
        with suppress(OSError):
            return await self.reader.read()
        return b""

    async def hang_up(self) -> None:
        """Close it."""
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()


async def ring(port: int, source: str = FAR) -> Line:
    """Open a connection to a port of this machine, from an address of it."""
    return Line(*await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0)))


@asynccontextmanager
async def ringing(port: int, count: int, source: str = FAR) -> AsyncIterator[list[Line]]:
    """Hold many connections for the block."""
    lines = [await ring(port, source) for _ in range(count)]
    try:
        yield lines
    finally:
        await asyncio.gather(*(line.hang_up() for line in lines))


async def ask(port: int, request: str, source: str = FAR) -> int:
    """Send a whole request as it is written and return the status of the answer, 0 for none."""
    line = await ring(port, source)
    line.say(request)
    status = await line.status()
    await line.hang_up()
    return status


def get(path: str, host: str, *headers: str, method: str = "GET") -> str:
    """Write a request without a body."""
    return "\r\n".join((f"{method} {path} HTTP/1.1", f"Host: {host}", *headers, "\r\n"))


def handshake(host: str, *headers: str) -> str:
    """Write a request for a tab's websocket."""
    upgrade = (
        *("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"),
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    )
    return get("/_event/?EIO=4&transport=websocket&token=t", host, *upgrade, *headers)


async def drip(lines: Iterable[Line], stop: asyncio.Event) -> None:
    """Send a byte over each line, again and again."""
    while not stop.is_set():
        for line in lines:
            line.say("x")
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 0.1)


@contextmanager
def files(soft: int) -> Iterator[None]:
    """Let this process, and what it starts, open that many files for the block."""
    before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, hard))
