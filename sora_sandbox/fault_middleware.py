"""Middleware around every request about videos: it is counted, and a fault may strike it."""

import asyncio
import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sora_sandbox import connection
from sora_sandbox.faults import Fault
from sora_sandbox.operations import operation_of
from sora_sandbox.service import Sandbox

_CHUNK = 64 * 1024
"""Bytes at a time of an endless body."""


class FaultMiddleware:
    """ASGI middleware around everything else, so that a fault has the last word."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        operation = operation_of(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if operation is None:
            await self._app(scope, receive, send)
            return
        sandbox: Sandbox = scope["app"].state.sandbox
        sandbox.store.count_request(operation, Headers(scope=scope).get("idempotency-key", ""))
        fault = sandbox.faults.take(operation)
        if fault is None:
            await self._app(scope, receive, send)
            return
        response = await self._respond(fault, scope, receive)
        await asyncio.sleep(fault.delay_ms / 1000)
        if fault.cut:
            await _cut_off(fault.cut, scope, receive)
        else:
            await _send(fault, response, scope, receive, send)

    async def _respond(self, fault: Fault, scope: Scope, receive: Receive) -> "_Response":
        """Return the true response, or an empty one in its place, changed as the fault says."""
        response = _Response()
        if fault.accept or not fault.replaces:
            await self._app(scope, receive, response.collect)
            response.change_videos(fault)
        else:
            while (await receive()).get("more_body"):  # things go wrong once the whole request has arrived
                pass
        response.replace(fault)
        return response


@dataclass
class _Response:
    """A response that has not been sent yet."""

    status: int = 200
    headers: MutableHeaders = field(default_factory=MutableHeaders)
    body: bytes = b""

    async def collect(self, message: Message) -> None:
        """Take a message that the application sends."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], MutableHeaders(raw=list(message["headers"]))
        else:
            self.body += message.get("body", b"")

    def change_videos(self, fault: Fault) -> None:
        """Set and omit fields of every Video in it."""
        is_json = self.headers.get("content-type", "").startswith("application/json")
        if not (is_json and self.status < HTTPStatus.MULTIPLE_CHOICES and (fault.set or fault.omit)):
            return
        content: Any = json.loads(self.body)
        for video in content["data"] if content.get("object") == "list" else [content]:
            if not fault.when or video.get("status") in fault.when:
                video.update(fault.set)
                for name in fault.omit:
                    video.pop(name, None)
        self.body = json.dumps(content).encode()

    def replace(self, fault: Fault) -> None:
        """Put the fault's status, body and headers in place of the true ones."""
        if fault.body is not None:
            is_text = isinstance(fault.body, str)
            self.body = (fault.body if is_text else json.dumps(fault.body)).encode()
            self.headers["content-type"] = "text/html" if is_text else "application/json"
            self.status = 200
        self.status = fault.status or self.status
        self.headers.update(fault.headers)
        self.headers["content-length"] = str(len(self.body))


async def _cut_off(cut: str, scope: Scope, receive: Receive) -> None:
    if cut == "reset":
        connection.reset(scope)
    elif cut == "close":
        connection.close(scope)
    await connection.wait_closed(receive)


async def _send(fault: Fault, response: _Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a response the way that a fault wants it sent."""
    if fault.endless:
        del response.headers["content-length"]
    await send({"type": "http.response.start", "status": response.status, "headers": response.headers.raw})
    if fault.endless:
        await _send_endlessly(response.body, scope, send)
    elif fault.share is not None:
        await send(_part(response.body[: int(len(response.body) * fault.share)]))
        await _cut_off("close", scope, receive)
    elif fault.bytes_per_second is not None:
        await _drip(response.body, fault.bytes_per_second, scope, send)
    else:
        await send({"type": "http.response.body", "body": response.body})


def _part(body: bytes) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": True}


async def _send_endlessly(body: bytes, scope: Scope, send: Send) -> None:
    await send(_part(body))
    while connection.is_open(scope):
        await send(_part(bytes(_CHUNK)))
        await asyncio.sleep(0)


async def _drip(body: bytes, rate: int, scope: Scope, send: Send) -> None:
    """Send a body in ten drops a second."""
    drop = max(1, rate // 10)
    for start in range(0, len(body), drop):
        if not connection.is_open(scope):
            return
        await send(_part(body[start : start + drop]))
        await asyncio.sleep(drop / rate)
    await send({"type": "http.response.body", "body": b""})
