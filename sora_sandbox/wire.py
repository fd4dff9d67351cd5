"""The wire format: videos, lists and errors as the Videos API writes them."""

from collections.abc import Sequence
from typing import Any

from sora_sandbox.job_store import VideoRecord

Json = dict[str, Any]


class ApiError(Exception):
    """A response with an error status."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        param: str | None = None,
        *,
        retry_after: int | None = None,
    ) -> None:
        """Take the fields of the error envelope; `retry_after` is in seconds."""
        super().__init__(message)
        self.status, self.message, self.code, self.param = status, message, code, param
        self.headers = {} if retry_after is None else {"Retry-After": str(retry_after)}


_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


def error_json(status: int, message: str, code: str | None, param: str | None) -> Json:
    """Write the error envelope."""
    type_ = _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")  # noqa: PLR2004 -- HTTP
    return {"error": {"message": message, "type": type_, "param": param, "code": code}}


def video_json(video: VideoRecord, progress: int) -> Json:
    """Write a Video object."""
    return {
        "id": video.id,
        "object": "video",
        "created_at": video.created_at,
        "completed_at": video.completed_at,
        "expires_at": None if video.expires_at is None else int(video.expires_at),
        "status": video.status,
        "progress": 100 if video.status == "completed" else progress,
        "model": video.model,
        "prompt": video.prompt,
        "size": video.size,
        "seconds": video.seconds,
        "remixed_from_video_id": video.remixed_from,
        "error": {"code": video.error_code, "message": video.error_message} if video.error_code else None,
    }


def list_json(data: Sequence[Json], *, more: bool) -> Json:
    """Write one page of a list."""
    return {
        "object": "list",
        "data": list(data),
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": more,
    }


def deleted_json(video_id: str) -> Json:
    """Write the answer to a deletion."""
    return {"id": video_id, "object": "video.deleted", "deleted": True}


def models_json(models: Sequence[str], owner: str) -> Json:
    """Write the list of models."""
    return {
        "object": "list",
        "data": [
            {"id": model, "object": "model", "created": 1_759_708_800, "owned_by": owner} for model in models
        ],
    }
