"""Serve the sandbox as a process of its own."""

import asyncio
import os
import signal
import socket

import uvicorn

from sora_sandbox.app import create_app
from sora_sandbox.connection import BreakableConnection
from sora_sandbox.settings import SandboxSettings

_TICK = 0.5  # seconds between two looks at signals and at the parent


def run(host: str, port: int, settings: SandboxSettings) -> None:
    """Serve until SIGTERM, SIGINT, or the end of `settings.parent_pid`; port 0 takes a free one.

    Prints one line when the port is open: `sandbox listening on http://127.0.0.1:4010/v1`.
    """
    # A slow download must not delay the end: after a second, open connections are closed. Idle ones are kept
    # longer than clients keep them, or a create sent at that moment would be lost on the way.
    config = uvicorn.Config(
        create_app(settings),
        host,
        port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=75,
        http=BreakableConnection if settings.faults else "auto",
    )
    server = _QuietServer(config)
    # uvicorn handles signals while it serves. One that comes earlier must not be lost; those that it raises
    # again at its end, for the handler before its own, have had their effect.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: setattr(server, "should_exit", True))
    listening = config.bind_socket()
    print(f"sandbox listening on http://{host}:{listening.getsockname()[1]}/v1", flush=True)  # noqa: T201 -- the answer to port 0
    asyncio.run(_serve(server, listening, settings.parent_pid))


class _QuietServer(uvicorn.Server):
    """uvicorn's server, which looks twice a second, and not ten times, whether it is to end."""

    async def main_loop(self) -> None:
        counter = 0
        while not await self.on_tick(counter):
            counter += 5  # of the ticks that uvicorn counts, ten to a second
            await asyncio.sleep(_TICK)


async def _serve(server: uvicorn.Server, listening: socket.socket, parent: int | None) -> None:
    watch = asyncio.create_task(_end_with(parent, server)) if parent is not None else None
    await server.serve(sockets=[listening])
    if watch:
        watch.cancel()


async def _end_with(parent: int, server: uvicorn.Server) -> None:
    """End the server once another process has become its parent."""
    while os.getppid() == parent:  # noqa: ASYNC110  (nothing tells of the end of a parent on every system)
        await asyncio.sleep(_TICK)
    server.should_exit = True
