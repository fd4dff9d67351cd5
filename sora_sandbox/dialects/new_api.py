"""new-api (QuantumNous) with a channel other than Sora: tasks behind the video routes."""

import secrets
from collections.abc import Mapping

from sora_sandbox import validation
from sora_sandbox.dialects.base import Lenient
from sora_sandbox.job_store import VideoRecord
from sora_sandbox.wire import ApiError, Json

_RELEASE = "v1.0.0"
_CONTENT_ERRORS = {"video_not_ready", "video_generation_failed", "video_expired"}


class NewApi(Lenient):
    """No list, no deletion; statuses, percentages and milliseconds are passed on from the upstream."""

    models = ("kling-v2", "wan2.6")
    unsupported: Mapping[str, int] = {"list": 404, "delete": 404, "remix": 400, "edit": 404, "extend": 404,
              "character": 404, "retrieve_character": 404}  # fmt: skip
    owner = "custom"
    names_unknown_routes = True
    status_names: Mapping[str, str] = {
        "queued": "submitted",
        "in_progress": "processing",
        "completed": "SUCCESS",
        "failed": "FAILURE",
    }
    failed_content_status, pending_content_status = 502, 400

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
        """Return `task_` and 32 hex digits."""
        return "task_" + secrets.token_hex(16)

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
        """Pass on what the upstream says."""
        shown = super().video(job, progress)
        width, height = validation.parse_size(job.size)
        shown |= {
            "task_id": job.id,
            "created_at": job.created_at * 1000,
            "progress": f"{shown['progress']}%",
            "size": "16:9" if width > height else "9:16",
        }
        del shown["expires_at"]
        if job.status != "completed":
            del shown["seconds"]
        return shown

    def error(self, error: ApiError) -> tuple[int, Json]:
        """Write a task's error, or an envelope for content and missing routes."""
        if error.code in _CONTENT_ERRORS:
            return error.status, {"error": {"message": error.message, "type": "invalid_request_error"}}
        if error.code == "absent" and error.status == 404:  # noqa: PLR2004 -- HTTP
            shown = {"message": error.message, "type": "invalid_request_error", "param": "", "code": ""}
            return 404, {"error": shown}
        if error.code == "video_not_found":
            return 400, {"code": "task_not_exist", "message": "task_not_exist", "data": None}
        return error.status, {"code": error.code or "invalid_request", "message": error.message, "data": None}
