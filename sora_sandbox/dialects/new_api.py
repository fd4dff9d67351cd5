"""new-api (QuantumNous) with a channel other than Sora: tasks behind the video routes."""

import secrets
import string
from collections.abc import Mapping

from sora_sandbox.dialects.base import Lenient
from sora_sandbox.job_store import VideoRecord
from sora_sandbox.wire import ApiError, Json

_RELEASE = "v1.0.0-rc.30"
"""Whose looks are in issue 7194 of QuantumNous/new-api; the rest is in its router/video-router.go,
dto/openai_video.go, relay/relay_task.go and controller/video_proxy.go."""
_LETTERS = string.ascii_letters + string.digits
_CONTENT_ERRORS = {"video_not_ready", "video_generation_failed", "video_expired"}
_BEFORE_RELAYING = {"model_not_found", "invalid_api_key"}
"""Refusals of its middleware, which writes envelopes as OpenAI does."""


class NewApi(Lenient):
    """No list, no deletion; a create answers with a Video, a look with a task."""

    models = ("kling-v2", "wan2.6")
    unsupported: Mapping[str, int] = {"list": 404, "delete": 404, "remix": 400, "edit": 404, "extend": 404,
              "character": 404, "retrieve_character": 404}  # fmt: skip
    owner = "custom"
    names_unknown_routes = True
    status_names: Mapping[str, str] = {
        "queued": "QUEUED",
        "in_progress": "IN_PROGRESS",
        "completed": "SUCCESS",
        "failed": "FAILURE",
    }
    failed_content_status, pending_content_status = 400, 400

    def headers(self, path: str) -> Mapping[str, str]:
        """Tell its version with everything."""
        del path
        return {"x-new-api-version": _RELEASE}

    def models_list(self) -> Json:
        """Say of each model how it can be asked."""
        page = super().models_list()
        page["success"] = True
        for model in page["data"]:
            model["supported_endpoint_types"] = ["openai-video"]
        return page

    def new_id(self) -> str:
        """Return `task_` and 32 letters and digits."""
        return "task_" + "".join(secrets.choice(_LETTERS) for _ in range(32))

    def check_parameters(self, fields: Mapping[str, object]) -> tuple[str, str, str]:
        """Accept `duration` as `seconds`."""
        return super().check_parameters({"seconds": fields.get("duration"), **fields})

    def check_model(self, model: object) -> str:
        """Require a model that some channel has."""
        if model not in self.models:
            text = f"No available channel for model {model} under group default"
            raise ApiError(503, text, "model_not_found")
        return str(model)

    def video(self, job: VideoRecord, progress: int) -> Json:
        """Answer a create: a Video in which nothing but its id is certain."""
        del progress
        created = {"status": "queued", "progress": 0, "model": job.model, "created_at": job.created_at}
        return {"id": job.id, "task_id": job.id, "object": "video", **created}

    def look(self, job: VideoRecord, progress: int) -> Json:
        """Show one of its tasks, which has no `id`, no model, no size, and no code of an error."""
        percent = 100 if job.status == "completed" else progress
        return {
            "created_at": job.created_at,
            "fail_reason": job.error_message or "",
            "finished_at": job.completed_at or 0,
            "platform": "1",
            "progress": f"{percent}%",
            "status": self.status_names[job.status],
            "task_id": job.id,
        }

    def error(self, error: ApiError) -> tuple[int, Json]:
        """Write a task's error, or an envelope for content and missing routes."""
        if error.code in _CONTENT_ERRORS:
            return error.status, {"error": {"message": error.message, "type": "invalid_request_error"}}
        if error.code == "absent" and error.status == 404:  # noqa: PLR2004 -- HTTP
            shown = {"message": error.message, "type": "invalid_request_error", "param": "", "code": ""}
            return 404, {"error": shown}
        if error.code in _BEFORE_RELAYING:
            return error.status, {
                "error": {"message": error.message, "type": "new_api_error", "code": error.code}
            }
        if error.code == "video_not_found":
            return 400, {"code": "task_not_exist", "message": "task_not_exist", "data": None}
        return error.status, {"code": error.code or "invalid_request", "message": error.message, "data": None}
