"""LiteLLM's proxy 1.110.2 in front of a provider such as Volcengine: another API behind the same routes."""

import base64
import json
import secrets
from collections.abc import Mapping

from sora_sandbox import validation, wire
from sora_sandbox.dialects.base import Lenient
from sora_sandbox.job_store import VideoRecord
from sora_sandbox.wire import ApiError, Json

_CLASSES = {400: "BadRequestError", 404: "NotFoundError", 429: "RateLimitError"}
_NO_LIST = (
    "litellm.BadRequestError: LLM Provider NOT provided. Pass in the LLM provider you are trying to call. "
    "You passed model=None"
)
_NO_SUCH_ROUTE, _NOT_FOUND = 405, 404
_RELEASE = "1.110.2"


class LiteLLM(Lenient):
    """Stateless: the id names the deployment. No list, no deletion, one file as all variants."""

    models = ("seedance", "veo")
    api_key_headers = ("authorization", "x-litellm-api-key")
    unsupported: Mapping[str, int] = {"list": 400, "delete": 405, "remix": 500, "edit": 500, "extend": 500,
              "character": 500, "retrieve_character": 500}  # fmt: skip
    owner = "openai"  # of all models, also of other makers
    retries = 2
    status_names: Mapping[str, str] = {"in_progress": "processing"}

    def about(self) -> Mapping[str, object]:
        """Say that it is alive, and whom it routes to."""
        route = {"model": "volcengine/seedance", "custom_llm_provider": "volcengine"}
        info = [{"model_name": model, "litellm_params": route, "model_info": {}} for model in self.models]
        return {"/health/liveliness": "I'm alive!", "/model/info": {"data": info}}

    def headers(self, path: str) -> Mapping[str, str]:
        """Tell its version with videos only."""
        return {"x-litellm-version": _RELEASE} if path.startswith("/v1/videos") else {}

    def new_id(self) -> str:
        """Return 242 characters that end in an equals sign."""
        route = (
            f"litellm:custom_llm_provider:volcengine;model_id:{secrets.token_hex(32)};"
            f"video_id:video_{secrets.token_hex(24)}"
        )
        return "video_" + base64.b64encode(route.encode()).decode()

    def check_model(self, model: object) -> str:
        """Require a model that is configured."""
        if model not in self.models:
            text = f"/videos: Invalid model name passed in model={model}. Call `/v1/models` to view them."
            raise ApiError(400, text)
        return str(model)

    def video(self, job: VideoRecord, progress: int) -> Json:
        """Leave out what is not known yet."""
        shown = super().video(job, progress)
        shown |= {"size": None, "expires_at": None}
        if job.status == "queued":
            shown |= {"created_at": None, "progress": None}
        elif job.status == "in_progress":
            del shown["progress"]
        if job.status != "completed":
            shown["seconds"] = None
        if job.error_code == validation.MODERATION_BLOCKED[0]:
            shown["status"] = "cancelled"
        if job.error_code:
            shown["error"] = {"code": 3, "message": job.error_message}
        return shown

    def error(self, error: ApiError) -> tuple[int, Json]:
        """Wrap the upstream's error as text, in which its code is lost."""
        if error.status == _NO_SUCH_ROUTE:
            return error.status, {"detail": "Method Not Allowed"}
        if error.status == _NOT_FOUND and error.code is None:
            return error.status, {"detail": "Not Found"}
        text, kind = error.message, "invalid_request_error"
        if error.code == "absent":
            kind = "None"
            text = _NO_LIST if error.status == 400 else f"NotImplementedError: {text}"  # noqa: PLR2004 -- HTTP
        elif error.code:
            upstream = wire.error_json(error.status, error.message, error.code, error.param)
            name = _CLASSES.get(error.status, "APIError")
            text = f"litellm.{name}: VolcengineException - {json.dumps(upstream)}"
        shown = {"message": text, "type": kind, "param": error.param, "code": str(error.status)}
        return error.status, {"error": shown}
