"""What the routes share: the sandbox behind a request, its key, and how a Video is shown."""

from typing import Annotated

from fastapi import Depends, Header, Request

from sora_studio.sandbox.service import Sandbox
from sora_studio.sandbox.store import VideoRecord
from sora_studio.sandbox.wire import Json

Key = Annotated[str | None, Header(alias="Idempotency-Key")]


def sandbox_of(request: Request) -> Sandbox:
    """Return the sandbox that a request came to."""
    return request.app.state.sandbox


At = Annotated[Sandbox, Depends(sandbox_of)]


def shown(request: Request, job: VideoRecord) -> Json:
    """Write a Video as the dialect does; with the address of its file, if that is elsewhere."""
    sandbox = sandbox_of(request)
    video = sandbox.dialect.video(job, sandbox.pool.progress(job.id))
    if job.status == "completed" and sandbox.dialect.is_elsewhere(job):
        video["url"] = f"{request.base_url}cloud/{job.id}.mp4"
    return video
