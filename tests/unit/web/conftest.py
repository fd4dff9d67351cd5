"""An application behind its doors that tells what it sees of a request."""

from collections.abc import Callable

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from sora_studio.config import load
from sora_studio.security_log import SecurityLog
from sora_studio.web.asgi import guarded

Knock = Callable[..., httpx.AsyncClient]


async def _seen(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    told = {
        "client": scope["client"][0],
        "scheme": scope["scheme"],
        "path": scope["path"],
        "cookie": request.headers.get("cookie"),
    }
    await JSONResponse(told)(scope, receive, send)


@pytest.fixture
def knock() -> Knock:
    """Make clients of a studio with these settings, as if they came from an address."""

    def client(peer: str = "127.0.0.1", **settings: str) -> httpx.AsyncClient:
        environ = {f"SORA_STUDIO_{name.upper()}": value for name, value in settings.items()}
        app = guarded(_seen, load(environ), SecurityLog())
        transport = httpx.ASGITransport(app, client=(peer, 50000))
        return httpx.AsyncClient(transport=transport, base_url="http://localhost:3000")

    return client
