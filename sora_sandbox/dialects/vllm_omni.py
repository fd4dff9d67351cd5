"""vLLM-Omni 0.30.0: forms only, jobs in memory, and a failed job is an HTTP error that holds the Video.

What it shows of a video is its `VideoResponse` (vllm_omni/entrypoints/openai/protocol/videos.py): with the
prompt, and of a finished one how long and in how much memory it was made.
"""

import re
import secrets
from collections.abc import Mapping
from http import HTTPStatus

from sora_sandbox import validation
from sora_sandbox.dialects.base import Lenient
from sora_sandbox.job_store import VideoRecord
from sora_sandbox.wire import ApiError, Json

PEAK_MEMORY_MB = 61_440.0
_RELEASE = "0.30.0"


class VllmOmni(Lenient):
    """One served model; progress jumps from nothing to everything."""

    models = ("Wan-AI/Wan2.2-T2V-A14B-Diffusers",)
    owner = "vllm"
    accepts_json = False
    keeps_jobs_in_memory = True
    list_limits = (0, 1_000_000)
    failed_content_status, pending_content_status = 422, 404

    def about(self) -> Mapping[str, object]:
        """Say how it is; the version is vLLM's."""
        return {"/health": {"status": "healthy"}, "/version": {"version": _RELEASE}}

    def models_list(self) -> Json:
        """Say of each model where it is from, and that anybody may use it."""
        page = super().models_list()
        for model in page["data"]:
            model |= {
                "root": model["id"],
                "parent": None,
                "max_model_len": None,
                "permission": [{"object": "model_permission"}],
            }
        return page

    def new_id(self) -> str:
        """Return `video_gen_` and 32 hex digits."""
        return "video_gen_" + secrets.token_hex(16)

    def check_model(self, model: object) -> str:
        """Require the served model, or none."""
        if model and model != self.models[0]:
            text = f"Model mismatch: request specifies '{model}' but server is running '{self.models[0]}'."
            raise ApiError(400, text)
        return self.models[0]

    def check_seconds(self, seconds: object) -> str:
        """Require a whole number as a string."""
        text = str(seconds or validation.DEFAULT_SECONDS)
        if not re.fullmatch(r"[1-9]\d*", text, re.ASCII):
            raise ApiError(400, "String should match pattern '^[1-9]\\d*$'", param="seconds")
        return super().check_seconds(text)

    def video(self, job: VideoRecord, progress: int) -> Json:
        """Show no progress, no expiry, and a number as the code of errors."""
        shown = super().video(job, progress)
        ended = job.completed_at if job.status == "completed" else None
        shown |= {
            "expires_at": None,
            "progress": 100 if ended else 0,
            "file_name": f"{job.id}.mp4" if ended else None,
            "fps": 24.0,
            "num_frames": 24 * int(job.seconds),
            "duration_s": float(job.seconds),
            "metrics": None,
            "stage_durations": {},
            "action": None,
            "quality": "default",
            "media_type": "video/mp4",
            "inference_time_s": float(max(1, ended - job.created_at)) if ended else None,
            "peak_memory_mb": PEAK_MEMORY_MB if ended else 0.0,
        }
        if job.error_code:
            shown["error"] = {"code": self.retrieve_status(job), "message": job.error_message}
        return shown

    def retrieve_status(self, job: VideoRecord) -> int:
        """Answer with an error when the job has failed."""
        if job.status != "failed":
            return 200
        return 400 if job.error_code == validation.MODERATION_BLOCKED[0] else 500

    def error(self, error: ApiError) -> tuple[int, Json]:
        """Write vLLM's envelope: the status as a phrase and as a number."""
        phrase = HTTPStatus(error.status).phrase
        shown = {"message": error.message, "type": phrase, "param": error.param, "code": error.status}
        return error.status, {"error": shown}
