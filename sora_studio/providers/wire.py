"""Reads what Videos API servers write. Their dialects differ; nothing here trusts a type or a word.

Texts lose only what a database cannot hold (NUL, lone surrogates). What cannot be read is None,
never an error, except where an answer is no job at all: that is `MalformedResponse`.
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.ports import RemoteJob, RemotePage
from sora_studio.domain.problem import Problem, ProblemCode
from sora_studio.domain.video import Size, Status

Json = Mapping[str, object]

MODERATED = "moderation_blocked"

BLOT = "***"
"""What stands where a secret of ours stood."""

FILE_URLS = ("url", "urls", "video_url", "output_url", "download_url", "file_url", "unsigned_urls")
"""The names under which servers say where a file lies."""

_MODERATION_CODES = frozenset({MODERATED, "sentinel_block", "content_policy_violation", "content_filter"})
_WORDS = {
    Status.QUEUED: "queued pending submitted not_start preparing created starting unknown",
    Status.IN_PROGRESS: "in_progress processing running generating",
    Status.COMPLETED: "completed complete succeeded success done finished",
    Status.FAILED: "failed failure error cancelled canceled expired deleted rejected",
}
_STATUS = {word: status for status, words in _WORDS.items() for word in words.split()}
_ENDED = {
    "cancelled": Problem(ProblemCode.CANCELLED, "The provider cancelled this video."),
    "canceled": Problem(ProblemCode.CANCELLED, "The provider cancelled this video."),
    "expired": Problem(ProblemCode.EXPIRED, "This video expired at the provider."),
    "deleted": Problem(ProblemCode.DELETED, "This video was deleted at the provider."),
}
_SILENT = Problem(ProblemCode.PROVIDER_FAILED, "The provider reported a failure without saying why.")
_SECONDS_MAX = 100_000
_ID_MAX = 1024  # bytes: indexes hold 2,704; gateways pack routes into ids: 270 have been seen
_TEXT_MAX = 40_000
_URL_MAX = 8_192  # characters: signed addresses are long
_INNER_CODE = re.compile(r'"code"\s*:\s*"([A-Za-z][\w.-]{2,60})"')
_MILLISECONDS_FROM = 1e11  # as seconds this is the year 5138
_EARLIEST = 1e9  # 2001: what is older is a filler


class MalformedResponse(ValueError):
    """An answer that is not what was asked for, such as a proxy's page in HTML."""


def as_object(value: object) -> Json:
    """Return a JSON object, empty when it is none."""
    return cast("Json", value) if isinstance(value, dict) else {}


def as_text(value: object, limit: int = _TEXT_MAX) -> str:
    """Return a string that can be stored; empty when it is none."""
    if not isinstance(value, str):
        return ""
    return value[:limit].replace("\0", "").encode("utf-8", "ignore").decode()


def looks_like_job(body: object) -> bool:
    """Tell whether a body is a Video, whatever the HTTP status over it."""
    fields = as_object(body)
    named = "id" in fields or "task_id" in fields
    return fields.get("object") == "video" or (named and isinstance(fields.get("status"), str))


def read_new_job(body: object, poll_after: str | None = None) -> RemoteJob:
    """Read the answer to a submit, whose id is kept from here on.

    Raises:
        MalformedResponse: It names no id that could be asked for later.
    """
    fields = as_object(body)
    remote_id = fields.get("id") or fields.get("task_id")
    if not (looks_like_job(body) and _can_be_asked_for(remote_id)):
        message = "The provider's answer names no video."
        raise MalformedResponse(message)
    return read_job(body, cast("str", remote_id), poll_after)


def read_new_character(body: object) -> str:
    """Read the answer to the making of a character; return its id.

    Raises:
        MalformedResponse: It names no id that could be used later.
    """
    remote_id = as_object(body).get("id")
    if not _can_be_asked_for(remote_id):
        message = "The provider's answer names no character."
        raise MalformedResponse(message)
    return cast("str", remote_id)


def read_job(body: object, remote_id: str, poll_after: str | None = None) -> RemoteJob:
    """Read a Video under the id that we know it by: some gateways answer with another one.

    Raises:
        MalformedResponse: It is no Video.
    """
    fields = as_object(body)
    if not looks_like_job(body) or fields.get("object", "video") != "video":
        message = "The provider's answer is not a video."
        raise MalformedResponse(message)
    word = as_text(fields.get("status"), 80).strip()
    status = _STATUS.get(word.lower().replace("-", "_").replace(" ", "_"))
    problem = read_problem(fields.get("error"), status, word.lower())
    file_url = read_file_url(fields)
    if status is Status.COMPLETED and problem and not file_url:
        status = Status.FAILED  # LiteLLM calls some failures of Veo completed
    return RemoteJob(
        remote_id=remote_id,
        status=status,
        status_word=word,
        progress=read_progress(fields.get("progress")),
        created_at=read_time(fields.get("created_at", fields.get("created"))),
        expires_at=read_time(fields.get("expires_at")),
        problem=problem,
        prompt=as_text(fields.get("prompt")) or None,
        model=as_text(fields.get("model"), 200) or None,
        size=read_size(fields.get("size")),
        seconds=read_seconds(fields.get("seconds")),
        poll_after=read_poll_after(poll_after),
        completed_at=read_time(fields.get("completed_at")),
        file_url=file_url,
        source=as_text(fields.get("remixed_from_video_id")) or None,
    )


