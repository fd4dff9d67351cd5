"""Edits and extensions: videos made from one of one's own, or from a film that comes along."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.datastructures import UploadFile
from starlette.responses import Response

from sora_studio.api.body import chunks_of, is_form, open_form, read_fields
from sora_studio.api.dependencies import NarrowWriterDep
from sora_studio.api.parsing import read_prompt, read_text, read_upload_id, read_wish
from sora_studio.api.schemas import Video
from sora_studio.api.videos import IdempotencyKey, documented, going
from sora_studio.container import services
from sora_studio.domain.account import Identity
from sora_studio.domain.derivations import EXTENSION_SECONDS
from sora_studio.domain.errors import InvalidInput, NotFound
from sora_studio.domain.ids import parse_public_id
from sora_studio.domain.inputs import GivenInput, Role
from sora_studio.domain.video import PROMPT_MAX, VideoView

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


@router.post("/edits", openapi_extra=documented("application/json", "multipart/form-data", body=EditWish))
async def edit(
    request: Request, response: Response, identity: NarrowWriterDep, idempotency_key: IdempotencyKey = None
) -> Video:
    """Ask for a finished video, or for an MP4 that comes along, with a change; where its provider edits."""
    async with _read(request, Role.EDIT, identity) as (fields, source):
        if isinstance(source, GivenInput):
            return going(response, await _create(identity, fields, source, idempotency_key), identity)
        prompt = read_prompt(fields)
        return going(
            response,
            await services().derivations.edit(
                identity.user_id,
                source,
                prompt,
                idempotency_key=idempotency_key,
                key=identity.key,
            ),
            identity,
        )


@router.post(
    "/extensions", openapi_extra=documented("application/json", "multipart/form-data", body=ExtensionWish)
)
async def extend(
    request: Request, response: Response, identity: NarrowWriterDep, idempotency_key: IdempotencyKey = None
) -> Video:
    """Ask for a finished video, or for an MP4 that comes along, going on; `seconds` is the total."""
    async with _read(request, Role.EXTEND, identity) as (fields, source):
        if isinstance(source, GivenInput):
            return going(response, await _create(identity, fields, source, idempotency_key), identity)
        prompt, seconds = read_prompt(fields), read_text(fields, "seconds") or str(EXTENSION_SECONDS[0])
        return going(
            response,
            await services().derivations.extend(
                identity.user_id,
                source,
                prompt,
                seconds,
                idempotency_key=idempotency_key,
                key=identity.key,
            ),
            identity,
        )


async def _create(
    identity: Identity, fields: dict[str, Any], source: GivenInput, idempotency_key: str | None
) -> VideoView:
    wish = replace(read_wish(fields), inputs=(source,))
    return await services().videos.create(
        identity.user_id, wish, idempotency_key=idempotency_key, key=identity.key
    )


@asynccontextmanager
async def _read(
    request: Request, role: Role, identity: Identity
) -> AsyncGenerator[tuple[dict[str, Any], GivenInput | UUID]]:
    """Read the fields and what is worked on: one of one's videos, an upload, or a film that comes along.

    The latter is an upload for the block; the video that is asked for keeps a copy.

    Raises:
        InvalidInput: There is none, or it is no film.
    """
    if not is_form(request):
        fields = await read_fields(request)
        yield fields, _named(fields.get("video"), role)
        return
    async with open_form(request) as form:
        fields = dict(form.items())
        video = fields.pop("video", None)
        if not isinstance(video, UploadFile):
            yield (
                fields,
                _named({"id": fields.get("video[id]"), "file_id": fields.get("video[file_id]")}, role),
            )
            return
        read_prompt(fields)  # before the film is looked at
        upload = await services().uploads.add(
            identity.user_id, chunks_of(video), role.field, key=identity.key
        )
        try:
            yield fields, GivenInput(role, upload_id=upload.id, sha256=upload.sha256)
        finally:
            with suppress(NotFound):  # it has just been deleted by its owner
                await services().uploads.remove(identity.user_id, upload.id)


def _named(video: object, role: Role) -> GivenInput | UUID:
    match video:
        case {"id": str(video_id)}:
            return parse_public_id(video_id)
        case {"file_id": str(upload_id)}:
            return GivenInput(role, upload_id=read_upload_id(upload_id, role.field))
        case _:
            message = "Name the video as {'video': {'id': …}}, or send an MP4 as a file in the field 'video'."
            raise InvalidInput(message, role.field, "missing_required_parameter")
