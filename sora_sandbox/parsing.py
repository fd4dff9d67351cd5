"""Read a create or remix request, in either of its two formats, into checked values."""

import asyncio
import base64
import binascii
import io
import json
from collections.abc import Callable
from typing import Any, cast

from fastapi import Request
from PIL import Image, UnidentifiedImageError
from starlette.datastructures import FormData, UploadFile

from sora_sandbox import validation
from sora_sandbox.dialects import Dialect
from sora_sandbox.job_store import Character, JobSpec
from sora_sandbox.wire import ApiError

LONGEST_DATA_URL = 20_971_520

_FORMATS = ("JPEG", "PNG", "WEBP")
_KNOWN = {"prompt", "model", "size", "seconds", "input_reference", "characters"}
_BRACKETED = {"input_reference[image_url]": "image_url", "video[id]": "id"}
"""How forms write the objects that they cannot hold."""


async def parse_create(
    request: Request, dialect: Dialect, character: Callable[[str], Character]
) -> tuple[JobSpec, bytes | None]:
    """Return what to make, checked, and the reference image if there is one; `character` finds one by its id.

    Raises:
        ApiError: Something about the request is not acceptable; the message says what.
    """
    fields = await parse_fields(request, dialect, _KNOWN)
    prompt = validation.check_prompt(fields.get("prompt"))
    model, size, seconds = dialect.check_form(fields)
    if dialect.has("character"):
        _check_characters(fields.get("characters"), prompt, character)
    reference = await _reference(fields.get("input_reference"))
    if reference is not None:
        fit = dialect.fits_reference
        reference = await asyncio.to_thread(_check_image, reference, validation.pixels(size), fit=fit)
    return JobSpec(prompt, model, size, seconds, has_reference=reference is not None), reference


async def parse_remix(request: Request, dialect: Dialect) -> str:
    """Return the checked prompt of a remix.

    Raises:
        ApiError: Something about the request is not acceptable.
    """
    return validation.check_prompt((await parse_fields(request, dialect, {"prompt"})).get("prompt"))


async def parse_fields(request: Request, dialect: Dialect, known: set[str]) -> dict[str, Any]:
    """Return the fields of a JSON object or of a form.

    Raises:
        ApiError: It is neither, or has a field that is not known.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        fields = _json_fields(await request.body()) if dialect.takes_json else {}
    elif kind in {"multipart/form-data", "application/x-www-form-urlencoded"}:
        fields = _form_fields(await request.form(max_part_size=LONGEST_DATA_URL))
    else:
        text = "Unsupported content type: send 'application/json' or 'multipart/form-data'."
        raise ApiError(400, text, "unsupported_content_type")
    for name in fields:
        if name not in known and not dialect.takes_anything:
            raise ApiError(400, f"Unknown parameter: '{name[:64]}'.", "unknown_parameter", name[:64])
    return fields


def _check_characters(value: object, prompt: str, character: Callable[[str], Character]) -> None:
    """Refuse characters that are no list of known ones, too many, or not in the prompt."""
    match value:
        case None:
            return
        case list(items) if len(items) <= validation.MOST_CHARACTERS:
            named = cast("list[object]", items)
        case _:
            text = f"Expected 'characters' to be a list of at most {validation.MOST_CHARACTERS}."
            raise ApiError(400, text, "invalid_value", "characters")
    for item in named:
        match item:
            case {"id": str(character_id)}:
                name = character(character_id).name
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
    for name in _BRACKETED.keys() & fields.keys():
        fields[name.partition("[")[0]] = {_BRACKETED[name]: fields.pop(name)}
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
    return _decoded(_image_url(value))


def _image_url(value: object) -> str:
    """Return the data URL of {"image_url": …}."""
    fields = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    if set(fields) == {"file_id"}:
        text = "The sandbox keeps no files: send the image itself, or a data URL."
        raise ApiError(400, text, "unsupported_value", "input_reference")
    url = fields.get("image_url")
    if not isinstance(url, str) or len(fields) != 1:
        text = "Expected 'input_reference' to hold exactly one of 'image_url' and 'file_id'."
        raise ApiError(400, text, "invalid_value", "input_reference")
    return url


def _decoded(url: str) -> bytes:
    """Return the bytes of a data URL."""
    if len(url) > LONGEST_DATA_URL:
        text = f"Expected a data URL of at most {LONGEST_DATA_URL} characters."
        raise ApiError(400, text, "string_above_max_length", "input_reference")
    head, _, data = url.partition(",")
    if not head.startswith("data:image/") or not head.endswith(";base64"):
        text = "The sandbox fetches nothing: send the image as a base64 data URL."
        raise ApiError(400, text, "invalid_image_url", "input_reference")
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        text = "The data URL is not valid base64."
        raise ApiError(400, text, "invalid_image_url", "input_reference") from None


def _check_image(data: bytes, wanted: tuple[int, int], *, fit: bool) -> bytes:
    """Refuse what is no image; an image of another size is resized to fit, or refused as well."""
    try:
        image = Image.open(io.BytesIO(data), formats=_FORMATS)
        if image.size == wanted or fit:
            image.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        text = "The reference is not a readable image: send JPEG, PNG or WebP."
        raise ApiError(400, text, "invalid_image", "input_reference") from None
    if image.size == wanted:
        return data
    if not fit:
        raise ApiError(400, "Inpaint image must match the requested width and height")
    fitted = io.BytesIO()
    image.convert("RGB").resize(wanted).save(fitted, "PNG")
    return fitted.getvalue()
