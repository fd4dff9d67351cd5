"""The routes for videos and models."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse

from sora_sandbox.dependencies import CurrentSandbox, IdempotencyKey, video_response
from sora_sandbox.parsing import parse_create, parse_remix
from sora_sandbox.wire import ApiError, Json

router = APIRouter()
cloud_router = APIRouter()


@router.post("/videos")
async def create_video(request: Request, sandbox: CurrentSandbox, key: IdempotencyKey = None) -> Json:
    """Accept a job."""
    if earlier := sandbox.find_by_key(key):
        return video_response(request, earlier)
    spec, reference = await parse_create(request, sandbox.dialect, sandbox.character)
    return video_response(request, sandbox.create(spec, reference, key))


@router.get("/videos")
async def list_videos(
    request: Request,
    sandbox: CurrentSandbox,
    after: str | None = None,
    limit: Annotated[int | None, Query(ge=0, le=100)] = None,
    order: Literal["asc", "desc"] = "desc",
) -> Json:
    """Return one page of videos."""
    dialect = sandbox.dialect
    dialect.check_list(request.query_params)
    least, default = dialect.list_limits
    if limit is not None and limit < least:
        raise ApiError(400, f"Invalid 'limit': must be at least {least}.", "invalid_value", "limit")
    size = default if limit is None else limit
    page = sandbox.store.page(after=after, limit=size, descending=order == "desc")
    if page is None and not dialect.ignores_unknown_cursor:
        raise ApiError(400, f"No video has the id '{(after or '')[:80]}'.", "invalid_value", "after")
    videos, more = page or ([], False)
    return dialect.page([video_response(request, video) for video in videos], more=more)


@router.get("/videos/{video_id}")
async def retrieve_video(
    request: Request, video_id: str, response: Response, sandbox: CurrentSandbox
) -> Json:
    """Return a video and, while it is being made, when to ask again."""
    video, hint = sandbox.get(video_id), sandbox.dialect.poll_after_ms
    response.status_code = sandbox.dialect.retrieve_status(video)
    if hint is None:
        hint = max(100, round(1000 / sandbox.settings.speed))
    if hint and video.status in {"queued", "in_progress"}:
        response.headers["openai-poll-after-ms"] = str(hint)
    return video_response(request, video, look=True)


@router.delete("/videos/{video_id}")
async def delete_video(video_id: str, sandbox: CurrentSandbox) -> Json:
    """Delete a video, also one that is being made."""
    return sandbox.dialect.deleted(sandbox.delete(video_id))


@router.post("/videos/{video_id}/remix")
async def remix_video(
    request: Request, video_id: str, sandbox: CurrentSandbox, key: IdempotencyKey = None
) -> Json:
    """Accept a job that varies a completed video."""
    if earlier := sandbox.find_by_key(key):
        return video_response(request, earlier)
    sandbox.get(video_id)
    prompt = await parse_remix(request, sandbox.dialect)
    return video_response(request, sandbox.remix(video_id, prompt, key))


@router.get("/videos/{video_id}/content")
async def download_content(
    video_id: str, sandbox: CurrentSandbox, variant: str | None = None
) -> FileResponse:
    """Send a file of a completed video."""
    path, media_type = sandbox.content(video_id, variant)
    return FileResponse(path, media_type=media_type)


@router.get("/models")
async def list_models(sandbox: CurrentSandbox) -> Json:
    """Return the models."""
    return sandbox.dialect.models_list()


@cloud_router.get("/cloud/{video_id}.mp4")
async def download_from_cloud(video_id: str, sandbox: CurrentSandbox) -> FileResponse:
    """Send the file of a video that is not served as content; like a signed URL, it needs no key."""
    video = sandbox.get(video_id)
    if not sandbox.dialect.has_external_url(video):
        raise ApiError(404, "There is no such file.")
    path, media_type = sandbox.file(video, "video")
    return FileResponse(path, media_type=media_type)
