"""SGLang Diffusion 0.5.23: takes any size and model, requires no key, and loses its jobs at a restart.

What it shows of a video is its `VideoResponse` (multimodal_gen/runtime/entrypoints/openai/protocol.py): no
prompt anywhere, lists included, and of a finished one how long and in how much memory it was made.
"""

import uuid
from typing import Any

from sora_sandbox.dialects.base import Lenient
from sora_sandbox.job_store import VideoRecord
from sora_sandbox.wire import ApiError, Json

_INVALID = {"missing_required_parameter", "invalid_type", "invalid_value", "string_below_min_length"}
CLOUD_MODEL = "wan-cloud"
PEAK_MEMORY_MB = 24_576.0


class SGLang(Lenient):
    """`variant` is the number of an output, a deletion stops nothing, and files may be in the cloud."""

    models = ("wan", CLOUD_MODEL)
    """Files of the second one are uploaded: they are at `url`, not under /content."""
    requires_api_key = False
    keeps_jobs_in_memory = True
    delete_cancels = False
    list_limits = (1, 20)
    failed_content_status, pending_content_status = 404, 404

    def new_id(self) -> str:
        """Return a UUID."""
        return str(uuid.uuid4())

    def variant(self, wanted: str | None) -> str:
        """Accept only 0, the first output."""
        if wanted not in {None, "0"}:
            raise ApiError(404, f"Variant {wanted} not found")
        return "video"

    def has_external_url(self, job: VideoRecord) -> bool:
        """Tell by the model whether the file was uploaded."""
        return job.model == CLOUD_MODEL

    def video(self, job: VideoRecord, progress: int) -> Json:
        """Show no prompt, no expiry, of errors only the message, and what the rendering took."""
        shown = super().video(job, progress) | {"expires_at": None, "quality": "standard", "url": None}
        del shown["prompt"]
        ended = job.completed_at if job.status == "completed" else None
        shown["inference_time_s"] = float(max(1, ended - job.created_at)) if ended else None
        shown["peak_memory_mb"] = PEAK_MEMORY_MB if ended else None
        if job.error_code:
            shown["error"] = {"message": job.error_message}
        return shown

    def deleted(self, job: VideoRecord) -> Json:
        """Return the Video as it was, except for its status."""
        return self.video(job, 0) | {"status": "deleted"}

    def error(self, error: ApiError) -> tuple[int, Json]:
        """Write what FastAPI writes."""
        if error.code not in _INVALID:
            return error.status, {"detail": error.message}
        detail: list[dict[str, Any]] = [
            {"type": error.code, "loc": ["body", error.param], "msg": error.message, "input": None}
        ]
        return 422, {"detail": detail}
