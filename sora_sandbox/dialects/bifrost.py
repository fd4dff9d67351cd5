"""Bifrost: a gateway that wants the provider named in every model, id and list."""

from collections.abc import Mapping, Sequence

from sora_sandbox.dialects.base import Lenient
from sora_sandbox.job_store import VideoRecord, new_id
from sora_sandbox.wire import ApiError, Json

_RELEASE = "v1.5.0-prerelease3"
"""See its transports/bifrost-http/handlers/inference.go and core/schemas/videos.go; later ones find a
provider for a model that names none."""
_WHOSE = {"provider": "openai"}


class Bifrost(Lenient):
    """OpenAI is behind it; remixes go through, the newer operations do not."""

    models = ("openai/sora-2",)
    unsupported: Mapping[str, int] = {"edit": 404, "extend": 404, "character": 404, "retrieve_character": 404}
    ignores_unknown_cursor = False
    owner = "openai"

    def about(self) -> Mapping[str, object]:
        """Say how it is, and its version."""
        return {"/health": {"status": "ok", "components": {"db_pings": "ok"}}, "/api/version": _RELEASE}

    def models_list(self) -> Json:
        """Add who has answered."""
        return super().models_list() | {"extra_fields": {"request_type": "list_models"}}

    def new_id(self) -> str:
        """Return an id with the provider after a colon."""
        return new_id() + ":openai"

    def check_model(self, model: object) -> str:
        """Require `provider/model`."""
        if not isinstance(model, str) or "/" not in model:
            raise ApiError(400, "model should be in provider/model format", param="model")
        return model

    def check_list(self, query: Mapping[str, str]) -> None:
        """Require a provider."""
        if not query.get("provider"):
            raise ApiError(400, "provider query parameter is required")

    def video(self, job: VideoRecord, progress: int) -> Json:
        """Leave out what is not known, and show progress as a float, once there is any."""
        shown = super().video(job, progress)
        known = {name: value for name, value in shown.items() if value is not None}
        del known["progress"]
        if job.status != "queued":
            known["progress"] = float(shown["progress"])
        if job.status != "completed":
            del known["seconds"]
        return known | {"extra_fields": _WHOSE}

    def page(self, videos: Sequence[Json], *, more: bool) -> Json:
        """Show a length that is not known as null, in lists only."""
        shown = [{"seconds": None, **video} for video in videos]
        for video in shown:
            del video["extra_fields"]
        return super().page(shown, more=more) | {"extra_fields": _WHOSE}

    def deleted(self, job: VideoRecord) -> Json:
        """Add who has answered."""
        return super().deleted(job) | {"extra_fields": _WHOSE}

    def error(self, error: ApiError) -> tuple[int, Json]:
        """Write the gateway's own envelope."""
        return error.status, {
            "is_bifrost_error": error.code is None,
            "status_code": error.status,
            "error": {"message": error.message, "code": error.code, "param": error.param},
            "extra_fields": _WHOSE,
        }
