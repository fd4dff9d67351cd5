"""A small application behind the studio's own doors, served as the studio is, to be knocked at."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from sora_studio.config import load
from sora_studio.security_log import SecurityLog
from sora_studio.web.asgi import guarded
from sora_studio.web.connection_limiter import ConnectionLimiter, ConnectionLimits
from sora_studio.web.connections import Patience, ServerConfig
from sora_studio.web.proxies import Proxies


@dataclass(frozen=True)
class Door:
    """Where it listens; `go_on` lets the second half of an answer go."""

    port: int
    go_on: asyncio.Event


@asynccontextmanager
async def open_door(
    environ: Mapping[str, str], *, patience: Patience | None = None, most: ConnectionLimits | None = None
) -> AsyncIterator[Door]:
    """Serve for the block on a free port; without TLS, as the studio does.

    Args:
        environ: The studio's settings.
        patience: How long connections may take.
        most: How many there may be.
    """
    settings, security_log = load(environ), SecurityLog()
    listener = socket.create_server(("127.0.0.1", 0))
    door = Door(listener.getsockname()[1], asyncio.Event())
    limiter = ConnectionLimiter(security_log, Proxies(settings.proxies), most or ConnectionLimits())
    server = uvicorn.Server(
        ServerConfig(guarded(_Application(door), settings, security_log), limiter, patience)
    )
    serving = asyncio.create_task(server.serve([listener]))
    while not server.started:  # noqa: ASYNC110 -- uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield door
    finally:
        door.go_on.set()
        server.should_exit = True
        await serving


class _Application:
    """Tells what it sees, over a socket as well; `/halves` comes in two parts, `/endless` never ends."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "lifespan":
                await _live(receive, send)
            case "websocket":
                tab = WebSocket(scope, receive, send)
                await tab.accept()
                await tab.send_text(json.dumps(_seen(scope)))
                async for _ in tab.iter_text():
                    pass
            case _ if scope["path"] == "/halves":
                await StreamingResponse(self._halves())(scope, receive, send)
            case _ if scope["path"] == "/endless":
                await StreamingResponse(_endless())(scope, receive, send)
            case _:
                body = await Request(scope, receive).body()
                await JSONResponse(_seen(scope) | {"bytes": len(body)})(scope, receive, send)

    async def _halves(self) -> AsyncIterator[bytes]:
        yield b"one"
        await self._door.go_on.wait()
        yield b"two"


async def _endless() -> AsyncIterator[bytes]:
    while True:
        yield bytes(65536)
        await asyncio.sleep(0)


def _seen(scope: Scope) -> dict[str, object]:
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    return {
        "client": scope["client"][0],
        "scheme": scope["scheme"],
        "path": scope["path"],
        "host": headers.get("host"),
        "cookie": headers.get("cookie"),
        "request_id": headers.get("x-request-id"),
    }


async def _live(receive: Receive, send: Send) -> None:
    for word in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{word}.complete"})
