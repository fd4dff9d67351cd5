"""Five hundred wishes at once: what the provider finishes meanwhile is seen and saved as if they were few.

Its budget is the default one, five requests a second for submits, looks and files together; so the backlog
lasts for minutes, and what is measured is the first of them. Beside it: a few videos alone, by polling.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager

import psycopg

from bench.lab.burst_provider import BurstProvider, rendering_server
from bench.lab.lab import SECRET, Lab
from bench.lab.machine_noise import slowdown
from bench.lab.metric import Metric, percentile, time_at_most
from tests.support.films import film, slide
from tests.support.person import Person, join
from tests.support.studio import free_port, serving

WISHES, ALONE = 500, 12
WINDOW = 45.0
"""Seconds of the backlog that are measured, after the first film has come."""

_FIRST = 60.0  # seconds for it, on a busy machine
_SAVED = """SELECT job.remote_id, extract(epoch FROM clock_timestamp() - job.ended_at)::float8 AS ago
FROM job WHERE job.phase = 'completed'"""


async def measure(lab: Lab) -> list[Metric]:
    """Measure a backlog with webhooks, then a few videos without any."""
    async with _studio(lab, "bursts") as (person, provider, url):
        provider.webhooks = str(person.http.base_url.join("/api/webhooks/provider"))
        saved = await _backlog(person, url)
    looks, films = _delays(provider, saved)
    backlog = [
        _seconds("bursts.look.p95", looks, 0.95, 1.0),
        _seconds("bursts.film.p50", films, 0.50),
        _seconds("bursts.film.p95", films, 0.95, 3.0),
        Metric("bursts.films", len(films) / WINDOW, "per s", guard=slowdown(), n=len(films)),
    ]
    async with _studio(lab, "bursts_polled") as (person, provider, url):
        saved = await _one_by_one(person, url)
    _, films = _delays(provider, saved)
    return [
        *backlog,
        _seconds("bursts.polled.p50", films, 0.50, 2.0),
        _seconds("bursts.polled.p95", films, 0.95),
    ]


async def _backlog(person: Person, url: str) -> dict[str, float]:
    """Ask for everything at once; return when which films were saved while most of it waited."""
    asking = asyncio.gather(*(person.ask(f"a paper boat, wish {number}") for number in range(WISHES)))
    await asking
    await _until(url, 1, _FIRST)
    await asyncio.sleep(WINDOW)
    return await asyncio.to_thread(_saved, url)


async def _one_by_one(person: Person, url: str) -> dict[str, float]:
    for number in range(ALONE):
        await person.ask(f"a paper boat, alone {number}")
        await _until(url, number + 1, _FIRST)
    return await asyncio.to_thread(_saved, url)


async def _until(url: str, films: int, patience: float) -> None:
    async with asyncio.timeout(patience):
        while len(await asyncio.to_thread(_saved, url)) < films:  # noqa: ASYNC110 -- another process writes them
            await asyncio.sleep(0.5)


def _saved(url: str) -> dict[str, float]:
    """Return when each film was saved, by the monotonic clock."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(_SAVED).fetchall()
    now = time.monotonic()
    return {remote_id: now - ago for remote_id, ago in rows}


def _delays(provider: BurstProvider, saved: dict[str, float]) -> tuple[list[float], list[float]]:
    """Return how late looks came after their webhook, and films after their end; what still waits counts."""
    now = time.monotonic() if not saved else max(saved.values())
    done = {name: job for name, job in provider.jobs.items() if job.ends < now - 3.0}
    told = [job for job in done.values() if job.told]
    looks = [_after(job.told, job.looked, now) for job in told]
    films = [_after(job.ends, saved.get(name), now) for name, job in done.items()]
    return looks, films


def _after(began: float | None, ended: float | None, now: float) -> float:
    return max(0.0, (ended or now) - (began or now))


def _seconds(name: str, delays: Iterable[float], share: float, most: float | None = None) -> Metric:
    figures = [*delays]
    limit = None if most is None else time_at_most(most)
    return Metric(name, percentile(figures, share), "s", limit, guard=slowdown(), n=len(figures))


@asynccontextmanager
async def _studio(lab: Lab, name: str) -> AsyncIterator[tuple[Person, BurstProvider, str]]:
    """Serve a studio of its own, whose provider renders in seconds."""
    url, port = await lab.database(name), free_port()
    clip = film(lab.folder / f"{name}.mp4", seconds=4.0, fps=12, paint=slide((320, 180)))
    settings = {
        "DATABASE_URL": url,
        "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1",
        "SORA_STUDIO_WEBHOOK_SECRET": SECRET,
    }
    async with rendering_server(port, clip.read_bytes(), SECRET) as provider:
        running = serving(lab.folder / name, environment=settings)
        studio = await asyncio.to_thread(running.__enter__)
        person = await join(studio.url)
        with psycopg.connect(url) as connection:  # a new account may not ask for so many
            connection.execute("""UPDATE "user" SET created_at = created_at - interval '2 days'""")
        try:
            async with aclosing(person.http):
                yield person, provider, url
        finally:
            await asyncio.to_thread(studio.stop)
            running.__exit__(None, None, None)
