"""A small HTTP server that answers as it is told and remembers what it was asked.

Written on bare sockets, because what is wanted are the things that no framework lets one do:
break off in the middle, promise more bytes than come, reset, never answer.
"""

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from enum import Enum

from tests.support.tcp import listening


@dataclass(frozen=True)
class Request:
    """One request as it came over the wire."""

    method: str
    target: str  # path and query, still quoted
    headers: Mapping[str, str]  # lower-case names
    body: bytes

    @property
    def path(self) -> str:
        """Return the target without its query."""
        return self.target.partition("?")[0]

    def form(self) -> dict[str, tuple[str | None, str | None, bytes]]:
        """Read a multipart body: name -> (file name, content type, bytes)."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        fields: dict[str, tuple[str | None, str | None, bytes]] = {}
        for part in BytesParser(policy=HTTP).parsebytes(head + self.body).iter_parts():
            name = str(part.get_param("name", header="content-disposition"))
            kind = part.get_content_type() if part["content-type"] else None
            fields[name] = (part.get_filename(), kind, bytes(part.get_payload(decode=True) or b""))
        return fields


class Ending(Enum):
    """How a reply ends."""

    WHOLE = "whole"
    CUT = "cut"  # the body stops early and the connection closes
    RESET = "reset"  # TCP reset instead of an answer, after the request was read
    SILENCE = "silence"  # no answer for as long as the other side waits


@dataclass(frozen=True)
class Reply:
    """What to answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    ending: Ending = Ending.WHOLE
    missing: int = 0  # bytes promised in Content-Length beyond the body, for CUT

    def written(self) -> bytes:
        """Return the bytes on the wire."""
        headers = dict(self.headers)
        if "transfer-encoding" not in headers:
            headers.setdefault("content-length", str(len(self.body) + self.missing))
        lines = [f"HTTP/1.1 {self.status} Scripted", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + self.body


def says(body: object, status: int = 200, **headers: str) -> Reply:
    """Answer with JSON; header names with `_` for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(body).encode(), {"content-type": "application/json", **named})


def shows(page: str, status: int = 200, content_type: str = "text/html") -> Reply:
    """Answer with text."""
    return Reply(status, page.encode(), {"content-type": content_type})


def sends(data: bytes, content_type: str = "video/mp4", *, missing: int = 0) -> Reply:
    """Answer with a file, cut short by so many missing bytes."""
    ending = Ending.CUT if missing else Ending.WHOLE
    return Reply(200, data, {"content-type": content_type}, ending, missing)


RESETS = Reply(ending=Ending.RESET)
IS_SILENT = Reply(ending=Ending.SILENCE)


@dataclass
class ScriptedServer:
    """Answers each route with its replies in turn, the last one for ever; anything else is a 404."""

    base_url: str = ""
    requests: list[Request] = field(default_factory=list[Request])
    asked: asyncio.Event = field(default_factory=asyncio.Event)  # set once there was a request
    retries: int = 0  # how often it sends a POST that failed once more by itself, as gateways do
    _script: dict[tuple[str, str], list[Reply]] = field(default_factory=dict[tuple[str, str], list[Reply]])

    def on(self, method: str, path: str, *replies: Reply) -> None:
        """Set the replies of a route; the path is below `/v1` and quoted as on the wire."""
        self.at(method, f"/v1{path}", *replies)

    def at(self, method: str, path: str, *replies: Reply) -> None:
        """Set the replies of a whole path."""
        self._script[method, path] = list(replies)

    def on_origin(self, method: str, path: str, *replies: Reply) -> None:
        """Set the replies of a route that is not below `/v1`."""
        self._script[method, path] = list(replies)

    def seen(self, method: str, path: str) -> list[Request]:
        """Return the requests of a route."""
        return [one for one in self.requests if (one.method, one.path) == (method, f"/v1{path}")]

    def _next(self, request: Request) -> Reply:
        replies = self._script.get((request.method, request.path), [])
        if not replies:
            return says({"error": {"message": f"no script for {request.path}", "code": "not_found"}}, 404)
        return replies.pop(0) if len(replies) > 1 else replies[0]

    def _answer(self, request: Request) -> Reply:
        """Return the reply to a request, or to the last of a gateway's own attempts to get a better one."""
        for left in range(self._attempts(request), 0, -1):
            self.requests.append(request)
            self.asked.set()
            reply = self._next(request)
            if left == 1 or (reply.ending is Ending.WHOLE and reply.status < 500):
                return reply
        raise AssertionError

    def _attempts(self, request: Request) -> int:
        said = request.headers.get("x-litellm-num-retries")
        return 1 + int(said or self.retries) if request.method == "POST" else 1

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while (request := await _read(reader)) is not None:
                if not await _write(self._answer(request), reader, writer):
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # the other side hung up


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if headers.get("transfer-encoding") == "chunked":
        return Request(method, target, headers, await _read_chunks(reader))
    return Request(method, target, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).strip(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


async def _write(reply: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Write a reply; tell whether the connection lives on."""
    if reply.ending is Ending.SILENCE:
        await reader.read()  # until the other side gives up
        return False
    if reply.ending is Ending.RESET:
        sock: socket.socket = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        return False
    writer.write(reply.written())
    await writer.drain()
    return reply.ending is Ending.WHOLE


@asynccontextmanager
async def scripted_server(tls: ssl.SSLContext | None = None) -> AsyncGenerator[ScriptedServer]:
    """Run a server on a free loopback port, in this event loop."""
    scripted = ScriptedServer()
    async with listening(scripted.serve, tls) as port:
        scripted.base_url = f"{'https' if tls else 'http'}://127.0.0.1:{port}/v1"
        yield scripted
