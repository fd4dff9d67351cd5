"""A Videos API server that takes every job and begins none by itself: what it does costs nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from aiohttp import web

from tests.support.studio import free_port

_ASK_LATER = {"openai-poll-after-ms": "30000"}


@dataclass(frozen=True)
class Taker:
    """A running server: its base URL, and the jobs as it shows them."""

    url: str
    jobs: dict[str, dict[str, Any]]


@asynccontextmanager
async def taking_server() -> AsyncIterator[Taker]:
    """Serve on a loopback port, in this event loop."""
    jobs: dict[str, dict[str, Any]] = {}

    async def take(request: web.Request) -> web.Response:
        wish = await (request.json() if request.content_type == "application/json" else request.post())
        video_id = f"video_{uuid4().hex}"
        job = {"id": video_id, "object": "video", "status": "queued", "progress": 0, **wish}
        return web.json_response(jobs.setdefault(video_id, job), headers=_ASK_LATER)

    async def show(request: web.Request) -> web.Response:
        return web.json_response(jobs[request.match_info["id"]], headers=_ASK_LATER)

    async def show_all(_request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [*reversed(jobs.values())], "has_more": False})

    app = web.Application()
    app.add_routes([web.post("/v1/videos", take), web.get("/v1/videos", show_all)])
    app.add_routes([web.get("/v1/videos/{id}", show)])
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield Taker(f"http://127.0.0.1:{port}/v1", jobs)
    finally:
        await runner.cleanup()
