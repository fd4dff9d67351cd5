"""A Videos API server that renders in a few seconds and tells by webhook; it notes when it was asked."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import aiohttp
from aiohttp import web

from tests.unit.domain.test_webhooks import sign

RENDERS = 5.0
"""Seconds from the POST to the file."""


@dataclass
class Rendered:
    """One job, and when what happened to it; seconds of the monotonic clock."""

    prompt: str
    seconds: str
    ends: float
    told: float | None = None  # when the webhook was sent
    looked: float | None = None  # when it was first shown as completed


@dataclass
class BurstProvider:
    """The server."""

    film: bytes
    secret: str
    webhooks: str | None = None  # where to tell; None: nobody is told
    jobs: dict[str, Rendered] = field(default_factory=dict[str, Rendered])
    tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    async def take(self, request: web.Request) -> web.Response:
        """Take a job."""
        wish = await (request.json() if request.content_type == "application/json" else request.post())
        name = f"video_{uuid4().hex}"
        self.jobs[name] = Rendered(str(wish["prompt"]), str(wish["seconds"]), time.monotonic() + RENDERS)
        task = asyncio.create_task(self._end(name))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return web.json_response(self._shown(name))

    async def show(self, request: web.Request) -> web.Response:
        """Show one job."""
        return web.json_response(self._shown(request.match_info["id"]))

    async def show_all(self, request: web.Request) -> web.Response:
        """Show a page of the jobs, newest first."""
        limit = int(request.query.get("limit", "20"))
        names = [*reversed(self.jobs)]
        start = names.index(request.query["after"]) + 1 if "after" in request.query else 0
        page = [*map(self._shown, names[start : start + limit])]
        more = start + limit < len(names)
        return web.json_response({"object": "list", "data": page, "has_more": more})

    async def send(self, _request: web.Request) -> web.Response:
        """Hand out the file."""
        return web.Response(body=self.film, content_type="video/mp4")

    def _shown(self, name: str) -> dict[str, Any]:
        job, now = self.jobs[name], time.monotonic()
        is_done = now >= job.ends
        if is_done:
            job.looked = job.looked or now
        status = "completed" if is_done else "in_progress"
        facts = {"model": "sora-2", "prompt": job.prompt, "seconds": job.seconds, "size": "1280x720"}
        return {"id": name, "object": "video", "status": status, "progress": 100 * is_done, **facts}

    async def _end(self, name: str) -> None:
        await asyncio.sleep(RENDERS)
        if self.webhooks is None:
            return
        body = json.dumps({"type": "video.completed", "data": {"id": name}}).encode()
        delivery, stamp = uuid4().hex, str(int(datetime.now(UTC).timestamp()))
        headers = {
            "webhook-id": delivery,
            "webhook-timestamp": stamp,
            "webhook-signature": sign(self.secret, delivery, stamp, body),
            "content-type": "application/json",
        }
        self.jobs[name].told = time.monotonic()
        async with (
            aiohttp.ClientSession() as http,
            http.post(self.webhooks, data=body, headers=headers) as answer,
        ):
            assert answer.status == 204, await answer.text()


@asynccontextmanager
async def rendering_server(port: int, film: bytes, secret: str) -> AsyncIterator[BurstProvider]:
    """Serve on a loopback port, in this event loop."""
    provider = BurstProvider(film, secret)
    app = web.Application()
    app.add_routes([web.post("/v1/videos", provider.take), web.get("/v1/videos", provider.show_all)])
    app.add_routes([web.get("/v1/videos/{id}", provider.show)])
    app.add_routes([web.get("/v1/videos/{id}/content", provider.send)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield provider
    finally:
        for task in [*provider.tasks]:
            task.cancel()
        await runner.cleanup()
