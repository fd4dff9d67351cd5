"""From the fields of a create request to a wish."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, cast
from urllib.parse import unquote_to_bytes
from uuid import UUID

from sora_studio.domain.errors import InvalidInput, NotFound
from sora_studio.domain.ids import parse_character_id, parse_public_id
from sora_studio.domain.inputs import GivenInput, Medium, Role
from sora_studio.domain.video import Status, VideoWish

_MOST_OPTIONS, _MOST_INPUTS = 50, 50
_KEYS = ("file_id", "image_url")


def read_wish(fields: Mapping[str, Any]) -> VideoWish:
    """Read what is asked for; the service checks it against the provider. Unknown fields are passed over.

    Raises:
        InvalidInput: A field has the wrong type, or the reference is none.
    """
    return VideoWish(
        prompt=read_prompt(fields),
        model=read_text(fields, "model"),
        size=read_text(fields, "size"),
        seconds=read_text(fields, "seconds"),
        provider=read_text(fields, "provider"),
        title=read_text(fields, "title"),
        inputs=_read_inputs(fields),
        characters=_read_characters(fields),
        options=_read_options(fields),
        project_id=_read_project(fields),
    )


def _read_project(fields: Mapping[str, Any]) -> UUID | None:
    given = read_text(fields, "project_id")
    try:
        return UUID(given) if given else None
    except ValueError as error:
        message = "There is no such project."
        raise InvalidInput(message, "project_id") from error


def read_prompt(fields: Mapping[str, Any]) -> str:
    """Read the prompt.

    Raises:
        InvalidInput: It is missing or no text.
    """
    prompt = fields.get("prompt")
    if isinstance(prompt, str):
        return _whole(prompt, "prompt")
    message = "Describe the video in the field 'prompt'."
    raise InvalidInput(message, "prompt", "missing_required_parameter")


def read_text(fields: Mapping[str, Any], name: str) -> str | None:
    """Return a field as text; numbers are written out, and an empty one counts as not given.

    Raises:
        InvalidInput: It is something else.
    """
    value = fields.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str | int) and not isinstance(value, bool):
        return _whole(str(value), name)
    message = f"The field {name!r} must be text."
    raise InvalidInput(message, name, "invalid_type")


_HALF = re.compile("[\ud800-\udfff]")


def _whole(text: str, name: str) -> str:
    """Refuse half a character, which JSON can spell and nothing can store, before a picture is kept."""
    if not _HALF.search(text):
        return text
    message = f"The field {name!r} contains half of a character (an unpaired surrogate)."
    raise InvalidInput(message, name)


def _read_characters(fields: Mapping[str, Any]) -> tuple[UUID, ...]:
    """Read `[{id}]`; a form has several ways to write that, and losing a paid one's characters is none."""
    given = fields.get("characters") or []
    if isinstance(given, list) and not any(name.startswith("characters[") for name in fields):
        ids = [as_id(each) for each in cast("list[object]", given)]
        if all(ids):
            return tuple(parse_character_id(character_id) for character_id in ids)
    message = "Send the characters in JSON, as [{'id': …}]."
    raise InvalidInput(message, "characters", "invalid_type")


def _read_options(fields: Mapping[str, Any]) -> dict[str, object]:
    """Read the object, or a form's ways to write one: as JSON, or as `options[seed]`."""
    given = fields.get("options") or {}
    if isinstance(given, str):
        given = _parse(given)
    written = {name[8:-1]: value for name, value in fields.items() if re.fullmatch(r"options\[\w+\]", name)}
    if isinstance(given, dict) and len(given) <= _MOST_OPTIONS:
        return {**cast("dict[str, object]", given), **written}
    message = f"Send options as an object of at most {_MOST_OPTIONS} fields, such as {{'seed': 7}}."
    raise InvalidInput(message, "options", "invalid_type")


def as_id(value: object) -> str:
    """Return the id out of `{id}`, empty when it is none."""
    match value:
        case {"id": str(text)}:
            return text
        case _:
            return ""


def _read_inputs(fields: Mapping[str, Any]) -> tuple[GivenInput, ...]:
    """Read what goes in beside the prompt: a file, or an object, each by itself or in a list."""
    given: list[GivenInput] = []
    for role in (Role.FIRST_FRAME, Role.LAST_FRAME):
        given += filter(None, [_read_input(role, _object(fields, role.field))])
    for role in (Role.PICTURE, Role.FILM, Role.SOUND):
        read = [_read_input(role, each) for each in _list(fields, role.field)]
        if len(read) > _MOST_INPUTS or None in read:
            message = f"Send {role.field} as a list of at most {_MOST_INPUTS} files or {{'file_id': …}}."
            raise InvalidInput(message, role.field, "invalid_type")
        given += filter(None, read)
    return tuple(given)


