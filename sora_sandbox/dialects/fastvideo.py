"""FastVideo 0.2: grown out of SGLang's server; its list has no ends and its progress no steps."""

import uuid
from collections.abc import Sequence

from sora_sandbox.dialects.sglang import SGLang
from sora_sandbox.job_store import VideoRecord
from sora_sandbox.wire import Json


class FastVideo(SGLang):
    """Like SGLang, without a cloud."""

    models = ("FastWan",)
    status_failed = 500

    def new_id(self) -> str:
        """Return a UUID without dashes."""
        return uuid.uuid4().hex

    def variant(self, wanted: str | None) -> str:
        """Return the film, whatever is asked for."""
        del wanted
        return "video"

    def video(self, job: VideoRecord, progress: int) -> Json:
        """Show neither progress nor expiry."""
        shown = super().video(job, progress)
        del shown["expires_at"]
        return shown | {"progress": 100 if job.status == "completed" else 0}

    def page(self, videos: Sequence[Json], *, more: bool) -> Json:
        """Write a list that does not say where it ends."""
        del more
        return {"object": "list", "data": list(videos)}
