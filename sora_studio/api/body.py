"""Bodies that are read by hand: JSON or a form, with or without a file. `body_limit` bounds their size."""

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser

from sora_studio.domain.errors import InvalidInput, TooLarge
from sora_studio.domain.inputs import Role
from sora_studio.domain.media import PICTURE_MAX_BYTES

USUAL_MAX = 512 * 1024
"""Bytes: a prompt of 32,000 characters, each written as two JSON escapes."""

UPLOAD_MAX = 4 * PICTURE_MAX_BYTES // 3 + USUAL_MAX
"""Bytes: a reference picture as a data URL, and a prompt."""

_FIELD_MAX = 160 * 1024  # bytes: a prompt of 32,000 characters in UTF-8
_FIELDS_MAX = 50
_FILES_MAX = 20
_CHUNK = 256 * 1024
_LISTS = frozenset({Role.PICTURE.field, Role.FILM.field, Role.SOUND.field})
_SMALL_MAX = 64 * 1024  # bytes; e-mail, password and name need far less
_ENCODED = 3  # bytes that a urlencoded form may take for one
_JSON, _FORM, _MULTIPART = "application/json", "application/x-www-form-urlencoded", "multipart/form-data"

_Fields = TypeVar("_Fields", bound=BaseModel)


@dataclass(frozen=True)
class SmallBody:
    """A body without files, not yet checked: a program's JSON, or a form posted without any script."""

    is_form: bool
    raw: bytes

    def read(self, kind: type[_Fields]) -> _Fields:
        """Check the fields.

        Raises:
            RequestValidationError: They are not as they should be. Their values stay out of it.
        """
        try:
            if self.is_form:
                return kind.model_validate(self.fields())
            return kind.model_validate_json(self.raw)
        except ValidationError as error:
            details = error.errors(include_url=False, include_input=False, include_context=False)
            raise RequestValidationError(
                [{**detail, "loc": ("body", *detail["loc"])} for detail in details]
            ) from None

    def fields(self) -> dict[str, str]:
        """Return the fields of a form; JSON has none."""
        if not self.is_form:
            return {}
        try:
            return dict(parse_qsl(self.raw.decode(), keep_blank_values=True, max_num_fields=_FIELDS_MAX))
        except ValueError as error:
            message = "This form cannot be read."
            raise InvalidInput(message) from error


async def read_small_body(request: Request) -> SmallBody:
    """Read JSON or a plain form.

    Raises:
        TooLarge: It has more than 64 KB.
        InvalidInput: It is neither.
    """
    kind = _media_type(request)
    if kind not in {_FORM, _JSON}:
        message = f"Send {_JSON} or {_FORM}."
        raise InvalidInput(message, code="unsupported_content_type")
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > _SMALL_MAX:
            message = f"This body has more than {_SMALL_MAX} bytes."
            raise TooLarge(message)
    return SmallBody(is_form=kind == _FORM, raw=bytes(raw))


def is_form(request: Request) -> bool:
    """Tell whether the body is a form, with or without files."""
    return _media_type(request) in {_MULTIPART, _FORM}


async def read_fields(request: Request) -> dict[str, Any]:
    """Read a JSON object or a form; a file among its fields comes as bytes.

    Raises:
        InvalidInput: Neither, or broken.
    """
    if is_form(request):
        async with open_form(request) as form:
            return await _fields(form)
    return _read_json(await request.body())


async def chunks_of(file: UploadFile) -> AsyncIterator[bytes]:
    """Yield a file of a form piece by piece."""
    while chunk := await file.read(_CHUNK):
        yield chunk


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
        form = await _parse(request)
    except MultiPartException as error:
        raise InvalidInput(error.message, code="invalid_form") from error
    try:
        yield form
    finally:
        await form.close()


class _Multipart(MultiPartParser):
    """Knows a file also by `filename*` alone, which some clients send although RFC 7578 forbids it."""

    def on_headers_finished(self) -> None:
        part = self._current_part
        if _ONLY_EXTENDED.search(part.content_disposition or b""):
            part.content_disposition = (part.content_disposition or b"") + b'; filename="file"'
        super().on_headers_finished()


_ONLY_EXTENDED = re.compile(rb"^(?!.*;\s*filename=).*;\s*filename\*\s*=", re.IGNORECASE)


async def _parse(request: Request) -> FormData:
    """Read a form. A field's bound is for what it says, not for how many bytes that took.

    Raises:
        MultiPartException: It is broken, or larger than a form may be.
    """
    headers, stream = request.headers, request.stream()
    if _media_type(request) == _MULTIPART:
        parts = _Multipart(
            headers, stream, max_files=_FILES_MAX, max_fields=_FIELDS_MAX, max_part_size=_FIELD_MAX
        )
        return await parts.parse()
    fields = FormParser(headers, stream, max_fields=_FIELDS_MAX, max_part_size=_ENCODED * _FIELD_MAX)
    form = await fields.parse()
    if any(len(str(value).encode(errors="replace")) > _FIELD_MAX for value in form.values()):
        message = f"Field exceeded maximum size of {_FIELD_MAX // 1024}KB."
        raise MultiPartException(message)
    return form


async def _fields(form: FormData) -> dict[str, Any]:
    """Return the fields by name; those of which a form may have several as lists."""
    fields: dict[str, Any] = {}
    for name, value in form.multi_items():
        read = await value.read() if isinstance(value, UploadFile) else value
        if name in _LISTS or "[]" in name:
            fields.setdefault(name, []).append(read)
        else:
            fields[name] = read
    return fields


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").split(";", 1)[0].strip().lower()