def _object(fields: Mapping[str, Any], name: str) -> object:
    """Return an object, or what a form has instead: JSON, or `last_frame[file_id]`."""
    inside = {each: fields[f"{name}[{each}]"] for each in _KEYS if f"{name}[{each}]" in fields}
    return inside or _unwritten(fields.get(name))


def _list(fields: Mapping[str, Any], name: str) -> list[object]:
    """Return a list, or what a form has instead: JSON, one name several times, or `pictures[][file_id]`."""
    given = _unwritten(fields.get(name))
    listed = cast("list[object]", given) if isinstance(given, list) else [given] if given else []
    match listed:
        case [str(text)]:
            read = _unwritten(text)
            listed = cast("list[object]", read) if isinstance(read, list) else [read]
        case _:
            pass
    listed += fields.get(f"{name}[]", [])
    return listed + [{key: each} for key in _KEYS for each in fields.get(f"{name}[][{key}]", [])]


def _unwritten(value: object) -> object:
    return _parse(value) if isinstance(value, str) and value.startswith(("{", "[")) else value


def _read_input(role: Role, value: object) -> GivenInput | None:
    if value in (None, "", b""):
        return None
    if isinstance(value, bytes):
        return GivenInput(role, data=value)
    match _unwritten(value):
        case {"image_url": str(url)} if role.medium is Medium.PICTURE:
            return GivenInput(role, data=_read_data_url(url, role.field))
        case {"file_id": str(upload_id)}:
            return GivenInput(role, upload_id=read_upload_id(upload_id, role.field))
        case _:
            form = ", as {'image_url': 'data:image/png;base64,…'}" if role.medium is Medium.PICTURE else ""
            message = f"Send the {role.spoken} as a file{form} or as {{'file_id': …}}."
            raise InvalidInput(message, role.field, "invalid_type")


def _parse(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _read_data_url(url: str, param: str) -> bytes:
    """Read a data URL as browsers do: percent-encoded or not, in lines, with or without padding.

    Its type is not looked at: the picture's first bytes tell.
    """
    head, comma, data = url.strip().partition(",")
    if not (re.fullmatch(r"data:.*;\s*base64", head, re.IGNORECASE) and comma):
        message = "The studio does not fetch images from the web: send a file, or a data URL in base64."
        raise InvalidInput(message, param, "invalid_image_url")
    letters = b"".join(unquote_to_bytes(data).split()).rstrip(b"=")
    try:
        return base64.b64decode(letters + b"=" * (-len(letters) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        message = "The data URL is not valid base64."
        raise InvalidInput(message, param, "invalid_image_url") from error


def read_upload_id(text: str, param: str) -> UUID:
    """Return an upload's id.

    Raises:
        InvalidInput: It is none.
    """
    try:
        return UUID(text)
    except ValueError as error:
        message = "There is no such file; upload it again."
        raise InvalidInput(message, param, "invalid_file_id") from error


def read_statuses(text: str) -> tuple[Status, ...]:
    """Return the statuses in a text, between commas.

    Raises:
        InvalidInput: One is none.
    """
    try:
        return tuple(Status(word.strip()) for word in text.split(",") if word.strip())
    except ValueError as error:
        message = f"status is one of {', '.join(Status)}."
        raise InvalidInput(message, "status") from error


def known_ids(words: Iterable[str]) -> tuple[UUID, ...]:
    """Return those of the public ids that can be any."""
    found: list[UUID] = []
    for word in words:
        with suppress(NotFound):
            found.append(parse_public_id(word))
    return tuple(found)


def read_ids(words: Iterable[str], param: str) -> tuple[UUID, ...]:
    """Return the videos that are named.

    Raises:
        InvalidInput: One can be none.
    """
    try:
        return tuple(map(parse_public_id, words))
    except NotFound as error:
        message = f"{param} has something in it that is no id of a video."
        raise InvalidInput(message, param) from error


def read_position(after: str) -> UUID:
    """Return the video behind which a list goes on.

    Raises:
        InvalidInput: It can be none.
    """
    try:
        return parse_public_id(after)
    except NotFound as error:
        message = "There is no video to continue after."
        raise InvalidInput(message, "after") from error
