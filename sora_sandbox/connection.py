"""The TCP connection under a request, which an ASGI application alone cannot break."""

import asyncio
import socket
import struct

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_TRANSPORT = "sandbox.transport"


class BreakableConnection(H11Protocol):
    """uvicorn's HTTP/1.1, with the connection's transport in the scope of each request."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Accept a connection."""
        super().connection_made(transport)
        app = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope[_TRANSPORT] = transport
            await app(scope, receive, send)

        self.app = with_transport  # type: ignore[assignment]  # uvicorn's ASGI types are narrower than Starlette's


def is_open(scope: Scope) -> bool:
    """Tell whether the other side can still be written to."""
    return not _transport(scope).is_closing()


def reset(scope: Scope) -> None:
    """Break the connection off with a TCP RST, as a crashed peer or a firewall does."""
    transport = _transport(scope)
    held: socket.socket = transport.get_extra_info("socket")
    held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def close(scope: Scope) -> None:
    """Close the connection in good order, once everything written has been sent."""
    _transport(scope).close()


async def wait_closed(receive: Receive) -> None:
    """Wait until the connection has ended."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _transport(scope: Scope) -> asyncio.Transport:
    return scope[_TRANSPORT]
