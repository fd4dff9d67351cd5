"""Edits and extensions: videos made from one of one's own."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from sora_studio.api.body import is_form, read_fields
from sora_studio.api.dependencies import IdentityDep
from sora_studio.api.parsing import as_id, read_prompt, read_text
from sora_studio.api.schemas import Video
from sora_studio.api.videos import IdempotencyKey, documented
from sora_studio.container import services
from sora_studio.domain.derivations import EXTENSION_SECONDS
from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.ids import parse_public_id
from sora_studio.domain.video import PROMPT_MAX

router = APIRouter(prefix="/videos", tags=["videos"])


class Source(BaseModel):
    """A finished video."""

    id: str


class EditWish(BaseModel):
    """What to change about which video."""

    prompt: str = Field(max_length=PROMPT_MAX)
    video: Source


class ExtensionWish(EditWish):
    """How a video goes on, and for how long."""

    seconds: str = Field(
        description=f"Added to it: {', '.join(map(str, EXTENSION_SECONDS))}; a number will do."
    )


@router.post("/edits", openapi_extra=documented("application/json", body=EditWish))
async def edit(request: Request, identity: IdentityDep, idempotency_key: IdempotencyKey = None) -> Video:
    """Ask for a finished video with a change, where its provider edits."""
    fields, video_id = await _read(request)
    prompt = read_prompt(fields)
    return Video.of(
        await services().derivations.edit(identity.user_id, video_id, prompt, idempotency_key=idempotency_key)
    )


@router.post("/extensions", openapi_extra=documented("application/json", body=ExtensionWish))
async def extend(request: Request, identity: IdentityDep, idempotency_key: IdempotencyKey = None) -> Video:
    """Ask for a finished video going on, where its provider extends; `seconds` of the answer is the total."""
    fields, video_id = await _read(request)
    prompt, seconds = read_prompt(fields), read_text(fields, "seconds") or str(EXTENSION_SECONDS[0])
    return Video.of(
        await services().derivations.extend(
            identity.user_id, video_id, prompt, seconds, idempotency_key=idempotency_key
        )
    )


async def _read(request: Request) -> tuple[dict[str, Any], UUID]:
    """Read the fields and the video's id; a file is refused before it is read."""
    if is_form(request):
        message = "The studio takes no file here. Name one of your videos in JSON: {'video': {'id': …}}."
        raise InvalidInput(message, "video", "unsupported")
    fields = await read_fields(request)
    if video_id := as_id(fields.get("video")):
        return fields, parse_public_id(video_id)
    message = "Name the video as {'video': {'id': …}}."
    raise InvalidInput(message, "video", "missing_required_parameter")
