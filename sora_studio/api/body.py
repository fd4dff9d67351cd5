"""Bodies that are read by hand: JSON or a form, with or without a file. `edge` bounds their size."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.media import REFERENCE_MAX_BYTES

USUAL_MAX = 512 * 1024
"""Bytes: a prompt of 32,000 characters, each written as two JSON escapes."""

UPLOAD_MAX = 4 * REFERENCE_MAX_BYTES // 3 + USUAL_MAX
"""Bytes: a reference picture as a data URL, and a prompt."""

_FIELD_MAX = 160 * 1024  # bytes: a prompt of 32,000 characters in UTF-8
_BAD_REQUEST = 400


def is_form(request: Request) -> bool:
    """Tell whether the body is a form."""
    kind = request.headers.get("content-type", "").split(";", 1)[0].strip().lower()
    return kind in {"multipart/form-data", "application/x-www-form-urlencoded"}


async def read_fields(request: Request) -> dict[str, Any]:
    """Read a JSON object or a form; a file among its fields comes as bytes.

    Raises:
        InvalidInput: Neither, or broken.
    """
    if is_form(request):
        async with open_form(request) as form:
            return await _fields(form)
    return _read_json(await request.body())


async def read_file(request: Request, name: str) -> bytes:
    """Read the one file of a form.

    Raises:
        InvalidInput: There is none of this name.
    """
    async with open_form(request) as form:
        data = (await _fields(form)).get(name)
    if isinstance(data, bytes):
        return data
    message = f"Send the image as a file in the field {name!r}."
    raise InvalidInput(message, name)


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


@asynccontextmanager
async def open_form(request: Request) -> AsyncGenerator[FormData]:
    """Read a form for the block; its files, larger ones on disk, are gone afterwards.

    Raises:
        InvalidInput: It is broken.
    """
    try:
        form = await request.form(max_files=4, max_fields=50, max_part_size=_FIELD_MAX)
    except HTTPException as error:
        if error.status_code != _BAD_REQUEST:
            raise
        raise InvalidInput(str(error.detail), code="invalid_form") from error
    try:
        yield form
    finally:
        await form.close()


async def _fields(form: FormData) -> dict[str, Any]:
    return {
        name: await value.read() if isinstance(value, UploadFile) else value for name, value in form.items()
    }
