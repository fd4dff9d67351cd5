"""Jobs as servers describe them, in answers to a create, to a look, and in lists."""

from sora_studio.domain.ports import RemoteJob
from sora_studio.domain.video import Status
from sora_studio.providers.reading import names
from sora_studio.providers.reading.error import RefusedInBody, read_error, read_problem
from sora_studio.providers.reading.facts import read_facts
from sora_studio.providers.reading.file import is_address, read_file_url
from sora_studio.providers.reading.layers import Layers, layers_of, says_no
from sora_studio.providers.wire import (
    MalformedResponse,
    as_object,
    as_text,
    read_id,
    read_poll_after,
    read_progress,
    read_seconds,
    read_size,
    read_text,
    read_time,
)

OTHER_THINGS = frozenset({"list", "model", "error", "response", "file", "image", "chat.completion"})
"""What an object says that it is when it is no job, whatever else it has."""

_ERROR = "error"
_NO_JOB = "The provider's answer names no video."


def is_video(body: object) -> bool:
    """Tell whether a body is certainly a Video, whatever the HTTP status over it."""
    fields = as_object(body)
    named = "id" in fields or "task_id" in fields
    return fields.get("object") == "video" or (named and isinstance(fields.get("status"), str))


def read_new_job(body: object, poll_after: str | None = None) -> RemoteJob:
    """Read the answer to a submit: any one id that can be asked for is kept, whatever else is odd about it.

    Raises:
        RefusedInBody: It is an error and names no job.
        MalformedResponse: It names no id that could be asked for later, but may name one that could not.
    """
    layers = layers_of(body)
    if layers.remote_id is None:
        if not layers.first(names.IDS, _unusable):
            _raise_refusal(body)
        raise MalformedResponse(_NO_JOB)
    return _job(body, layers, layers.remote_id, poll_after, is_new=True)


def read_new_character(body: object) -> str:
    """Read the answer to the making of a character; return its id.

    Raises:
        RefusedInBody: It is an error and names no character.
        MalformedResponse: It names no id that could be used later.
    """
    remote_id = read_id(as_object(body).get("id"))
    if remote_id is None:
        _raise_refusal(body)
        message = "The provider's answer names no character."
        raise MalformedResponse(message)
    return remote_id


def read_job(body: object, remote_id: str, poll_after: str | None = None) -> RemoteJob:
    """Read a Video under the id that we know it by: some gateways answer with another one.

    Raises:
        RefusedInBody: It is an error and tells nothing of the job.
        MalformedResponse: It is no Video.
    """
    layers = layers_of(body)
    tells = as_object(body).get("object") == "video" or _tells_status(layers)
    if not tells or as_text(layers.job.get("object")) in OTHER_THINGS:
        if not (layers.remote_id or tells):
            _raise_refusal(body)
        if not read_file_url(body):
            message = "The provider's answer is not a video."
            raise MalformedResponse(message)
    return _job(body, layers, remote_id, poll_after, is_new=False)


def _job(body: object, layers: Layers, remote_id: str, poll_after: str | None, *, is_new: bool) -> RemoteJob:
    file_url = read_file_url(body)
    word = _status_word(layers, has_file=file_url is not None)
    status = names.WORDS.get(word.lower().replace("-", "_").replace(" ", "_"))
    problem = read_problem(layers, status, word.lower())
    if status is Status.COMPLETED and problem and not file_url:
        status = Status.FAILED  # LiteLLM calls some failures of Veo completed
    if not (word or is_new) and file_url:
        status = Status.COMPLETED  # it has nothing more to say
    source = layers.first(names.SOURCES, read_text)
    return RemoteJob(
        remote_id=remote_id,
        status=status,
        status_word=word,
        progress=layers.first(names.PROGRESS, read_progress),
        created_at=layers.first(names.CREATED, read_time),
        expires_at=layers.first(names.EXPIRES, read_time),
        problem=problem,
        prompt=layers.first(names.PROMPTS, read_text),
        model=layers.first(names.MODELS, lambda value: as_text(value, 200) or None),
        size=layers.first(names.SIZES, read_size),
        seconds=layers.first(names.SECONDS, read_seconds),
        poll_after=read_poll_after(poll_after),
        completed_at=layers.first(names.COMPLETED, read_time),
        file_url=file_url,
        source=None if is_address(source) else source,
        facts=read_facts(layers),
    )


def _status_word(layers: Layers, *, has_file: bool) -> str:
    """Return the job's own word; one around it that may be the request's counts only beside a file."""
    own = next((word for name in names.STATUSES if (word := _word(layers.job.get(name)))), None)
    word = own or layers.first(names.STATUSES, _word) or ""
    if own is None and layers.is_wrapped and word.lower() in names.OF_ENVELOPES and not has_file:
        return ""
    return word


def _tells_status(layers: Layers) -> bool:
    """Tell whether there is a status, and one of a job: a bare `error` is the request's."""
    word = layers.first(names.STATUSES, _word)
    return word is not None and not (layers.remote_id is None and word.lower() == _ERROR)


def _word(value: object) -> str | None:
    return as_text(value, 80).strip() or None


def _unusable(value: object) -> object | None:
    """Return what stands where an id does: there may be a job even if nobody can ask for it."""
    return value or None


def _raise_refusal(body: object) -> None:
    if says_no(body):
        raise RefusedInBody(read_error(body))
