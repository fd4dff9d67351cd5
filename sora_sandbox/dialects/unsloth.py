"""Unsloth Studio 2026.10: one job at a time, on one machine, and a fixed polling hint."""

from collections.abc import Mapping

from sora_sandbox import validation
from sora_sandbox.dialects.base import Lenient
from sora_sandbox.job_store import VideoRecord
from sora_sandbox.wire import ApiError, Json

_RELEASE = "2026.10.9"
_GRID, _SIDES = 16, (32, 2048)


class Unsloth(Lenient):
    """Writes errors as the hosted API does, and lengths with a fraction."""

    models = ("unsloth/Wan2.2-TI2V-5B",)
    owner = "unsloth-studio"
    list_limits = (1, 20)
    one_job_at_a_time = True
    poll_after_ms = 2000
    ignores_unknown_cursor = False
    failed_content_status, pending_content_status = 400, 400

    def about(self) -> Mapping[str, object]:
        """Say what its backend says."""
        said = {"status": "healthy", "service": "Unsloth UI Backend", "version": _RELEASE, "chat_only": False}
        return {"/api/health": said}

    def check_model(self, model: object) -> str:
        """Require the model that is loaded, or none."""
        if model and model != self.models[0]:
            text = "The requested video model changed before generation was reserved."
            raise ApiError(409, text, "model_changed", "model")
        return self.models[0]

    def check_size(self, size: object) -> str:
        """Require sides within bounds, on the model's grid."""
        text = super().check_size(size)
        if any(not _SIDES[0] <= side <= _SIDES[1] or side % _GRID for side in validation.parse_size(text)):
            message = f"Invalid size '{text}': width and height must be multiples of {_GRID}, 32 to 2048."
            raise ApiError(400, message, "invalid_value", "size")
        return text

    def check_seconds(self, seconds: object) -> str:
        """Accept "auto", too."""
        return super().check_seconds(None if seconds == "auto" else seconds)

    def variant(self, wanted: str | None) -> str:
        """Serve no spritesheet; a thumbnail needs what this machine has not."""
        if wanted not in {None, "video", "thumbnail"}:
            raise ApiError(400, "Unsupported variant. Use 'video' or 'thumbnail'.", param="variant")
        if wanted == "thumbnail":
            raise ApiError(501, "PyAV is not installed.", "video_thumbnail_unavailable")
        return "video"

    def video(self, job: VideoRecord, progress: int) -> Json:
        """Show the length of the frames, not the one that was asked for, and no expiry."""
        shown = super().video(job, progress)
        return shown | {"seconds": f"{int(job.seconds) + 0.04:.2f}", "expires_at": None, "seed": 42}
