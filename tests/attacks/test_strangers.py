"""What a stranger can hold and reach: attacks by the hundred on a running studio, counted."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest

from tests.support.attacker import FAR, ask, drip, get, handshake, ring, ringing
from tests.support.plain_http import NO_TLS
from tests.support.studio import RunningStudio
from tests.support.waiting import comes_true, eventually

NEAR = "127.0.0.77"
IDLE, DRIPPING, SOCKETS = 1100, 50, 1200
PER_ADDRESS, SOCKETS_PER_ADDRESS, SOCKETS_PER_SESSION = 1000, 500, 60  # as docs/deploying.md says

ROUTES = [
    *(
        ("GET", path)
        for path in ("/", "/login", "/library", "/studio.js", "/no-such-page", "/livez", "/readyz")
    ),
    *(("GET", path) for path in ("/api/videos", "/api/users/me", "/api/docs", "/api/openapi.json", "/api")),
    *(("POST", path) for path in ("/api/auth/login", "/api/auth/signup", "/api/auth/logout", "/api/videos")),
    ("POST", "/api/webhooks/provider"),
    ("DELETE", "/api/videos/video_1"),
    ("OPTIONS", "/api/videos"),
    ("HEAD", "/"),
    ("GET", "/_event/?EIO=4&transport=polling"),
    ("GET", "/.well-known/security.txt"),
]
FOREIGN = [
    "evil.example",
    "localhost.evil.example",
    "evil.example@localhost",
    "studio.example.evil.example",
    "[::1",
]


async def test_by_no_foreign_name_does_anything_answer(studio: RunningStudio):
    asked = [
        get(path, host, f"Origin: http://{host}", f"X-Forwarded-Host: localhost:{studio.port}", method=method)
        for method, path in ROUTES
        for host in FOREIGN
    ]
    asked += [handshake(host, f"Origin: http://{host}") for host in FOREIGN]
    asked += [get(f"http://evil.example{path}", "localhost", method=method) for method, path in ROUTES]
    assert {await ask(studio.port, request) for request in asked} == {421}


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ("GET http://localhost:1/livez HTTP/1.1\r\nHost: localhost:1\r\n\r\n", 200),
        ("GET http://localhost/livez HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        ("GET /livez HTTP/1.1\r\n\r\n", 400),
        ("GET /livez HTTP/1.0\r\n\r\n", 421),
        ("GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", 400),
        ("GET /livez HTTP/1.1\r\nHost: \r\n\r\n", 421),
        ("GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        ("GET /_health HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    ],
)
async def test_a_request_has_one_host(studio: RunningStudio, request_: str, status: int):
    assert await ask(studio.port, request_) == status


async def test_a_new_forwarded_address_is_no_new_visitor(studio: RunningStudio):
    """Guesses are counted by who connects, whatever they write."""
    wrong = {"email": "ada@example.org", "password": "not the pass phrase"}

    async def guess(number: int) -> int:
        said = {"X-Forwarded-For": f"203.0.113.{number}", "Forwarded": f"for=203.0.113.{number}"}
        async with httpx.AsyncClient(base_url=studio.url, timeout=60, verify=NO_TLS) as http:
            return (await http.post("/api/auth/login", json=wrong, headers=said)).status_code

    for number in range(14):
        answer = await guess(number)
        if answer == 429:
            return
        assert answer == 401
    pytest.fail("each guess came from somebody else")


async def test_silence_and_drops_fill_no_house(studio: RunningStudio):
    """At most so many places, for seconds; everybody else is served meanwhile."""
    half, stop = get("/", "localhost")[:-2], asyncio.Event()
    async with ringing(studio.port, IDLE) as silent, ringing(studio.port, DRIPPING, NEAR) as slow:
        for line in slow:
            line.say(half)
        ends = [asyncio.create_task(line.status()) for line in silent]
        dripping = asyncio.create_task(drip(slow, stop))
        await eventually(lambda: sum(end.done() for end in ends) >= IDLE - PER_ADDRESS)
        assert await ask(studio.port, get("/livez", "localhost"), "127.0.0.1") == 200
        assert Counter(await asyncio.gather(*ends)) == {503: IDLE - PER_ADDRESS, 0: PER_ADDRESS}
        assert Counter([await line.status() for line in slow]) == {408: DRIPPING}
        stop.set()
        await dripping
    await comes_true(lambda: _is_served(studio))
    said = Counter(re.findall(r"security_event .*act=(connections\w+|slow\w+)", studio.log.read_text()))
    assert said.keys() == {"connections_per_network", "slow_headers"}
    assert max(said.values()) <= 2  # one a minute


async def test_sockets_have_an_end(studio: RunningStudio):
    """Those of nobody as those of a session; the next address is not concerned."""
    async with _handshakes(studio, SOCKETS) as answers:
        assert answers == {101: SOCKETS_PER_ADDRESS, 429: SOCKETS - SOCKETS_PER_ADDRESS}
        async with _handshakes(studio, SOCKETS_PER_SESSION + 5, NEAR, "Cookie: sora_session=one") as of_one:
            assert of_one == {101: SOCKETS_PER_SESSION, 429: 5}
        assert await ask(studio.port, get("/livez", "localhost"), "127.0.0.1") == 200
    await comes_true(lambda: _opens(studio))


@asynccontextmanager
async def _handshakes(
    studio: RunningStudio, count: int, source: str = FAR, *headers: str
) -> AsyncIterator[Counter[int]]:
    """Open websockets and keep them for the block; yield how they were answered."""
    answers: Counter[int] = Counter()
    async with AsyncExitStack() as stack:
        for _ in range(count):
            line = await ring(studio.port, source)
            stack.push_async_callback(line.hang_up)
            line.say(handshake("localhost", *headers))
            answers[await line.status()] += 1
            if answers[429]:
                await line.hang_up()  # so that connections are not what has an end here
        yield answers


async def _is_served(studio: RunningStudio) -> bool:
    return await ask(studio.port, get("/livez", "localhost")) == 200


async def _opens(studio: RunningStudio) -> bool:
    return await ask(studio.port, handshake("localhost")) == 101
