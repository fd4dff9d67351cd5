"""Stored files as answers: ranges, strong ETags, names to save under.

Starlette's `FileResponse` serves local paths only; a stored file need not have one.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import aclosing
from secrets import token_hex
from typing import Any
from urllib.parse import quote

from fastapi import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.types import Send

from sora_studio.api.conditional_requests import Version, asked_parts, early_answer
from sora_studio.api.errors import ErrorAnswer, envelope
from sora_studio.domain.media import ByteRange, MediaFile

_NEWLINE = b"\r\n"

_ALWAYS = {
    "Accept-Ranges": "bytes",
    # Whatever is in it, it runs nothing. A browser's own page around a video or picture asks for the file
    # once more and brings a little style.
    "Content-Security-Policy": "sandbox allow-same-origin; default-src 'none'; media-src 'self'; "
    "img-src 'self'; style-src 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "private, max-age=31536000, immutable",  # one id and variant, one content
    "Vary": "Cookie, Authorization",  # the next person at this browser does not get it from its cache
}

FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file."},
    302: {"description": "A film that browsers read from the object store."},
    206: {"description": "The ranges of it that were asked for."},
    304: {"description": "Not modified since."},
    412: {"description": "Another version than the one asked for."},
    416: {"model": ErrorAnswer, "description": "Nothing of it lies in the range."},
}
"""What a route that answers with a file documents."""


class _Body(StreamingResponse):
    """Bytes of a file, opened before the answer begins: one that is gone is an error, not half an answer."""

    def __init__(self, body: AsyncGenerator[bytes], headers: Mapping[str, str], status: int = 200) -> None:
        super().__init__(body, status, headers)
        self._body = body

    async def stream_response(self, send: Send) -> None:
        """Send what the file yields, and close it."""
        async with aclosing(self._body) as body:
            self.body_iterator = _again(await anext(body, b""), body)
            await super().stream_response(send)


def file_response(request: Request, file: MediaFile, *, download: bool = False) -> Response:
    """Serve a stored file, or the ranges of it that are asked for.

    Args:
        request: Its conditions and ranges.
        file: What to serve.
        download: Have browsers save it instead of showing it.

    Raises:
        StorageError: It has just been removed.
    """
    have = Version(f'"{file.sha256}"', file.modified_at.replace(microsecond=0))
    headers = {
        **_ALWAYS,
        "ETag": have.etag,
        "Last-Modified": have.last_modified,
        "Content-Disposition": _disposition(file.filename, download=download),
    }
    if status := early_answer(request.headers, have):
        return Response(status_code=status, headers=headers)
    whole = {**headers, "Content-Type": file.content_type, "Content-Length": str(file.bytes)}
    if request.method == "HEAD":  # a range is defined for GET alone (RFC 9110 §14.2)
        return Response(headers=whole)
    if file.content_type.startswith("video/") and (link := file.link(headers["Content-Disposition"])):
        return RedirectResponse(link, 302, {"Cache-Control": "no-store", "Vary": _ALWAYS["Vary"]})
    parts = asked_parts(request.headers, have, file.bytes)
    if parts is None:
        return _Body(_read(file, None), whole)
    return _parts_response(file, parts, headers)


def _parts_response(file: MediaFile, parts: Sequence[ByteRange], headers: Mapping[str, str]) -> Response:
    match parts:
        case []:
            message = f"The file ends after {file.bytes} bytes."
            there = {"Content-Range": f"bytes */{file.bytes}"}
            return envelope(416, message, "invalid_request_error", "range_not_satisfiable", **there)
        case [part]:
            kind, length, body = file.content_type, part.end - part.start, _read(file, part)
            headers = {**headers, "Content-Range": _content_range(file, part)}
        case _:
            kind, length, body = _multipart(file, parts)
    return _Body(body, {**headers, "Content-Type": kind, "Content-Length": str(length)}, 206)


async def _read(file: MediaFile, part: ByteRange | None) -> AsyncGenerator[bytes]:
    async with file.open(part) as chunks:
        async for chunk in chunks:
            yield chunk


def _multipart(file: MediaFile, parts: Sequence[ByteRange]) -> tuple[str, int, AsyncGenerator[bytes]]:
    """Return type, length and body of an answer that consists of several parts (RFC 9110 §14.6)."""
    boundary = token_hex(13)
    heads = [_head(file, part, boundary) for part in parts]
    end = f"--{boundary}--".encode()
    length = len(end) + sum(
        len(head) + part.end - part.start + len(_NEWLINE) for head, part in zip(heads, parts, strict=True)
    )
    return f"multipart/byteranges; boundary={boundary}", length, _read_parts(file, parts, heads, end)


async def _read_parts(
    file: MediaFile, parts: Iterable[ByteRange], heads: Iterable[bytes], end: bytes
) -> AsyncGenerator[bytes]:
    for part, head in zip(parts, heads, strict=True):
        async with file.open(part) as chunks:
            yield head
            async for chunk in chunks:
                yield chunk
        yield _NEWLINE
    yield end


async def _again(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk


def _head(file: MediaFile, part: ByteRange, boundary: str) -> bytes:
    lines = (
        f"--{boundary}",
        f"Content-Type: {file.content_type}",
        f"Content-Range: {_content_range(file, part)}",
        "\r\n",
    )
    return "\r\n".join(lines).encode()


def _content_range(file: MediaFile, part: ByteRange) -> str:
    return f"bytes {part.start}-{part.end - 1}/{file.bytes}"


def _disposition(name: str, *, download: bool) -> str:
    """Name the file as RFC 6266 has it: in UTF-8, and in ASCII for old programs."""
    plain = "".join(char if " " <= char <= "~" and char not in '"\\' else "_" for char in name)
    kind = "attachment" if download else "inline"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
