"""The least that a change can cost on its way to a screen: a request, a durable commit, a hop by socket."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import psycopg

from tests.support.studio import free_port

_PATIENCE = 30.0


@dataclass(frozen=True)
class Floor:
    """Each step, once, in milliseconds."""

    http: aiohttp.ClientSession
    url: str  # the studio
    connection: psycopg.AsyncConnection
    socket: aiohttp.ClientWebSocketResponse

    async def change(self) -> float:
        """Commit one row and hear one echo."""
        began = time.perf_counter()
        await self.connection.execute("UPDATE floor SET changes = changes + 1")
        await self.socket.send_str("changed")
        await self.socket.receive_str()
        return (time.perf_counter() - began) * 1000

    async def request_and_change(self) -> float:
        """Ask the studio for next to nothing before that."""
        began = time.perf_counter()
        async with self.http.get(f"{self.url}/livez") as answer:
            assert answer.status == 200
        return (time.perf_counter() - began) * 1000 + await self.change()

    async def post_and_change(self, path: str, body: bytes, headers: Mapping[str, str]) -> float:
        """Send the studio something that it answers with 204 and does nothing about, before that."""
        began = time.perf_counter()
        async with self.http.post(f"{self.url}{path}", data=body, headers=headers) as answer:
            assert answer.status == 204, await answer.text()
        return (time.perf_counter() - began) * 1000 + await self.change()


@asynccontextmanager
async def floor(studio_url: str, database_url: str) -> AsyncIterator[Floor]:
    """Measure beside a running studio, on its database, with a bare websocket server."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "bench.lab.echo:echo", f"--port={port}", "--log-level=error"]
    echo = subprocess.Popen([*command, "--lifespan=off"])  # noqa: ASYNC220 -- starting takes no time
    try:
        async with (
            await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection,
            aiohttp.ClientSession() as http,
        ):
            await connection.execute("CREATE TABLE IF NOT EXISTS floor AS SELECT 0 AS changes")
            socket = await _connected(http, f"http://127.0.0.1:{port}/")
            yield Floor(http, studio_url, connection, socket)
            await socket.close()
    finally:
        echo.terminate()
        echo.wait()


async def _connected(http: aiohttp.ClientSession, url: str) -> aiohttp.ClientWebSocketResponse:
    async with asyncio.timeout(_PATIENCE):
        while True:
            try:
                return await http.ws_connect(url)
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.02)
