"""Unsloth Studio 2026.10: one job at a time, on one machine, and a fixed polling hint."""

from sora_sandbox import validation
from sora_sandbox.dialects.base import Lenient
from sora_sandbox.job_store import VideoRecord
from sora_sandbox.wire import ApiError, Json

_GRID, _SIDES = 16, (32, 2048)


class Unsloth(Lenient):
    """Writes errors as the hosted API does, and lengths with a fraction."""

    models = ("unsloth/Wan2.2-TI2V-5B",)
    one_job_at_a_time = True
    poll_after_ms = 2000
    ignores_unknown_cursor = False
    failed_content_status, pending_content_status = 400, 400

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
        """Serve no spritesheet."""
        if wanted not in {None, "video", "thumbnail"}:
            raise ApiError(400, f"Unsupported variant '{wanted}'.", "invalid_value", "variant")
        return wanted or "video"

    def video(self, job: VideoRecord, progress: int) -> Json:
        """Show the length of the frames, not the one that was asked for, and no expiry."""
        shown = super().video(job, progress)
        return shown | {"seconds": f"{int(job.seconds) + 0.04:.2f}", "expires_at": None}
