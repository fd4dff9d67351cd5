"""What the routes share: the sandbox behind a request, its key, and how a Video is shown."""

from typing import Annotated

from fastapi import Depends, Header, Request

from sora_sandbox.job_store import VideoRecord
from sora_sandbox.service import Sandbox
from sora_sandbox.wire import Json

IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key")]


def get_sandbox(request: Request) -> Sandbox:
    """Return the sandbox that a request came to."""
    return request.app.state.sandbox


CurrentSandbox = Annotated[Sandbox, Depends(get_sandbox)]


def video_response(request: Request, job: VideoRecord) -> Json:
    """Write a Video as the dialect does; with the address of its file, if that is elsewhere."""
    sandbox = get_sandbox(request)
    video = sandbox.dialect.video(job, sandbox.pool.progress(job.id))
    if job.status == "completed" and sandbox.dialect.is_elsewhere(job):
        video["url"] = f"{request.base_url}cloud/{job.id}.mp4"
    return video
