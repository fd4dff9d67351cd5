"""A TCP server in the event loop of a test, which leaves no connection behind when it ends."""

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]


@dataclass
class TcpServer:
    """Serves each connection in a task of its own, at a loopback port.

    asyncio's own server loses a connection that it accepts shortly before it closes: what was to serve it is
    cancelled before its first step, and the socket is left to the garbage collector.
    """

    serve: Serve
    tls: ssl.SSLContext | None = None
    _listener: socket.socket | None = None
    _open: dict[asyncio.Task[None], socket.socket] = field(
        default_factory=dict[asyncio.Task[None], socket.socket]
    )

    def start(self, port: int = 0) -> int:
        """Listen at a port, a free one for 0; return it."""
        listener = self._listener = socket.create_server(("127.0.0.1", port), backlog=100)
        listener.setblocking(False)
        asyncio.get_running_loop().add_reader(listener, self._accept, listener)
        return listener.getsockname()[1]

    async def stop(self) -> None:
        """Take no more connections, and break off the open ones."""
        if self._listener:
            asyncio.get_running_loop().remove_reader(self._listener)
            self._listener.close()
            self._listener = None
        if tasks := list(self._open):
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    def _accept(self, listener: socket.socket) -> None:
        with suppress(BlockingIOError, ConnectionAbortedError):
            connection, _ = listener.accept()
            connection.setblocking(False)
            task = asyncio.create_task(self._talk(connection))
            self._open[task] = connection
            task.add_done_callback(self._end)

    async def _talk(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=2**20)
        protocol = asyncio.StreamReaderProtocol(reader)
        try:
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, connection, ssl=self.tls)
        except OSError:
            return  # the other side hung up in the handshake
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        try:
            await self.serve(reader, writer)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        finally:
            transport.abort()

    def _end(self, task: asyncio.Task[None]) -> None:
        self._open.pop(task).close()
        if not task.cancelled():
            task.result()  # the loop tells an error


@asynccontextmanager
async def listening(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncGenerator[int]:
    """Serve connections at a free loopback port for the block; yield the port."""
    server = TcpServer(serve, tls)
    try:
        yield server.start()
    finally:
        await server.stop()
