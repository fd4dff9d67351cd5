"""The routes for what starts from a film: edits, extensions, characters. They stand before /videos/{id}."""

import asyncio
import dataclasses
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile

from sora_sandbox import validation
from sora_sandbox.dependencies import CurrentSandbox, IdempotencyKey, video_response
from sora_sandbox.job_store import JobSpec
from sora_sandbox.parsing import parse_fields
from sora_sandbox.wire import ApiError, Json

if TYPE_CHECKING:
    from sora_sandbox.film.source_film import FilmInfo

derived = APIRouter()


@derived.post("/videos/edits")
async def edit_video(request: Request, sandbox: CurrentSandbox, key: IdempotencyKey = None) -> Json:
    """Accept a job that changes a completed video, or a film that comes with the request."""
    if done := sandbox.replayed(key):
        return video_response(request, done)
    fields = await parse_fields(request, sandbox.dialect, {"prompt", "video", "model"})
    prompt = validation.check_prompt(fields.get("prompt"))
    film = fields.get("video")
    if not isinstance(film, UploadFile):
        return video_response(request, sandbox.remix(_video_id(film), prompt, key, "edit"))
    seen = await _look_at(film)
    form = validation.check_upload(fields.get("model"), seen.width, seen.height, seen.seconds)
    spec = JobSpec(prompt, *form, has_reference=True, kind="edit")
    return video_response(request, sandbox.create(spec, seen.picture, key))


@derived.post("/videos/extensions")
async def extend_video(request: Request, sandbox: CurrentSandbox, key: IdempotencyKey = None) -> Json:
    """Accept a job that goes on from the end of a completed video."""
    if done := sandbox.replayed(key):
        return video_response(request, done)
    fields = await parse_fields(request, sandbox.dialect, {"prompt", "video", "seconds"})
    prompt, seconds = (
        validation.check_prompt(fields.get("prompt")),
        validation.check_seconds(fields.get("seconds")),
    )
    return video_response(request, sandbox.extend(_video_id(fields.get("video")), prompt, seconds, key))


@derived.post("/videos/characters")
async def create_character(request: Request, sandbox: CurrentSandbox) -> Json:
    """Keep a character; its film is looked at and not kept."""
    fields = await parse_fields(request, sandbox.dialect, {"name", "video"})
    name, film = fields.get("name"), fields.get("video")
    if not isinstance(name, str) or not 0 < len(name) <= validation.LONGEST_NAME:
        text = f"Invalid 'name': expected a text of 1 to {validation.LONGEST_NAME} characters."
        raise ApiError(400, text, "invalid_value", "name")
    if not isinstance(film, UploadFile):
        raise ApiError(400, "Invalid type for 'video': expected a file.", "invalid_type", "video")
    seen = await _look_at(film)
    least, most = validation.CHARACTER_SECONDS
    if not least - 0.05 <= seen.seconds <= most + 0.05:  # frames do not end at whole seconds
        text = f"The video of a character must have {least} to {most} seconds, not {seen.seconds:.1f}."
        raise ApiError(400, text, "invalid_value", "video")
    return dataclasses.asdict(sandbox.store.add_character(name))


@derived.get("/videos/characters/{character_id}")
async def retrieve_character(character_id: str, sandbox: CurrentSandbox) -> Json:
    """Return a character."""
    return dataclasses.asdict(sandbox.character(character_id))


def _video_id(value: object) -> str:
    """Return the id of {"id": …}."""
    fields = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    video_id = fields.get("id")
    if not isinstance(video_id, str) or len(fields) != 1:
        text = "Expected 'video' to be an object that holds the 'id' of a completed video."
        raise ApiError(400, text, "invalid_value", "video")
    return video_id


async def _look_at(film: UploadFile) -> "FilmInfo":
    return await asyncio.to_thread(_looked_at, await film.read())


def _looked_at(data: bytes) -> "FilmInfo":
    """Look at a film that came with a request."""
    from sora_sandbox.film.source_film import probe  # noqa: PLC0415 -- loads a codec library, which few starts need

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film"
        path.write_bytes(data)
        try:
            return probe(path)
        except ValueError as error:
            raise ApiError(400, str(error), "invalid_video", "video") from error
