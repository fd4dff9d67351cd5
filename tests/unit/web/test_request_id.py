"""The id of a request: ours, or that of a proxy of ours; nobody else writes into the log by it."""

import re

import httpx
import pytest
import structlog
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from sora_studio.config import load
from sora_studio.web.middleware.request_id import RequestId
from sora_studio.web.proxies import Proxies

THEIRS = "4bf92f3577b34da6.proxy-1"


async def _bound(scope: Scope, receive: Receive, send: Send) -> None:
    await JSONResponse(structlog.contextvars.get_contextvars()["request_id"])(scope, receive, send)


@pytest.mark.parametrize(
    ("peer", "given", "kept"),
    [
        ("127.0.0.1", THEIRS, True),
        ("203.0.113.9", THEIRS, False),
        ("127.0.0.1", "short", False),
        ("127.0.0.1", "x" * 65, False),
        ("127.0.0.1", "an id\x1b[2J with more", False),
        ("127.0.0.1", "level=critical", False),
    ],
)
async def test_a_safe_one_of_a_trusted_proxy_is_kept(peer: str, given: str, kept: bool):
    app = RequestId(_bound, Proxies(load({}).proxies))
    transport = httpx.ASGITransport(app, client=(peer, 50000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get("/", headers={"X-Request-ID": given})
    assert answer.headers["x-request-id"] == answer.json()
    assert (answer.json() == given) is kept
    assert kept or re.fullmatch(r"[0-9a-f]{32}", answer.json())


async def test_two_of_them_are_none():
    transport = httpx.ASGITransport(RequestId(_bound, Proxies(load({}).proxies)))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get("/", headers=[("X-Request-ID", THEIRS), ("X-Request-ID", THEIRS)])
    assert answer.json() != THEIRS
