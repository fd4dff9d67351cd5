"""The routes for characters."""

import dataclasses

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile

from sora_sandbox import validation
from sora_sandbox.dependencies import CurrentSandbox
from sora_sandbox.parsing import parse_fields, probe_upload
from sora_sandbox.wire import ApiError, Json

router = APIRouter()


@router.post("/videos/characters")
async def create_character(request: Request, sandbox: CurrentSandbox) -> Json:
    """Create a character; its film is checked and not kept."""
    fields = await parse_fields(request, sandbox.dialect, {"name", "video"})
    name, film = fields.get("name"), fields.get("video")
    if not isinstance(name, str) or not 0 < len(name) <= validation.MAX_NAME_LENGTH:
        text = f"Invalid 'name': expected a string of 1 to {validation.MAX_NAME_LENGTH} characters."
        raise ApiError(400, text, "invalid_value", "name")
    if not isinstance(film, UploadFile):
        raise ApiError(400, "Invalid type for 'video': expected a file.", "invalid_type", "video")
    validation.check_character_film((await probe_upload(film)).seconds)
    return dataclasses.asdict(sandbox.store.add_character(name))


@router.get("/videos/characters/{character_id}")
async def retrieve_character(character_id: str, sandbox: CurrentSandbox) -> Json:
    """Return a character."""
    return dataclasses.asdict(sandbox.character(character_id))
