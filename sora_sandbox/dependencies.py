"""What routes share: the sandbox behind a request, the checks before a route, and how a Video is shown."""

import hmac
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Header, Request

from sora_sandbox.job_store import VideoRecord
from sora_sandbox.operations import operation_of
from sora_sandbox.service import Sandbox
from sora_sandbox.wire import ApiError, Json

IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key")]


def get_sandbox(request: Request) -> Sandbox:
    """Return the sandbox that serves a request."""
    return request.app.state.sandbox


CurrentSandbox = Annotated[Sandbox, Depends(get_sandbox)]


def require_api_key(request: Request, sandbox: CurrentSandbox) -> None:
    """Let only calls with the right bearer token through, if the sandbox has a key.

    Raises:
        ApiError: 401.
    """
    key, dialect = sandbox.settings.api_key, sandbox.dialect
    if key is None or not dialect.requires_api_key:
        return
    sent = next(filter(None, map(request.headers.get, dialect.api_key_headers)), "")
    scheme, _, token = sent.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise ApiError(401, "You didn't provide an API key: send it as a bearer token.", "invalid_api_key")
    if not hmac.compare_digest(token.strip().encode(), key.encode()):
        raise ApiError(401, "Incorrect API key provided.", "invalid_api_key")


def require_operation(request: Request, sandbox: CurrentSandbox) -> None:
    """Let only calls through that the dialect supports.

    Raises:
        ApiError: It does not support this one; the code is `absent`.
    """
    operation = operation_of(request.method, request.url.path)
    if status := sandbox.dialect.unsupported.get(operation or ""):
        raise ApiError(status, HTTPStatus(status).phrase, "absent")


def video_response(request: Request, job: VideoRecord, *, look: bool = False) -> Json:
    """Write a Video as the dialect does, with the URL of its file where it is not served as content.

    Args:
        request: The one that is answered.
        job: Whose Video it is.
        look: The Video is retrieved, neither made nor listed.
    """
    sandbox = get_sandbox(request)
    write = sandbox.dialect.look if look else sandbox.dialect.video
    video = write(job, sandbox.pool.progress(job.id))
    if job.status == "completed" and sandbox.dialect.has_external_url(job):
        video["url"] = f"{request.base_url}cloud/{job.id}.mp4"
    return video
