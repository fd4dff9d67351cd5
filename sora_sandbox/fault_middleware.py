"""What every request about videos passes first: it is counted, and a fault may strike it."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sora_sandbox import connection
from sora_sandbox.faults import Fault
from sora_sandbox.operations import operation_of
from sora_sandbox.service import Sandbox

_LUMP = 64 * 1024
"""Bytes at a time of a body without end."""
_MULTIPLE_CHOICES = 300


class FaultMiddleware:
    """ASGI middleware around everything else, so that a fault has the last word."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request through, or let it fail as asked."""
        operation = operation_of(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if operation is None:
            await self._app(scope, receive, send)
            return
        sandbox: Sandbox = scope["app"].state.sandbox
        sandbox.store.see(operation, Headers(scope=scope).get("idempotency-key", ""))
        fault = sandbox.faults.take(operation)
        if fault is None:
            await self._app(scope, receive, send)
            return
        answer = await self._answer(fault, scope, receive)
        await asyncio.sleep(fault.delay_ms / 1000)
        if fault.cut:
            await _cut_off(fault.cut, scope, receive)
        else:
            await _send(fault, answer, scope, receive, send)

    async def _answer(self, fault: Fault, scope: Scope, receive: Receive) -> "_Answer":
        """Return the true answer, or an empty one to fill, as the fault would have it."""
        answer = _Answer()
        if fault.accept or not fault.replaces:
            await self._app(scope, receive, answer.collect)
            answer.change_videos(fault)
        else:
            while (await receive()).get("more_body"):  # the whole request has arrived when things go wrong
                pass
        answer.replace(fault)
        return answer


@dataclass
class _Answer:
    """An answer that has not been sent yet."""

    status: int = 200
    headers: MutableHeaders = field(default_factory=MutableHeaders)
    body: bytes = b""

    async def collect(self, message: Message) -> None:
        """Take what the application sends."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], MutableHeaders(raw=list(message["headers"]))
        else:
            self.body += message.get("body", b"")

    def change_videos(self, fault: Fault) -> None:
        """Set and omit fields of every Video in it."""
        shown = self.headers.get("content-type", "").startswith("application/json")
        if not (shown and self.status < _MULTIPLE_CHOICES and (fault.set or fault.omit)):
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
    await connection.until_gone(receive)


async def _send(fault: Fault, answer: _Answer, scope: Scope, receive: Receive, send: Send) -> None:
    """Send an answer in the way that a fault wants it sent."""
    if fault.endless:
        del answer.headers["content-length"]
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers.raw})
    if fault.endless:
        await _send_without_end(answer.body, scope, send)
    elif fault.share is not None:
        await send(_part(answer.body[: int(len(answer.body) * fault.share)]))
        await _cut_off("close", scope, receive)
    elif fault.bytes_per_second is not None:
        await _drip(answer.body, fault.bytes_per_second, scope, send)
    else:
        await send({"type": "http.response.body", "body": answer.body})


def _part(body: bytes) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": True}


async def _send_without_end(body: bytes, scope: Scope, send: Send) -> None:
    await send(_part(body))
    while connection.is_open(scope):
        await send(_part(bytes(_LUMP)))
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
