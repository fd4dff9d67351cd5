"""What a dialect decides; the base class is the hosted API, and `Lenient` what most other servers share."""

import re
from collections.abc import Mapping, Sequence

from sora_sandbox import validation, wire
from sora_sandbox.job_store import VideoRecord, new_id
from sora_sandbox.wire import ApiError, Json

_MAX_SIDE = 4096
_MAX_SECONDS = 60
_RATIOS = {"16:9": "1280x720", "9:16": "720x1280", "1:1": "720x720"}


class Dialect:
    """The hosted Videos API. A server's dialect overrides what differs there."""

    models: tuple[str, ...] = validation.MODELS
    accepts_json = True
    """Creates may be JSON; forms always may."""
    ignores_unknown_fields = False
    """Unknown parameters are ignored, not refused."""
    resizes_reference = False
    """A reference of another size is resized, not refused."""
    honours_idempotency_key = True
    """A known Idempotency-Key makes nothing new: the sandbox is kinder than the hosted API."""
    requires_api_key = True
    api_key_headers: tuple[str, ...] = ("authorization",)
    unsupported: Mapping[str, int] = {}
    """Operations that it does not support, and the HTTP status that it answers instead."""
    keeps_jobs_in_memory = False
    """A restart loses them."""
    one_job_at_a_time = False
    """A create while a job runs is answered 409."""
    delete_cancels = True
    """A deletion stops a running job."""
    retries = 0
    """How often it sends what failed once more by itself, unless told not to."""
    poll_after_ms: int | None = None
    """A fixed hint; None follows the speed of the sandbox, and 0 is no hint."""
    list_limits = (0, 20)
    """The least `limit` of a page, and the default."""
    ignores_unknown_cursor = False
    """A list after an unknown id is empty, not an error."""
    failed_content_status, pending_content_status = 404, 404
    """HTTP status of the content of a failed job, and of an unfinished one."""
    status_names: Mapping[str, str] = {}
    """Its own names of statuses."""

    owner = "sandbox"
    """Of its models, in their list."""
    names_unknown_routes = True
    """Which route is unknown is said."""

    def about(self) -> Mapping[str, object]:
        """Return what it says of itself beside the API, as JSON by path."""
        return {}

    def headers(self, path: str) -> Mapping[str, str]:
        """Return what it adds to every answer, by the path that was asked."""
        del path
        return {}

    def models_list(self) -> Json:
        """Write the list of models."""
        return wire.models_json(self.models, self.owner)

    def supports(self, operation: str) -> bool:
        """Tell whether an operation exists here."""
        return operation not in self.unsupported

    def new_id(self) -> str:
        """Return a fresh id."""
        return new_id()

    def check_parameters(self, fields: Mapping[str, object]) -> tuple[str, str, str]:
        """Return an acceptable model, size (WxH) and length (seconds) of a create.

        Raises:
            ApiError: One of them is not acceptable.
        """
        return validation.check_parameters(fields.get("model"), fields.get("size"), fields.get("seconds"))

    def check_list(self, query: Mapping[str, str]) -> None:
        """Refuse a list request that lacks a required parameter.

        Raises:
            ApiError: It lacks one.
        """

    def variant(self, wanted: str | None) -> str:
        """Return which file of a video is meant: video, thumbnail or spritesheet.

        Raises:
            ApiError: There is no such variant.
        """
        wanted = wanted or "video"
        if wanted not in {"video", "thumbnail", "spritesheet"}:
            listed = "'video', 'thumbnail' and 'spritesheet'"
            text = f"Invalid value: '{wanted[:64]}'. Supported values are: {listed}."
            raise ApiError(400, text, "invalid_value", "variant")
        return wanted

    def has_external_url(self, job: VideoRecord) -> bool:
        """Tell whether the file is at a URL in the Video, and not served as content."""
        del job
        return False

    def video(self, job: VideoRecord, progress: int) -> Json:
        """Write a Video."""
        return wire.video_json(job, progress) | {"status": self.status_names.get(job.status, job.status)}

    def look(self, job: VideoRecord, progress: int) -> Json:
        """Write what a Video is retrieved as."""
        return self.video(job, progress)

    def retrieve_status(self, job: VideoRecord) -> int:
        """Return the HTTP status with which a Video is retrieved."""
        del job
        return 200

    def page(self, videos: Sequence[Json], *, more: bool) -> Json:
        """Write one page of a list."""
        return wire.list_json(videos, more=more)

    def deleted(self, job: VideoRecord) -> Json:
        """Write the answer to a deletion."""
        return wire.deleted_json(job.id)

    def error(self, error: ApiError) -> tuple[int, Json]:
        """Return the HTTP status and the body of an error."""
        return error.status, wire.error_json(error.status, error.message, error.code, error.param)


class Lenient(Dialect):
    """A server that takes any size and length, and ignores unknown parameters and idempotency keys."""

    ignores_unknown_fields = resizes_reference = True
    honours_idempotency_key = False
    unsupported: Mapping[str, int] = {
        "remix": 404, "edit": 405, "extend": 405, "character": 405, "retrieve_character": 404,
    }  # fmt: skip
    """What a FastAPI server answers that has only /videos, /videos/{id} and /videos/{id}/content."""
    poll_after_ms = 0
    ignores_unknown_cursor = True
    names_unknown_routes = False

    def check_parameters(self, fields: Mapping[str, object]) -> tuple[str, str, str]:
        """Check each of the three by itself."""
        return (
            self.check_model(fields.get("model")),
            self.check_size(fields.get("size")),
            self.check_seconds(fields.get("seconds")),
        )

    def check_model(self, model: object) -> str:
        """Return the model, whichever it is; by default the first."""
        return str(model) if model else self.models[0]

    def check_size(self, size: object) -> str:
        """Return a size as WxH; a ratio becomes a size that has it."""
        text = _RATIOS.get(str(size), str(size or validation.DEFAULT_SIZE))
        sides = [int(side) for side in text.split("x")] if re.fullmatch(r"\d{1,5}x\d{1,5}", text) else []
        if not sides or not all(0 < side <= _MAX_SIDE for side in sides):
            raise ApiError(
                400, f"Invalid size {text[:32]!r}, expected WIDTHxHEIGHT.", "invalid_value", "size"
            )
        return text

    def check_seconds(self, seconds: object) -> str:
        """Return a length, rounded to whole seconds."""
        try:
            number = round(float(str(seconds or validation.DEFAULT_SECONDS)))
        except ValueError:
            number = 0
        if not 0 < number <= _MAX_SECONDS:
            raise ApiError(400, f"Invalid seconds: {str(seconds)[:32]!r}.", "invalid_value", "seconds")
        return str(number)

    def variant(self, wanted: str | None) -> str:
        """Serve the film as every variant."""
        del wanted
        return "video"
