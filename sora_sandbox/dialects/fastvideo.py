"""FastVideo 0.2.1: derived from SGLang's server; its lists do not name their ends, and its progress jumps.

What it shows of a video is its `VideoResponse` (fastvideo/entrypoints/openai/protocol.py): no prompt, no
expiry and no source.
"""

import uuid
from collections.abc import Mapping, Sequence

from sora_sandbox import wire
from sora_sandbox.dialects.sglang import SGLang
from sora_sandbox.job_store import VideoRecord
from sora_sandbox.wire import Json

_UNKNOWN = (
    *("expires_at", "remixed_from_video_id", "urls", "file_paths", "num_outputs", "revised_prompt"),
    *("action", "lidar"),
)
"""What SGLang has learnt to show since."""


class FastVideo(SGLang):
    """Like SGLang, without a cloud."""

    models = ("FastWan",)
    owner = "fastvideo"
    failed_content_status = 500
    list_limits = (1, 1_000_000)
    status_names: Mapping[str, str] = {"in_progress": "queued"}

    def about(self) -> Mapping[str, object]:
        """Tell no version."""
        return {"/health": {"status": "ok"}}

    def models_list(self) -> Json:
        """Say of each model where it is from."""
        page = wire.models_json(self.models, self.owner)
        for model in page["data"]:
            model["root"] = model["id"]
        return page

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
        for name in _UNKNOWN:
            del shown[name]
        shown["file_path"] = f"/outputs/videos/{job.id}.mp4"
        return shown | {"progress": 100 if job.status == "completed" else 0}

    def page(self, videos: Sequence[Json], *, more: bool) -> Json:
        """Write a list that does not say where it ends."""
        del more
        return {"object": "list", "data": list(videos)}
