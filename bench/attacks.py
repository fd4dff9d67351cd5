"""How long everybody else waits for the simplest answer while a stranger attacks."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import httpx

from bench.lab.lab import Lab
from bench.lab.machine_noise import slowdown
from bench.lab.metric import Metric, percentile, time_ratio_at_most
from tests.support.attacker import ask, drip, files, get, handshake, ringing
from tests.support.studio import serving

MOST = time_ratio_at_most(10)

_STRANGERS = {"SORA_STUDIO_TRUSTED_PROXIES": "192.0.2.1"}  # so that the attacker is none of our proxies
_REQUESTS = 300
_NEAR = "127.0.0.77"
_FINE = 200
_PATIENCE = 20.0  # seconds
_SHELL, _OURS = 1024, 4096  # open files

Attack = Callable[[int], AbstractAsyncContextManager[None]]


async def measure(lab: Lab) -> list[Metric]:
    """Ask for signs of life under each attack, and in peace before it."""
    with (
        files(_SHELL),
        serving(lab.folder / "attacks", environment=_STRANGERS) as studio,
        files(_OURS),
    ):
        return [await _under(attack, studio.port) for attack in _ATTACKS]


async def _under(attack: Attack, port: int) -> Metric:
    name = f"attacks.{attack.__name__.strip('_')}.p99"
    peace = await _waits(port)
    async with attack(port):
        war = await _waits(port)
    ours, baseline = percentile(war, 0.99), percentile(peace, 0.99)
    return Metric(name, ours, "ms", MOST, baseline, ours / baseline, guard=slowdown(), n=len(war))


async def _waits(port: int) -> list[float]:
    """Return how many milliseconds each answer took, a connection each; none counts as all patience."""
    waits: list[float] = []
    for _ in range(_REQUESTS):
        began = time.perf_counter()
        status = 0
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                status = await ask(port, get("/livez", "localhost"), _NEAR)
        waits.append((time.perf_counter() - began if status == _FINE else _PATIENCE) * 1000)
    return waits


@asynccontextmanager
async def _silence(port: int) -> AsyncIterator[None]:
    async with ringing(port, 1100):
        yield


@asynccontextmanager
async def _drops(port: int) -> AsyncIterator[None]:
    async with ringing(port, 150) as lines:
        for line in lines:
            line.say(get("/", "localhost")[:-2])
        async with _meanwhile(drip(lines, asyncio.Event())):
            yield


@asynccontextmanager
async def _sockets(port: int) -> AsyncIterator[None]:
    async with ringing(port, 490) as lines:
        for line in lines:
            line.say(handshake("localhost"))
            await line.status()
        async with _meanwhile(_for_ever(lambda: ask(port, handshake("localhost")))):
            yield


@asynccontextmanager
async def _foreign_names(port: int) -> AsyncIterator[None]:
    async with _meanwhile(_for_ever(lambda: ask(port, get("/api/videos", "evil.example")))):
        yield


@asynccontextmanager
async def _wrong_passwords(port: int) -> AsyncIterator[None]:
    form = {"email": "ada@example.org", "password": "a4@b8c({[<e3g69i1!|l1|7o0s$5t+7x"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:

        async def guess() -> None:
            with suppress(httpx.HTTPError):
                await http.post("/api/auth/login", json=form)

        async with _meanwhile(_for_ever(guess)):
            yield


async def _for_ever(strike: Callable[[], Awaitable[object]]) -> None:
    while True:
        await strike()


@asynccontextmanager
async def _meanwhile(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Keep at something for the block."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


_ATTACKS: tuple[Attack, ...] = (_silence, _drops, _sockets, _foreign_names, _wrong_passwords)