def read_page(body: object, limit: int) -> RemotePage:
    """Read a list; entries that are no Videos are passed over.

    Args:
        body: The answer.
        limit: How many were asked for: where `has_more` is missing, a full page may be followed by another.

    Raises:
        MalformedResponse: It is no list.
    """
    fields = as_object(body)
    data = fields.get("data")
    if not isinstance(data, list):
        message = "The provider's answer is not a list."
        raise MalformedResponse(message)
    jobs: list[RemoteJob] = []
    entries = cast("list[object]", data)
    for entry in entries:
        try:
            jobs.append(read_new_job(entry))
        except MalformedResponse:
            continue
    last_id = as_text(fields.get("last_id")) or (jobs[-1].remote_id if jobs else None)
    has_more = fields.get("has_more", len(entries) >= limit)
    return RemotePage(tuple(jobs), last_id, has_more=has_more is True)


def read_problem(error: object, status: Status | None, word: str) -> Problem | None:
    """Read a job's error in any of its shapes; a failed job always has one."""
    fields = as_object(error)
    fields = as_object(fields.get("error")) or fields
    message = as_text(fields.get("message")) or as_text(error)
    code = read_code(fields, message)
    silent = _ENDED.get(word, _SILENT)
    if message or code:
        return Problem(code or silent.code, message or f"The provider reported {code}.")
    return silent if status is Status.FAILED else None


def read_code(fields: Json, message: str) -> str:
    """Return the word that says what went wrong, empty when only numbers do.

    Gateways wrap the first server's error, code and all, in the text of their own message.
    """
    code = as_text(fields.get("code"), 100)
    if not code or code.isdecimal():
        inner = _INNER_CODE.search(message)
        code = inner[1] if inner else ""
    return MODERATED if code.lower() in _MODERATION_CODES else code


def read_file_url(fields: Json) -> str | None:
    """Return where a server says that the file lies, when it does not only hand it out itself."""
    for place in (fields, *map(as_object, _first_of(fields.get("data"))), as_object(fields.get("metadata"))):
        for name in FILE_URLS:
            for value in _first_of(place.get(name)):
                url = as_text(value, _URL_MAX).strip()
                if url.lower().startswith(("https://", "http://")):
                    return url
    return None


def _first_of(value: object) -> list[object]:
    """Return what a field holds, or the first of what it holds several of."""
    return cast("list[object]", value)[:1] if isinstance(value, list) else [value]


def read_progress(value: object) -> int | None:
    """Read 45, 45.0 or "45%" as a whole number within 0..100."""
    number = read_number(value.strip().removesuffix("%") if isinstance(value, str) else value)
    return None if number is None else int(min(max(number, 0.0), 100.0))


def read_time(value: object) -> datetime | None:
    """Read unix seconds or milliseconds."""
    number = read_number(value)
    if number is None or number < _EARLIEST:
        return None
    seconds = number / 1000 if number > _MILLISECONDS_FROM else number
    return datetime.fromtimestamp(seconds, UTC) if seconds < _MILLISECONDS_FROM else None


def read_size(value: object) -> str | None:
    """Read 1280x720 in its spellings (1280X720, 1280*720, 1280:720); ratios and `auto` tell nothing."""
    try:
        return str(Size.parse(re.sub(r"\s*[xX*:]\s*", "x", as_text(value, 40).strip())))
    except InvalidInput:
        return None


def read_seconds(value: object) -> str | None:
    """Read 4, "4" or "4.04" as the whole number that was asked for; the file tells the true length."""
    number = read_number(value)
    return str(round(number)) if number is not None and 0 < number < _SECONDS_MAX else None


def read_poll_after(header: str | None) -> float | None:
    """Read the header `openai-poll-after-ms` in seconds."""
    number = read_number(header)
    return number / 1000 if number is not None and number >= 0 else None


def read_number(value: object) -> float | None:
    """Read a finite number from a number or its text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _can_be_asked_for(remote_id: object) -> bool:
    return (
        isinstance(remote_id, str)
        and remote_id.isprintable()
        and 0 < len(remote_id.encode()) <= _ID_MAX
        and remote_id not in {".", ".."}
        and BLOT not in remote_id  # no name, then: to ask for it would be to ask for another one
    )
