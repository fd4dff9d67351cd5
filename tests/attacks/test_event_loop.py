"""The worst that is known to be sent: whatever it costs, it holds up nobody else.

Measured is the processor time of the event loop's own thread between two turns of the loop, so that a busy
machine makes no difference.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from sora_studio import container
from sora_studio.api.app import create_api
from sora_studio.db.engine import Database
from sora_studio.services.people.accounts import AccountService
from sora_studio.services.pictures import limit_worker
from sora_studio.services.throttle import LIMITS, Throttle
from sora_studio.services.worker_pool import WorkerPool
from sora_studio.storage.local import LocalStorage
from tests.integration.jobs.conftest import Background
from tests.support.accounts import PASSWORD, account_service, services_with
from tests.support.provider import FakeProvider

MOST = 0.05
"""Seconds of work between two turns of the loop."""

SLOW_FOR_ZXCVBN = "a4@b8c({[<e3g69i1!|l1|7o0s$5t+7x"
EXPANDS = "\ufdfa"  # one letter that is eighteen when it is decomposed


async def turns_of_the_loop() -> None:
    """Let everything run that can."""
    for _ in range(3):
        await asyncio.sleep(0)


class Lag:
    """Watches a loop."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def __aenter__(self) -> Self:
        self._watching = asyncio.create_task(self._watch())
        await turns_of_the_loop()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._watching.cancel()

    async def _watch(self) -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            self.longest = max(self.longest, time.thread_time() - before)


@pytest.fixture
async def accounts(database: Database) -> AsyncIterator[AccountService]:
    service = account_service(database)
    with container.using(services_with(service)):
        yield service


@pytest.fixture
async def http(accounts: AccountService) -> AsyncIterator[httpx.AsyncClient]:
    del accounts  # in use
    transport = httpx.ASGITransport(create_api(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:3000", timeout=60) as client:
        await client.post("/api/auth/signup", json={"email": "ada@example.org", "password": PASSWORD})
        yield client


def test_the_watch_sees_a_handler_that_holds_the_loop():
    """Otherwise the tests below prove nothing."""

    async def held() -> float:
        async with Lag() as lag:
            until = time.thread_time() + 2 * MOST
            while time.thread_time() < until:
                pass
            await turns_of_the_loop()
        return lag.longest

    assert asyncio.run(held()) > MOST


ACCOUNT: dict[str, Any] = {"email": "new@example.org", "password": PASSWORD, "display_name": "New"}
LONG = 20_000
WORST = {
    "password": {"password": SLOW_FOR_ZXCVBN},
    "long password": {"password": (SLOW_FOR_ZXCVBN * 32)[:1024]},
    "password that grows": {"password": EXPANDS * 1024},
    "password beyond the limit": {"password": "x1" * LONG},
    "password of letters that are combined": {"password": "e\u0301" * LONG},
    "password that repeats itself": {"password": "ab" * 512},
    "name": {"display_name": EXPANDS * LONG},
    "name of marks": {"display_name": "e" + "\u0301\u0316" * LONG},
    "name of spaces": {"display_name": " " * 2 * LONG},
    "address": {"email": "a" * LONG + "@example.org"},
    "address of labels": {"email": "a@" + "b." * LONG + "org"},
    "address of at signs": {"email": "@" * 2 * LONG},
    "address of marks": {"email": "a" + "\u0301\u0316" * LONG + "@example.org"},
    "address of Unicode labels": {"email": "a@" + "ü." * 120 + "de"},
}


@pytest.mark.parametrize("worst", WORST.values(), ids=WORST.keys())
async def test_no_sign_up_holds_up_anybody(http: httpx.AsyncClient, worst: dict[str, str]):
    async with Lag() as lag:
        answer = await http.post("/api/auth/signup", json=ACCOUNT | worst)
    assert answer.status_code in {201, 400, 413}
    assert lag.longest < MOST


@pytest.mark.parametrize("worst", WORST.values(), ids=WORST.keys())
async def test_no_log_in_holds_up_anybody(http: httpx.AsyncClient, worst: dict[str, str]):
    async with Lag() as lag:
        answer = await http.post("/api/auth/login", json=ACCOUNT | worst)
    assert answer.status_code in {401, 413}
    assert lag.longest < MOST


@pytest.mark.parametrize("password", [each["password"] for each in WORST.values() if "password" in each])
async def test_no_new_password_holds_up_anybody(http: httpx.AsyncClient, password: str):
    change = {"current_password": PASSWORD, "new_password": password}
    async with Lag() as lag:
        answer = await http.post("/api/users/me/password", json=change)
    assert answer.status_code in {204, 400, 413}
    assert lag.longest < MOST


@pytest.mark.parametrize("worst", [each for each in WORST.values() if "password" not in each])
async def test_no_profile_holds_up_anybody(http: httpx.AsyncClient, worst: dict[str, str]):
    async with Lag() as lag:
        answer = await http.patch("/api/users/me", json=worst | {"current_password": PASSWORD})
    assert answer.status_code in {200, 400, 413}
    assert lag.longest < MOST


@pytest.fixture
async def author(http: httpx.AsyncClient, accounts: AccountService, database: Database, tmp_path: Path):
    """Return a client of somebody who may ask for videos; nothing is sent to any provider."""
    me = await accounts.identify(http.cookies["sora_session"])
    pool = WorkerPool(limit_worker, 1)  # starts no process until there is work
    work = Background(database, FakeProvider(), LocalStorage(tmp_path), pool, me.user_id)
    services = replace(services_with(accounts), videos=work.videos, media=work.media)
    with container.using(services):
        await http.post("/api/videos", json={"prompt": "a kite"})  # the first of anything costs more
        await http.get("/api/videos", params={"q": "a kite"})
        yield http
    pool.close()


TEXTS = {
    "nothing to be seen": "\u200b" * 31_999 + "a",
    "lines without words": "\u3164\n" * 15_999 + "a",
    "marks": "e" + "\u0301\u0316" * 15_999,
    "letters that grow": EXPANDS * 32_000,
    "words": "a " * 15_999 + "b",
    "one word": "a" * 32_000,
    "signs": "<->&|!():*'\"\\" * 2_400,
    "no Latin": "海" * 32_000,
    "emoji": "👩‍👩‍👧‍👦" * 4_000,
    "beyond the limit": "x" * 100_000,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
async def test_no_text_of_a_video_holds_up_anybody(author: httpx.AsyncClient, text: str):
    async with Lag() as lag:
        asked = await author.post("/api/videos", json={"prompt": text})
        await author.post("/api/videos", json={"prompt": "a kite", "title": text})
        await author.post(
            "/api/videos", json={"prompt": "a kite", "model": text, "size": text, "seconds": text}
        )
        await author.get("/api/videos", params={"q": text[:5_000]})
        await author.get("/api/videos/status", params={"ids": text[:5_000]})
    assert asked.status_code in {200, 400, 413}
    assert lag.longest < MOST


async def test_nothing_is_worked_on_for_who_asks_too_often(http: httpx.AsyncClient, database: Database):
    """The limit comes first: an attempt that is refused costs next to nothing."""
    throttle = Throttle({**LIMITS, "signup": "1 per hour"})
    throttle.hit("signup", "127.0.0.1")
    worst = ACCOUNT | {"password": SLOW_FOR_ZXCVBN}
    with container.using(services_with(account_service(database, throttle=throttle))):
        before = time.process_time()
        answers = [(await http.post("/api/auth/signup", json=worst)).status_code for _ in range(20)]
        spent = time.process_time() - before
    assert answers == [429] * 20
    assert spent < 20 * 0.02
