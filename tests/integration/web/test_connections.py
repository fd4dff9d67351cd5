"""How long a connection may keep us waiting, and how many there may be: over real ones, in a hurry."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from typing import Any

import pytest
from structlog.testing import capture_logs

from sora_studio.web.connection_limiter import ConnectionLimits
from sora_studio.web.connections import Patience
from tests.support.attacker import Line, ask, drip, get, handshake, ring
from tests.support.door import Door, open_door
from tests.support.waiting import comes_true

SHORT = Patience(headers=0.3, body=0.3, body_bytes=100, reading=0.3)
STRANGERS: Mapping[str, str] = {"SORA_STUDIO_TRUSTED_PROXIES": "192.0.2.1"}  # nobody here is a proxy
LIVEZ = get("/livez", "localhost")
NEAR = "127.0.0.1"

Call = Callable[[Door], Awaitable[Line]]


@pytest.fixture
async def hurried() -> AsyncIterator[Door]:
    async with open_door({}, patience=SHORT) as door:
        yield door


@pytest.fixture
def log() -> Iterator[list[Any]]:
    with capture_logs() as lines:
        yield lines


@pytest.fixture
async def call() -> AsyncIterator[Call]:
    """Open connections; close them at the end."""
    async with AsyncExitStack() as stack:

        async def call(door: Door) -> Line:
            line = await ring(door.port)
            stack.push_async_callback(line.hang_up)
            return line

        yield call


def kinds(log: list[Any]) -> list[str]:
    return [line["act"] for line in log if line["event"] == "security_event"]


async def test_who_says_nothing_is_left_without_a_word(hurried: Door, log: list[Any], call: Call):
    """As browsers do, which open connections before they need them."""
    line = await call(hurried)
    assert await line.rest() == b""
    assert kinds(log) == []


@pytest.mark.parametrize("begun", ["GET", "GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: "])
async def test_headers_have_their_time_however_they_drip(
    hurried: Door, log: list[Any], begun: str, call: Call
):
    line, stop = await call(hurried), asyncio.Event()
    line.say(begun)
    dripping = asyncio.create_task(drip([line], stop))
    head, _, body = (await line.rest()).partition(b"\r\n\r\n")
    stop.set()
    await dripping
    assert head.startswith(b"HTTP/1.1 408 ")
    assert json.loads(body)["error"]["code"] == "too_slow"
    assert kinds(log) == ["slow_headers"]


async def test_the_second_request_of_a_connection_has_its_time_as_well(hurried: Door, call: Call):
    idle, half = await call(hurried), await call(hurried)
    for line in (idle, half):
        line.say(LIVEZ)
        assert await line.status() == 200
    half.say("GET /livez")
    assert b"HTTP/1.1 408 " in await half.rest()
    idle.say(LIVEZ)  # it had not begun
    await idle.reader.readuntil(b"HTTP/1.1 200 OK")


async def test_a_body_has_to_keep_coming(hurried: Door, log: list[Any], call: Call):
    line, stop = await call(hurried), asyncio.Event()
    line.say(get("/api/videos", "localhost", "Content-Length: 100000", method="POST"))
    dripping = asyncio.create_task(drip([line], stop))
    assert await line.status() == 408
    stop.set()
    await dripping
    assert kinds(log) == ["slow_body"]


async def test_a_long_body_that_keeps_coming_is_taken(hurried: Door, call: Call):
    """It takes longer than any part of it may."""
    line = await call(hurried)
    line.say(get("/api/videos", "localhost", "Content-Length: 2000", method="POST"))
    for _ in range(20):
        await asyncio.sleep(0.05)
        line.say("x" * 100)
    assert await line.status() == 200


async def test_who_takes_nothing_of_an_answer_is_left(hurried: Door, log: list[Any], call: Call):
    line = await call(hurried)
    line.say(get("/endless", "localhost"))
    await comes_true(lambda: _said(log, "slow_reading"))
    assert len(await line.rest()) < 50_000_000  # it has an end


async def _said(log: list[Any], kind: str) -> bool:
    return kind in kinds(log)


async def test_what_is_no_http_is_a_mistake_like_others(
    hurried: Door, log: list[Any], caplog: pytest.LogCaptureFixture, call: Call
):
    line = await call(hurried)
    line.say("\x16\x03\x01 hello\r\n\r\n")
    head, _, body = (await line.rest()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"\r\nX-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'none';" in head
    assert json.loads(body)["error"]["code"] == "invalid_request"
    assert kinds(log) == ["invalid_request"]
    assert caplog.records == []


async def test_one_address_has_so_many_connections(log: list[Any], call: Call):
    most = ConnectionLimits(total=100, per_network=3)
    async with open_door(STRANGERS, most=most) as door:
        for _ in range(3):
            await call(door)
        assert [await ask(door.port, LIVEZ) for _ in range(5)] == [503] * 5
        assert await ask(door.port, LIVEZ, NEAR) == 200
    assert kinds(log) == ["connections_per_network"]


async def test_the_visitors_of_a_proxy_are_not_one_address(call: Call):
    async with open_door({}, most=ConnectionLimits(total=100, per_network=3)) as door:
        for _ in range(10):
            await call(door)
        assert await ask(door.port, LIVEZ) == 200


async def test_who_says_nothing_makes_room_for_who_does(log: list[Any], call: Call):
    async with open_door({}, most=ConnectionLimits(total=5, per_network=9)) as door:
        busy = await call(door)
        busy.say(get("/halves", "localhost"))
        await busy.reader.readuntil(b"one")
        silent = [await call(door) for _ in range(10)]
        assert await ask(door.port, LIVEZ) == 200
        assert await silent[0].rest() == b""
        door.go_on.set()
        await busy.reader.readuntil(b"two")
    assert kinds(log) == ["connections_in_all"]


async def test_a_websocket_keeps_the_place_of_its_connection(call: Call):
    async with open_door(STRANGERS, most=ConnectionLimits(total=9, per_network=1)) as door:
        tab = await call(door)
        tab.say(handshake("localhost"))
        assert await tab.status() == 101
        assert await ask(door.port, LIVEZ) == 503
        await tab.hang_up()
        await comes_true(lambda: _is_open(door))


async def _is_open(door: Door) -> bool:
    return await ask(door.port, LIVEZ) == 200


async def test_a_refused_websocket_is_no_error_of_ours(hurried: Door, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING, "uvicorn.error"):
        assert await ask(hurried.port, handshake("evil.example")) == 421
        assert await ask(hurried.port, handshake("localhost", "Origin: http://evil.example")) == 403
        assert await ask(hurried.port, LIVEZ) == 200
    assert caplog.records == []
