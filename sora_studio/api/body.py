"""Bodies of bounded size, whatever their header says."""

import json
from typing import Any, cast

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from sora_studio.domain.errors import InvalidInput, TooLarge
from sora_studio.domain.media import REFERENCE_MAX_BYTES

JSON_MAX = 4 * REFERENCE_MAX_BYTES // 3 + 256 * 1024
"""Bytes: a reference picture as a data URL, and a prompt."""

FORM_MAX = REFERENCE_MAX_BYTES + 256 * 1024
_FIELD_MAX = 160 * 1024  # bytes: a prompt of 32,000 characters in UTF-8


async def read_fields(request: Request) -> dict[str, Any]:
    """Read a JSON object or a form; a file among its fields comes as bytes.

    Raises:
        InvalidInput: Neither, or broken.
        TooLarge: More than 20 MB and a bit.
    """
    kind = request.headers.get("content-type", "").split(";", 1)[0].strip().lower()
    if kind in {"multipart/form-data", "application/x-www-form-urlencoded"}:
        return await _read_form(request)
    return _read_json(await _read_all(request, JSON_MAX))


async def read_file(request: Request, name: str) -> bytes:
    """Read the one file of a form.

    Raises:
        InvalidInput: There is none of this name.
        TooLarge: More than 20 MB.
    """
    data = (await _read_form(request)).get(name)
    if isinstance(data, bytes):
        return data
    message = f"Send the picture as a file in the field {name!r}."
    raise InvalidInput(message, name)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The request is larger than {limit // 2**20} MB.", None, "request_too_large")


async def _read_all(request: Request, limit: int) -> bytes:
    if int(request.headers.get("content-length", "0")) > limit:
        raise _too_large(limit)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise _too_large(limit)
    return bytes(body)


def _read_json(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        message = "The body is not valid JSON."
        raise InvalidInput(message, code="invalid_json") from error
    if not isinstance(fields, dict):
        message = "The body must be a JSON object."
        raise InvalidInput(message, code="invalid_json")
    return cast("dict[str, Any]", fields)


async def _read_form(request: Request) -> dict[str, Any]:
    if int(request.headers.get("content-length", "0")) > FORM_MAX:
        raise _too_large(FORM_MAX)
    counted = Request(request.scope, _counting(request, FORM_MAX))
    try:
        async with counted.form(max_files=4, max_fields=50, max_part_size=_FIELD_MAX) as form:
            return await _fields(form)
    except HTTPException as error:
        raise InvalidInput(str(error.detail), code="invalid_form") from error


async def _fields(form: FormData) -> dict[str, Any]:
    return {
        name: await value.read() if isinstance(value, UploadFile) else value for name, value in form.items()
    }


def _counting(request: Request, limit: int) -> Receive:
    seen = 0

    async def receive() -> Message:
        nonlocal seen
        message = await request.receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise _too_large(limit)
        return message

    return receive
