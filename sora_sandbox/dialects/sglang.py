"""SGLang Diffusion 0.5.23: takes any size and model, requires no key, and loses its jobs at a restart.

What it shows of a video is its `VideoResponse` (multimodal_gen/runtime/entrypoints/openai/protocol.py): no
prompt anywhere, lists included, and of a finished one how long and in how much memory it was made.
"""

import uuid
from collections.abc import Mapping

from sora_sandbox.dialects.base import Lenient
from sora_sandbox.job_store import VideoRecord
from sora_sandbox.wire import ApiError, Json

_RELEASE = "0.5.23"
_UNREADABLE = {"seconds", "limit", "order"}
"""What is no number or word that it knows is refused by FastAPI, everything else by the route."""
CLOUD_MODEL = "wan-cloud"
PEAK_MEMORY_MB = 24_576.0
_NOT_KNOWN = (
    *(
        "url",
        "urls",
        "file_path",
        "file_paths",
        "num_outputs",
        "expires_at",
        "revised_prompt",
        "action",
        "lidar",
    ),
)


class SGLang(Lenient):
    """`variant` is the number of an output, a deletion stops nothing, and files may be in the cloud."""

    models = ("wan", CLOUD_MODEL)
    """Files of the second one are uploaded: they are at `url`, not under /content."""
    owner = "sglang"
    requires_api_key = False
    keeps_jobs_in_memory = True
    delete_cancels = False
    list_limits = (1, 20)
    failed_content_status, pending_content_status = 404, 404

    def about(self) -> Mapping[str, object]:
        """Say what its own HTTP server says."""
        info = {"model_path": self.models[0], "served_model_name": self.models[0], "tp_size": 1, "dp_size": 1}
        return {"/health": {"status": "ok"}, "/server_info": info | {"version": _RELEASE}}

    def models_list(self) -> Json:
        """Say of each model how it is run."""
        page = super().models_list()
        for model in page["data"]:
            model |= {"root": model["id"], "parent": None, "max_model_len": None, "num_gpus": 1}
            model |= {"task_type": "T2V", "supported_task_types": ["T2V"], "dit_precision": "bf16"}
            model |= {
                "vae_precision": "fp32",
                "pipeline_name": "WanPipeline",
                "pipeline_class": "WanPipeline",
            }
        return page

    def new_id(self) -> str:
        """Return a UUID."""
        return str(uuid.uuid4())

    def variant(self, wanted: str | None) -> str:
        """Accept only 0, the first output."""
        if wanted not in {None, "0"}:
            raise ApiError(404, f"Video variant {wanted} not found")
        return "video"

    def has_external_url(self, job: VideoRecord) -> bool:
        """Tell by the model whether the file was uploaded."""
        return job.model == CLOUD_MODEL

    def video(self, job: VideoRecord, progress: int) -> Json:
        """Show no prompt, no expiry, of errors only the message, and what the rendering took."""
        shown = super().video(job, progress) | dict.fromkeys(_NOT_KNOWN) | {"quality": "standard"}
        del shown["prompt"]
        ended = job.completed_at if job.status == "completed" else None
        shown["inference_time_s"] = float(max(1, ended - job.created_at)) if ended else None
        shown["peak_memory_mb"] = PEAK_MEMORY_MB if ended else None
        if not job.error_code:
            shown["file_path"] = f"/outputs/{job.id}.mp4"
        if ended:
            shown |= {"num_outputs": 1, "urls": [None], "file_paths": [shown["file_path"]]}
        if job.error_code:
            shown["error"] = {"message": job.error_message}
        return shown

    def deleted(self, job: VideoRecord) -> Json:
        """Return the Video as it was, except for its status."""
        return self.video(job, 0) | {"status": "deleted"}

    def error(self, error: ApiError) -> tuple[int, Json]:
        """Write what FastAPI writes."""
        if error.code == "video_not_found":
            return 404, {"detail": "Video not found"}
        if error.code == "missing_required_parameter":
            return 400, {"detail": f"{error.param} is required"}
        if error.code != "invalid_value" or error.param not in _UNREADABLE:
            return error.status, {"detail": error.message}
        where = "body" if error.param == "seconds" else "query"
        detail: Json = {"type": error.code, "loc": [where, error.param], "msg": error.message, "input": None}
        return 422, {"detail": [detail | ({"ctx": {"ge": 1}} if where == "query" else {})]}
