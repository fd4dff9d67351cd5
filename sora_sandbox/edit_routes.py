"""The routes for edits and extensions."""

from typing import Any, cast

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile

from sora_sandbox import validation
from sora_sandbox.dependencies import CurrentSandbox, IdempotencyKey, video_response
from sora_sandbox.job_store import JobSpec
from sora_sandbox.parsing import parse_fields, probe_upload
from sora_sandbox.wire import ApiError, Json

router = APIRouter()


@router.post("/videos/edits")
async def edit_video(request: Request, sandbox: CurrentSandbox, key: IdempotencyKey = None) -> Json:
    """Accept a job that changes a completed video, or a film that comes with the request."""
    if earlier := sandbox.find_by_key(key):
        return video_response(request, earlier)
    fields = await parse_fields(request, sandbox.dialect, {"prompt", "video", "model"})
    prompt = validation.check_prompt(fields.get("prompt"))
    film = fields.get("video")
    if not isinstance(film, UploadFile):
        return video_response(request, sandbox.remix(_video_id(film), prompt, key, "edit"))
    info = await probe_upload(film)
    model, size, seconds = validation.check_uploaded_film(
        fields.get("model"), info.width, info.height, info.seconds
    )
    spec = JobSpec(prompt, model, size, seconds, has_reference=True, kind="edit")
    return video_response(request, sandbox.create(spec, info.first_frame, key))


@router.post("/videos/extensions")
async def extend_video(request: Request, sandbox: CurrentSandbox, key: IdempotencyKey = None) -> Json:
    """Accept a job that continues a completed video, or a film that comes with the request."""
    if earlier := sandbox.find_by_key(key):
        return video_response(request, earlier)
    fields = await parse_fields(request, sandbox.dialect, {"prompt", "video", "seconds"})
    prompt = validation.check_prompt(fields.get("prompt"))
    seconds = validation.check_seconds(fields.get("seconds"))
    film = fields.get("video")
    if not isinstance(film, UploadFile):
        return video_response(request, sandbox.extend(_video_id(film), prompt, seconds, key))
    info = await probe_upload(film)
    model, size, _ = validation.check_uploaded_film(None, info.width, info.height, info.seconds)
    before = max(1, round(info.seconds))
    total = validation.check_extension(before, int(seconds), 0)
    spec = JobSpec(prompt, model, size, str(total), kind="extend", source_seconds=before)
    await film.seek(0)
    return video_response(request, sandbox.create(spec, None, key, await film.read()))


def _video_id(value: object) -> str:
    """Return the id of {"id": …}."""
    fields = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    video_id = fields.get("id")
    if not isinstance(video_id, str) or len(fields) != 1:
        text = "Expected 'video' to be an object with the 'id' of a completed video."
        raise ApiError(400, text, "invalid_value", "video")
    return video_id
