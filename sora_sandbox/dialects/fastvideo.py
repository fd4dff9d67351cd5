"""FastVideo 0.2.1: derived from SGLang's server; its lists do not name their ends, and its progress jumps.

What it shows of a video is its `VideoResponse` (fastvideo/entrypoints/openai/protocol.py): no prompt, no
expiry and no source.
"""

import uuid
from collections.abc import Sequence

from sora_sandbox.dialects.sglang import SGLang
from sora_sandbox.job_store import VideoRecord
from sora_sandbox.wire import Json


class FastVideo(SGLang):
    """Like SGLang, without a cloud."""

    models = ("FastWan",)
    failed_content_status = 500

    def new_id(self) -> str:
        """Return a UUID without dashes."""
        return uuid.uuid4().hex

    def variant(self, wanted: str | None) -> str:
        """Serve the film as every variant."""
        del wanted
        return "video"

    def video(self, job: VideoRecord, progress: int) -> Json:
        """Show neither progress nor expiry nor source."""
        shown = super().video(job, progress)
        del shown["expires_at"], shown["remixed_from_video_id"]
        return shown | {"progress": 100 if job.status == "completed" else 0}

    def page(self, videos: Sequence[Json], *, more: bool) -> Json:
        """Write a list that does not say where it ends."""
        del more
        return {"object": "list", "data": list(videos)}
