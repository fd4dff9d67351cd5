"""Where a request ends is clear, or it is refused: nobody hides a second one in the body of the first."""

from collections.abc import AsyncIterator

import pytest

from tests.support.attacker import ring
from tests.support.door import Door, open_door

_HIDDEN = "GET /hidden HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
async def door() -> AsyncIterator[Door]:
    async with open_door({}) as opened:
        yield opened


async def answers(door: Door, headers: str, body: str) -> list[str]:
    """Return the statuses that a request is answered with, and what follows it on its connection."""
    line = await ring(door.port)
    line.say(f"POST / HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n{body}")
    said = (await line.rest()).decode("latin-1")
    await line.hang_up()
    return [part[:3] for part in said.split("HTTP/1.1 ")[1:]]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ("Content-Length: 0\r\nContent-Length: 80", _HIDDEN),
        ("Content-Length: 0, 80", _HIDDEN),
        ("Content-Length: +0", _HIDDEN),
        ("Content-Length: 0x0", _HIDDEN),
        ("Content-Length: -1", _HIDDEN),
        ("Content-Length : 0", _HIDDEN),
        ("Transfer-Encoding: xchunked", "0\r\n\r\n" + _HIDDEN),
        ("Transfer-Encoding: chunked, identity", "0\r\n\r\n" + _HIDDEN),
        ("Transfer-Encoding: identity, chunked", "0\r\n\r\n" + _HIDDEN),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n" + _HIDDEN),
        ("Transfer-Encoding : chunked", "0\r\n\r\n" + _HIDDEN),
        ("Transfer-Encoding: chunked", "0x0\r\n\r\n" + _HIDDEN),
        ("Transfer-Encoding: chunked", "-0\r\n\r\n" + _HIDDEN),
        ("X: y\nContent-Length: 0\rX: z", _HIDDEN),
    ],
)
async def test_a_body_without_a_clear_end_is_refused(door: Door, headers: str, body: str):
    assert await answers(door, headers, body) == ["400"]


async def test_chunks_count_and_a_length_beside_them_does_not(door: Door):
    """RFC 9112 §6.3: so does every proxy, and both see the same two requests."""
    both = f"Transfer-Encoding: chunked\r\nContent-Length: {5 + len(_HIDDEN)}"
    assert await answers(door, both, "0\r\n\r\n" + _HIDDEN) == ["200", "200"]
