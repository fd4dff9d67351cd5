"""Characters: made from a short film, to appear in videos by name."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request
from starlette.datastructures import UploadFile

from sora_studio.api.body import chunks_of, is_form, open_form, read_fields
from sora_studio.api.dependencies import DeleterDep, ReaderDep, WriterDep
from sora_studio.api.parsing import read_text
from sora_studio.api.schemas import Character, CharacterDeleted, CharacterList
from sora_studio.api.videos import IdempotencyKey
from sora_studio.container import services
from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.ids import parse_character_id, parse_public_id, public_character_id
from sora_studio.services.videos.characters import Film

router = APIRouter(prefix="/videos/characters", tags=["videos"])

_PROPERTIES = {
    "name": {"type": "string", "maxLength": 80, "description": "The name that prompts use for it."},
    "video_id": {"type": "string", "description": "The studio's own: a finished video, instead of a file."},
    "provider": {
        "type": "string",
        "description": "The studio's own: where; the first that makes characters.",
    },
}
_FILE = {
    "type": "string",
    "format": "binary",
    "description": "MP4, 2 to 4 seconds, 16:9 or 9:16, 720p to 1080p, at most 50 MB.",
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["name"],
                    "properties": {**_PROPERTIES, "video": _FILE},
                }
            },
            "application/json": {
                "schema": {"type": "object", "required": ["name", "video_id"], "properties": _PROPERTIES}
            },
        },
    },
}


def _character_id(
    character_id: Annotated[str, Path(description="Such as char_ and 32 hex digits.")],
) -> UUID:
    return parse_character_id(character_id)


CharacterId = Annotated[UUID, Depends(_character_id)]


@router.post("", openapi_extra=_BODY)
async def create(request: Request, identity: WriterDep, idempotency_key: IdempotencyKey = None) -> Character:
    """Have a character made; when this answers, it can be named in prompts."""
    if not is_form(request):
        return await _create(identity.user_id, await read_fields(request), idempotency_key)
    async with open_form(request) as form:
        return await _create(identity.user_id, dict(form.items()), idempotency_key)


@router.get("")
async def list_characters(identity: ReaderDep) -> CharacterList:
    """List one's characters, oldest first."""
    views = await services().characters.list_all(identity.user_id)
    return CharacterList(data=[Character.of(view) for view in views])


@router.get("/{character_id}")
async def read(identity: ReaderDep, character_id: CharacterId) -> Character:
    """Return a character."""
    return Character.of(await services().characters.get(identity.user_id, character_id))


@router.delete("/{character_id}")
async def delete(identity: DeleterDep, character_id: CharacterId) -> CharacterDeleted:
    """Forget a character; the provider may keep it."""
    await services().characters.remove(identity.user_id, character_id)
    return CharacterDeleted(id=public_character_id(character_id))


async def _create(owner_id: UUID, fields: Mapping[str, Any], idempotency_key: str | None) -> Character:
    view = await services().characters.create(
        owner_id,
        read_text(fields, "name") or "",
        _film(fields),
        provider=read_text(fields, "provider"),
        idempotency_key=idempotency_key,
    )
    return Character.of(view)


def _film(fields: Mapping[str, Any]) -> Film:
    video = fields.get("video")
    if isinstance(video, UploadFile):
        return chunks_of(video)
    video_id = fields.get("video_id")
    if isinstance(video_id, str):
        return parse_public_id(video_id)
    message = "Send a video as a file in the field 'video', or name a finished video in 'video_id'."
    raise InvalidInput(message, "video", "missing_required_parameter")
