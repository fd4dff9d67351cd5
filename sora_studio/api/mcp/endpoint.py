"""The address that agents connect to: who they are is known before anything of theirs is read.

Nothing is kept between two requests, so any worker can answer any of them.
"""

import asyncio
from functools import partial
from http import HTTPStatus
from importlib.metadata import version

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sora_studio.api.dependencies import identify_agent
from sora_studio.api.errors import Described, describe
from sora_studio.config import Settings
from sora_studio.domain.errors import SoraStudioError

PATH = "/mcp"
_REFUSED = -32000  # JSON-RPC: an error of the server's own; what it is stands beside it


class McpEndpoint:
    """Serves the protocol over streamable HTTP, each request by itself."""

    def __init__(self, settings: Settings | None) -> None:
        """Load nothing yet.

        Args:
            settings: They say where the studio is, and by which key confirmations are sealed; None: by one
                that ends with the process.
        """
        self._settings = settings
        self._loading: asyncio.Task[ASGIApp] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            request.state.identity = await identify_agent(request)
        except SoraStudioError as error:
            described = describe(error)
            if described is None:
                raise
            await _refusal(described)(scope, receive, send)
            return
        answer = await self._loaded()
        await answer(scope, receive, partial(_never_stored, send))

    async def _loaded(self) -> ASGIApp:
        """Return what answers; the SDK is loaded with the first request, as that takes a second."""
        if self._loading is None:
            self._loading = asyncio.create_task(asyncio.to_thread(self._load))
        return await asyncio.shield(self._loading)

    def _load(self) -> ASGIApp:
        from sora_studio.api.mcp.server import build  # noqa: PLC0415 -- it loads the SDK, for a second

        return build(self._settings, version("sora-studio"))


def _refusal(described: Described) -> JSONResponse:
    """Say why somebody is not let in, as the protocol's clients read it."""
    status, error, headers = described
    told = {"code": _REFUSED, "message": error["message"], "data": {"error": error}}
    challenge = (
        {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    )  # RFC 9110 §15.5.2
    return JSONResponse(
        {"jsonrpc": "2.0", "id": None, "error": told},
        status,
        {"Cache-Control": "no-store", **challenge, **headers},
    )


async def _never_stored(send: Send, message: Message) -> None:
    """Keep what is personal out of caches."""
    if message["type"] == "http.response.start":
        MutableHeaders(scope=message)["Cache-Control"] = "no-store"
    await send(message)
