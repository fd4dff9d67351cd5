"""From the provider's "it has changed" to the screen: a signed POST, and the change on the owner's open tab.

On the way: the signature, a durable row, a look at the provider (a server of our own on this machine), a
durable record, the notification, and the page that reads again.
"""

import asyncio
import json
import time
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from bench.lab.floor import floor
from bench.lab.lab import SECRET, Lab
from bench.lab.latency import latencies
from bench.lab.metric import Metric
from sora_studio.ui.live import PAUSE
from sora_studio.ui.pages.create.state import ROW, CreateState
from tests.support.person import Person, join
from tests.support.tab import open_tab
from tests.unit.domain.test_webhooks import sign

SAMPLES = 60

_PATH = "/api/webhooks/provider"
_REST = 1.2 * PAUSE  # seconds: the next change must not wait for the pause that follows a burst
_TAKEN = 60.0  # seconds for all jobs to reach the provider, on a busy machine


async def measure(lab: Lab) -> list[Metric]:
    """Let the jobs on a dashboard make progress one by one, and tell the studio of each."""
    studio = await lab.studio()
    person = await join(studio.url)
    async with (
        aclosing(person.http),
        floor(studio.url, studio.database_url) as least,
        open_tab(studio.url, cookie=f"sora_session={person.token}") as tab,
    ):
        await tab.until(lambda: tab.value(CreateState, "ready"))
        remote_ids = await _taken(person, studio.provider.jobs)
        turns = 0

        async def nothing() -> float:
            body, headers = _event("thread.created", "nobody")
            return await least.post_and_change(_PATH, body, headers)

        async def hint() -> float:
            nonlocal turns
            remote_id, percent = remote_ids[turns % ROW], 1 + turns // ROW
            turns += 1
            await asyncio.sleep(_REST)
            studio.provider.jobs[remote_id] |= {"status": "in_progress", "progress": percent}
            body, headers = _event("video.in_progress", remote_id)
            seen = len(tab.frames)
            began = time.perf_counter()
            async with least.http.post(f"{studio.url}{_PATH}", data=body, headers=headers) as answer:
                assert answer.status == 204, await answer.text()
            await tab.until(lambda: any(map(_told, tab.frames[seen:])))
            return (time.perf_counter() - began) * 1000

        return await latencies("webhooks.screen", nothing, hint, samples=SAMPLES)


def _told(frame: dict[str, Any]) -> bool:
    return CreateState.get_full_name() in (frame.get("delta") or {})


async def _taken(person: Person, jobs: dict[str, dict[str, object]]) -> list[str]:
    """Fill the row of what is coming; return the provider's names of its jobs once they are at rest."""
    prompts = [f"a paper boat, hint {uuid4().hex}" for _ in range(ROW)]
    for prompt in prompts:
        await person.ask(prompt)
    async with asyncio.timeout(_TAKEN):
        while {video["phase"] for video in await person.videos()} != {"queued"}:  # noqa: ASYNC110 -- HTTP
            await asyncio.sleep(0.2)
    return [name for name, job in jobs.items() if job["prompt"] in prompts]


def _event(kind: str, remote_id: str) -> tuple[bytes, dict[str, str]]:
    body = json.dumps({"type": kind, "data": {"id": remote_id}}).encode()
    name, stamp = uuid4().hex, str(int(datetime.now(UTC).timestamp()))
    return body, {
        "webhook-id": name,
        "webhook-timestamp": stamp,
        "webhook-signature": sign(SECRET, name, stamp, body),
        "content-type": "application/json",
    }
