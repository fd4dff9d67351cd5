"""What a dialect can say; the base class is the hosted API, and `Lenient` what most other servers share."""

import re
from collections.abc import Mapping, Sequence

from sora_sandbox import validation, wire
from sora_sandbox.job_store import VideoRecord, new_id
from sora_sandbox.wire import ApiError, Json

_LARGEST_SIDE = 4096
_LONGEST_SECONDS = 60
_RATIOS = {"16:9": "1280x720", "9:16": "720x1280", "1:1": "720x720"}


class Dialect:
    """The hosted Videos API. A server's dialect overrides what differs there."""

    models: tuple[str, ...] = validation.MODELS
    takes_json = True
    """Creates may be JSON; forms always may."""
    takes_anything = False
    """Parameters that nobody knows are passed over, not refused."""
    fits_reference = False
    """A reference of another size is resized, not refused."""
    honours_key = True
    """A create with a known Idempotency-Key makes nothing new: the sandbox is kinder than the hosted API."""
    keyless = False
    """Asks nobody for a key."""
    key_headers: tuple[str, ...] = ("authorization",)
    absent: Mapping[str, int] = {}
    """Operations that it does not have, and the HTTP status that it answers instead."""
    forgets = False
    """Jobs are in memory: a restart loses them."""
    one_job = False
    """A create while a job runs is answered 409."""
    deletes_running = True
    """A deletion stops a job that runs."""
    poll_after_ms: int | None = None
    """A fixed hint; None: by the speed of the sandbox; 0: there is no hint."""
    limits = (0, 20)
    """The least that a page may be asked for, and what it holds unasked."""
    loses_place = False
    """A list after an unknown id is empty, not an error."""
    status_failed, status_not_ready = 404, 404
    """HTTP status of the content of a failed job, and of one that is not finished."""
    words: Mapping[str, str] = {}
    """Its own words for statuses."""

    def has(self, operation: str) -> bool:
        """Tell whether it has an operation."""
        return operation not in self.absent

    def new_id(self) -> str:
        """Return a fresh id."""
        return new_id()

    def check_form(self, fields: Mapping[str, object]) -> tuple[str, str, str]:
        """Return an acceptable model, size (WxH) and length (seconds) of a create.

        Raises:
            ApiError: One of them is not.
        """
        return validation.check_form(fields.get("model"), fields.get("size"), fields.get("seconds"))

    def check_list(self, query: Mapping[str, str]) -> None:
        """Refuse a list that lacks something.

        Raises:
            ApiError: It does.
        """

    def variant(self, wanted: str | None) -> str:
        """Return which file of a video is meant: video, thumbnail or spritesheet.

        Raises:
            ApiError: None.
        """
        wanted = wanted or "video"
        if wanted not in {"video", "thumbnail", "spritesheet"}:
            listed = "'video', 'thumbnail' and 'spritesheet'"
            text = f"Invalid value: '{wanted[:64]}'. Supported values are: {listed}."
            raise ApiError(400, text, "invalid_value", "variant")
        return wanted

    def is_elsewhere(self, job: VideoRecord) -> bool:
        """Tell whether the file is to be had at a URL in the Video, and not as content."""
        del job
        return False

    def video(self, job: VideoRecord, progress: int) -> Json:
        """Write a Video."""
        shown = wire.video_json(job, progress)
        return shown | {"status": self.words.get(job.status, job.status)}

    def retrieve_status(self, job: VideoRecord) -> int:
        """Return the HTTP status under which a Video is shown by itself."""
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
    """A server that takes any size and length, passes over what it does not know, and honours no keys."""

    takes_anything = fits_reference = True
    honours_key = False
    absent: Mapping[str, int] = {
        "remix": 404, "edit": 405, "extend": 405, "character": 405, "retrieve_character": 404,
    }  # fmt: skip
    """What a FastAPI server says that has only /videos, /videos/{id} and /videos/{id}/content."""
    poll_after_ms = 0
    loses_place = True

    def check_form(self, fields: Mapping[str, object]) -> tuple[str, str, str]:
        """Take each of the three by itself."""
        return (
            self.check_model(fields.get("model")),
            self.check_size(fields.get("size")),
            self.check_seconds(fields.get("seconds")),
        )

    def check_model(self, model: object) -> str:
        """Return the model, whatever it is."""
        return str(model) if model else self.models[0]

    def check_size(self, size: object) -> str:
        """Return a size as WxH; a ratio becomes one that has it."""
        text = _RATIOS.get(str(size), str(size or validation.DEFAULT_SIZE))
        sides = [int(side) for side in text.split("x")] if re.fullmatch(r"\d{1,5}x\d{1,5}", text) else []
        if not sides or not all(0 < side <= _LARGEST_SIDE for side in sides):
            raise ApiError(
                400, f"Invalid size {text[:32]!r}, expected WIDTHxHEIGHT.", "invalid_value", "size"
            )
        return text

    def check_seconds(self, seconds: object) -> str:
        """Return a length in whole seconds, however it is written."""
        try:
            number = round(float(str(seconds or validation.DEFAULT_SECONDS)))
        except ValueError:
            number = 0
        if not 0 < number <= _LONGEST_SECONDS:
            raise ApiError(400, f"Invalid seconds: {str(seconds)[:32]!r}.", "invalid_value", "seconds")
        return str(number)

    def variant(self, wanted: str | None) -> str:
        """Return the film, whatever is asked for."""
        del wanted
        return "video"
