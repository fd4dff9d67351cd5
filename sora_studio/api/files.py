"""Kept files as answers: ranges, strong ETags, names to save under."""

from collections.abc import Mapping
from email.utils import formatdate
from urllib.parse import quote

from fastapi import Request
from starlette.responses import FileResponse, Response

from sora_studio.domain.media import MediaFile

_ALWAYS = {
    "Accept-Ranges": "bytes",
    "Content-Security-Policy": "sandbox; default-src 'none'",  # whatever is in it, it runs nothing
    "Cache-Control": "private, max-age=31536000, immutable",  # one id and variant, one content
}


def file_response(request: Request, file: MediaFile, *, download: bool = False) -> Response:
    """Serve a kept file, or the ranges of it that are asked for (RFC 9110 §14).

    Args:
        request: Its conditions: If-None-Match, Range, If-Range.
        file: What to serve.
        download: Have browsers save it instead of showing it.
    """
    etag = f'"{file.sha256}"'
    headers = {**_ALWAYS, "ETag": etag, "Content-Disposition": _disposition(file.filename, download=download)}
    if _is_known(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    if (match := request.headers.get("if-match")) and not _is_known(match, etag):
        return Response(status_code=412, headers=headers)
    return FileResponse(file.path, headers=_with_date(headers, file), media_type=file.content_type)


def _with_date(headers: Mapping[str, str], file: MediaFile) -> dict[str, str]:
    return {**headers, "Last-Modified": formatdate(file.path.stat().st_mtime, usegmt=True)}


def _is_known(condition: str | None, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in (condition or "").split(",")]
    return etag in tags or "*" in tags


def _disposition(name: str, *, download: bool) -> str:
    """Name the file as RFC 6266 has it: in UTF-8, and in ASCII for old programs."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "'").replace("\\", "_")
    kind = "attachment" if download else "inline"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
