"""The HTTP face of the sandbox: routes under /v1, and /healthz."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.responses import FileResponse

from sora_sandbox import wire
from sora_sandbox.dependencies import CurrentSandbox, IdempotencyKey, get_sandbox, video_response
from sora_sandbox.edit_routes import derived
from sora_sandbox.fault_middleware import FaultMiddleware
from sora_sandbox.fault_routes import control
from sora_sandbox.job_store import VideoRecord
from sora_sandbox.middleware import install_edge, require_api_key, require_operation
from sora_sandbox.operations import OPERATIONS
from sora_sandbox.parsing import parse_create, parse_remix
from sora_sandbox.service import Sandbox
from sora_sandbox.settings import SandboxSettings
from sora_sandbox.wire import ApiError, Json

routes = APIRouter(prefix="/v1", dependencies=[Depends(require_api_key), Depends(require_operation)])
routes.include_router(derived)  # before /videos/{video_id}, which would fit as well

SWEEP_EVERY = 30
"""Seconds between looks for expired files."""


def create_app(settings: SandboxSettings) -> FastAPI:
    """Build the server; its lifespan opens the store and ends every worker process."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        sandbox = app.state.sandbox = Sandbox(settings)
        sandbox.pool.start()
        sweeper = asyncio.create_task(_sweep(sandbox))
        try:
            yield
        finally:
            sweeper.cancel()
            await sandbox.close()

    app = FastAPI(title="Sora Studio sandbox", lifespan=lifespan, docs_url=None, redoc_url=None)
    install_edge(app)
    app.add_middleware(FaultMiddleware)
    app.include_router(routes)
    if settings.faults:
        app.include_router(control)
    app.add_api_route("/healthz", _healthz)
    app.add_api_route("/cloud/{video_id}.mp4", _cloud)
    app.add_api_route("/ledger", _ledger, dependencies=[Depends(require_api_key)])
    return app


async def _healthz() -> Json:
    """Say that the server answers."""
    return {"status": "ok"}


async def _cloud(request: Request, video_id: str) -> FileResponse:
    """Send the file of a video that is not served as content, to whoever has its address."""
    sandbox = get_sandbox(request)
    video = sandbox.get(video_id)
    if not sandbox.dialect.is_elsewhere(video):
        raise ApiError(404, "There is no such file.")
    path, kind = sandbox.file(video, "video")
    return FileResponse(path, media_type=kind)


async def _ledger(request: Request) -> Json:
    """Return every job that was ever accepted, deleted ones too, and what came in: the oracle of tests."""
    store = get_sandbox(request).store
    jobs = store.ledger()
    seen, by_key = store.seen()
    return {
        "object": "list",
        "data": [_entry(job, by_key) for job in jobs],
        "seen": {**dict.fromkeys(OPERATIONS, 0), **seen},
        "keys": by_key,
    }


def _entry(job: VideoRecord, by_key: Mapping[str, int]) -> Json:
    entry = dataclasses.asdict(job)
    key = entry.pop("sent_key")
    return {**entry, "idempotency_key": key, "posts": by_key.get(key or "")}


async def _sweep(sandbox: Sandbox) -> None:
    while True:
        sandbox.sweep()
        await asyncio.sleep(SWEEP_EVERY)


@routes.post("/videos")
async def create_video(request: Request, sandbox: CurrentSandbox, key: IdempotencyKey = None) -> Json:
    """Accept a job."""
    if done := sandbox.replayed(key):
        return video_response(request, done)
    spec, reference = await parse_create(request, sandbox.dialect, sandbox.character)
    return video_response(request, sandbox.create(spec, reference, key))


@routes.get("/videos")
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
    least, usual = dialect.limits
    if limit is not None and limit < least:
        raise ApiError(400, f"Invalid 'limit': must be at least {least}.", "invalid_value", "limit")
    size = usual if limit is None else limit
    page = sandbox.store.page(after=after, limit=size, descending=order == "desc")
    if page is None and not dialect.loses_place:
        raise ApiError(400, f"No video has the id '{(after or '')[:80]}'.", "invalid_value", "after")
    videos, more = page or ([], False)
    return dialect.page([video_response(request, video) for video in videos], more=more)


@routes.get("/videos/{video_id}")
async def retrieve_video(
    request: Request, video_id: str, response: Response, sandbox: CurrentSandbox
) -> Json:
    """Return a video, and when to ask again while it is being made."""
    video, hint = sandbox.get(video_id), sandbox.dialect.poll_after_ms
    response.status_code = sandbox.dialect.retrieve_status(video)
    if hint is None:
        hint = max(100, round(1000 / sandbox.settings.speed))
    if hint and video.status in {"queued", "in_progress"}:
        response.headers["openai-poll-after-ms"] = str(hint)
    return video_response(request, video)


@routes.delete("/videos/{video_id}")
async def delete_video(video_id: str, sandbox: CurrentSandbox) -> Json:
    """Delete a video, also one in the making."""
    return sandbox.dialect.deleted(sandbox.delete(video_id))


@routes.post("/videos/{video_id}/remix")
async def remix_video(
    request: Request, video_id: str, sandbox: CurrentSandbox, key: IdempotencyKey = None
) -> Json:
    """Accept a job that varies a completed video."""
    if done := sandbox.replayed(key):
        return video_response(request, done)
    sandbox.get(video_id)
    return video_response(request, sandbox.remix(video_id, await parse_remix(request, sandbox.dialect), key))


@routes.get("/videos/{video_id}/content")
async def download_content(
    video_id: str, sandbox: CurrentSandbox, variant: str | None = None
) -> FileResponse:
    """Send a file of a completed video."""
    path, kind = sandbox.content(video_id, variant)
    return FileResponse(path, media_type=kind)


@routes.get("/models")
async def list_models(sandbox: CurrentSandbox) -> Json:
    """Return the models."""
    return wire.models_json(sandbox.dialect.models)
