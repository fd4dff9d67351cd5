"""Kept files as answers: ranges, strong ETags, names to save under."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from fastapi import Request
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from sora_studio.api.conditional_requests import Version, asked_parts, early_answer
from sora_studio.api.errors import ErrorAnswer, envelope
from sora_studio.domain.errors import StorageError
from sora_studio.domain.media import MediaFile

_ALWAYS = {
    "Accept-Ranges": "bytes",
    # Whatever is in it, it runs nothing. A browser's own page around a video or picture asks for the file
    # once more and brings a little style.
    "Content-Security-Policy": "sandbox allow-same-origin; default-src 'none'; media-src 'self'; "
    "img-src 'self'; style-src 'unsafe-inline'",
    "Cache-Control": "private, max-age=31536000, immutable",  # one id and variant, one content
    "Vary": "Cookie, Authorization",  # the next person at this browser does not get it from its cache
}

FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file."},
    206: {"description": "The ranges of it that were asked for."},
    304: {"description": "Not modified since."},
    412: {"description": "Another version than the one asked for."},
    416: {"model": ErrorAnswer, "description": "Nothing of it lies in the range."},
}
"""What a route that answers with a file documents."""


class _FileParts(FileResponse):
    """A file or parts of it: which, has been settled before."""

    chunk_size = 256 * 1024

    def __init__(self, file: MediaFile, parts: Sequence[tuple[int, int]], headers: Mapping[str, str]) -> None:
        super().__init__(file.path, headers=headers, media_type=file.content_type)
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have Starlette send what was settled, whatever the request says."""
        headers = [pair for pair in scope["headers"] if pair[0] not in {b"range", b"if-range"}]
        if self._parts:
            spelt = ",".join(f"{start}-{end - 1}" for start, end in self._parts)
            headers.append((b"range", f"bytes={spelt}".encode()))
        await super().__call__({**scope, "headers": headers}, receive, send)


def file_response(request: Request, file: MediaFile, *, download: bool = False) -> Response:
    """Serve a kept file, or the ranges of it that are asked for.

    Args:
        request: Its conditions and ranges.
        file: What to serve.
        download: Have browsers save it instead of showing it.

    Raises:
        StorageError: It has just been removed.
    """
    have = _version(file)
    headers = {
        **_ALWAYS,
        "ETag": have.etag,
        "Last-Modified": have.last_modified,
        "Content-Disposition": _disposition(file.filename, download=download),
    }
    if status := early_answer(request.headers, have):
        return Response(status_code=status, headers=headers)
    # a range is defined for GET alone (RFC 9110 §14.2)
    parts = asked_parts(request.headers, have, file.bytes) if request.method == "GET" else None
    if parts == []:
        message = f"The file ends after {file.bytes} bytes."
        there = {"Content-Range": f"bytes */{file.bytes}"}
        return envelope(416, message, "invalid_request_error", "range_not_satisfiable", **there)
    return _FileParts(file, parts or (), headers)


def _version(file: MediaFile) -> Version:
    try:
        modified = int(file.path.stat().st_mtime)
    except OSError as error:
        message = f"The file {file.path.name} is missing from storage."
        raise StorageError(message) from error
    return Version(f'"{file.sha256}"', datetime.fromtimestamp(modified, UTC))


def _disposition(name: str, *, download: bool) -> str:
    """Name the file as RFC 6266 has it: in UTF-8, and in ASCII for old programs."""
    plain = "".join(char if " " <= char <= "~" and char not in '"\\' else "_" for char in name)
    kind = "attachment" if download else "inline"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
