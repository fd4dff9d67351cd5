"""Read the bodies of requests, JSON or form, into checked values."""

import asyncio
import base64
import binascii
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from fastapi import Request
from PIL import Image, UnidentifiedImageError
from starlette.datastructures import FormData, UploadFile

from sora_sandbox import validation
from sora_sandbox.dialects import Dialect
from sora_sandbox.job_store import Character, JobSpec
from sora_sandbox.wire import ApiError

if TYPE_CHECKING:
    from sora_sandbox.film.source_film import FilmInfo

MAX_DATA_URL_LENGTH = 20_971_520

_FORMATS = ("JPEG", "PNG", "WEBP")
_CREATE_FIELDS = {"prompt", "model", "size", "seconds", "input_reference", "characters"}
_BRACKETED_FIELDS = {"input_reference[image_url]": "image_url", "video[id]": "id"}
"""How forms write the objects that they cannot hold."""


async def parse_create(
    request: Request, dialect: Dialect, find_character: Callable[[str], Character]
) -> tuple[JobSpec, bytes | None]:
    """Return what a create asks for, and its reference image if there is one.

    Raises:
        ApiError: Something about the request is not acceptable; the message says what.
    """
    fields = await parse_fields(request, dialect, _CREATE_FIELDS)
    prompt = validation.check_prompt(fields.get("prompt"))
    model, size, seconds = dialect.check_parameters(fields)
    if dialect.supports("character"):
        _check_characters(fields.get("characters"), prompt, find_character)
    reference = await _reference(fields.get("input_reference"))
    if reference is not None:
        resize = dialect.resizes_reference
        reference = await asyncio.to_thread(
            _check_image, reference, validation.parse_size(size), resize=resize
        )
    return JobSpec(prompt, model, size, seconds, has_reference=reference is not None), reference


async def parse_remix(request: Request, dialect: Dialect) -> str:
    """Return the prompt of a remix.

    Raises:
        ApiError: Something about the request is not acceptable.
    """
    return validation.check_prompt((await parse_fields(request, dialect, {"prompt"})).get("prompt"))


async def parse_fields(request: Request, dialect: Dialect, known: set[str]) -> dict[str, Any]:
    """Return the fields of a JSON object or of a form.

    Raises:
        ApiError: It is neither, or has a field that is not known.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "application/json":
        fields = _json_fields(await request.body()) if dialect.accepts_json else {}
    elif media_type in {"multipart/form-data", "application/x-www-form-urlencoded"}:
        fields = _form_fields(await request.form(max_part_size=MAX_DATA_URL_LENGTH))
    else:
        text = "Unsupported content type: send 'application/json' or 'multipart/form-data'."
        raise ApiError(400, text, "unsupported_content_type")
    for name in fields:
        if name not in known and not dialect.ignores_unknown_fields:
            raise ApiError(400, f"Unknown parameter: '{name[:64]}'.", "unknown_parameter", name[:64])
    return fields


async def probe_upload(film: UploadFile) -> "FilmInfo":
    """Return what a film that came with a request looks like.

    Raises:
        ApiError: It cannot be played.
    """
    return await asyncio.to_thread(_probe, await film.read())


def _probe(data: bytes) -> "FilmInfo":
    from sora_sandbox.film.source_film import probe  # noqa: PLC0415 -- loads a codec library, which few starts need

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film"
        path.write_bytes(data)
        try:
            return probe(path)
        except ValueError as error:
            raise ApiError(400, str(error), "invalid_video", "video") from error


def _check_characters(value: object, prompt: str, find_character: Callable[[str], Character]) -> None:
    """Refuse characters that are no list of known ones, too many, or not named in the prompt."""
    match value:
        case None:
            return
        case list(items) if len(items) <= validation.MAX_CHARACTERS:
            entries = cast("list[object]", items)
        case _:
            text = f"Expected 'characters' to be a list of at most {validation.MAX_CHARACTERS}."
            raise ApiError(400, text, "invalid_value", "characters")
    for entry in entries:
        match entry:
            case {"id": str(character_id)}:
                name = find_character(character_id).name
            case _:
                text = "Expected each of 'characters' to be an object with an 'id'."
                raise ApiError(400, text, "invalid_value", "characters")
        if name not in prompt:
            text = f"The prompt must name the character '{name}' verbatim."
            raise ApiError(400, text, "invalid_value", "characters")


def _json_fields(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except ValueError:
        raise ApiError(400, "We could not parse the JSON body of your request.") from None
    if not isinstance(fields, dict):
        raise ApiError(400, "Expected the body to be a JSON object.", "invalid_type")
    return fields


def _form_fields(form: FormData) -> dict[str, Any]:
    fields: dict[str, Any] = dict(form)
    for name in _BRACKETED_FIELDS.keys() & fields.keys():
        fields[name.partition("[")[0]] = {_BRACKETED_FIELDS[name]: fields.pop(name)}
    return fields


async def _reference(value: object) -> bytes | None:
    """Return the bytes of a reference image: a file, or {"image_url": data URL}."""
    if value is None:
        return None
    if isinstance(value, UploadFile):
        return await value.read()
    if isinstance(value, str):
        text = "Invalid type for 'input_reference': expected a file, but got a string instead."
        raise ApiError(400, text, "invalid_type", "input_reference")
    return _decode_data_url(_image_url(value))


def _image_url(value: object) -> str:
    """Return the URL of {"image_url": …}."""
    fields = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    if set(fields) == {"file_id"}:
        text = "The sandbox stores no uploaded files: send the image itself, or a data URL."
        raise ApiError(400, text, "unsupported_value", "input_reference")
    url = fields.get("image_url")
    if not isinstance(url, str) or len(fields) != 1:
        text = "Expected 'input_reference' to hold exactly one of 'image_url' and 'file_id'."
        raise ApiError(400, text, "invalid_value", "input_reference")
    return url


def _decode_data_url(url: str) -> bytes:
    if len(url) > MAX_DATA_URL_LENGTH:
        text = f"Expected a data URL of at most {MAX_DATA_URL_LENGTH} characters."
        raise ApiError(400, text, "string_above_max_length", "input_reference")
    head, _, data = url.partition(",")
    if not head.startswith("data:image/") or not head.endswith(";base64"):
        text = "The sandbox does not fetch URLs: send the image as a base64 data URL."
        raise ApiError(400, text, "invalid_image_url", "input_reference")
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        text = "The data URL is not valid base64."
        raise ApiError(400, text, "invalid_image_url", "input_reference") from None


def _check_image(data: bytes, size: tuple[int, int], *, resize: bool) -> bytes:
    """Refuse what is no image; an image of another size is resized, or refused as well."""
    try:
        image = Image.open(io.BytesIO(data), formats=_FORMATS)
        if image.size == size or resize:
            image.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        text = "The reference is not a readable image: send JPEG, PNG or WebP."
        raise ApiError(400, text, "invalid_image", "input_reference") from None
    if image.size == size:
        return data
    if not resize:
        raise ApiError(400, "Inpaint image must match the requested width and height")
    resized = io.BytesIO()
    image.convert("RGB").resize(size).save(resized, "PNG")
    return resized.getvalue()
