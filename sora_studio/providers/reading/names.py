"""What servers call things: one table per question, in the order in which the names are tried.

Where a name has been seen is in docs/providers.md; a new server is a new word here and a line in a test.
"""

from collections.abc import Mapping

from sora_studio.domain.video import Status

WRAPPERS = ("data", "result", "output", "response", "task", "job", "video")
"""What holds the job itself, one level down."""

IDS = ("id", "task_id", "taskId", "video_id", "videoId", "job_id", "generation_id")
TRACE_IDS = ("request_id", "requestId")
"""The job's id where there is no other; elsewhere, and in every refusal, it only names the request."""

STATUSES = ("status", "task_status", "state", "job_status")
PROGRESS = ("progress", "progress_percent", "percentage", "percent")
CREATED = ("created_at", "created", "createdAt", "create_time")
COMPLETED = ("completed_at", "completedAt", "finished_at")
EXPIRES = ("expires_at", "expiresAt")
PROMPTS = ("prompt",)
MODELS = ("model", "model_name")
SIZES = ("size",)
SECONDS = ("seconds", "duration")
SOURCES = ("remixed_from_video_id",)

ERRORS = ("error", "errors")
REFUSALS = (*ERRORS, "detail")
LATE_ERRORS = (
    *("failure", "failure_reason", "fail_reason", "failed_reason", "error_message", "error_msg"),
    *("task_status_msg", "status_message", "message", "msg", "reason"),
)
"""What says why in a job that has failed, and may say anything in another one."""

MESSAGES = (
    *("message", "msg", "error_message", "error_msg", "errorMessage", "detail", "description", "reason"),
    *("failure_reason", "fail_reason", "error_description", "error", "errors", "title"),
)
CODES = ("code", "error_code", "errorCode")
KINDS = ("type",)
NO_ERROR = frozenset({"", "0", "200", "ok", "success", "succeeded", "none", "null"})
"""Codes of envelopes that say that all is well."""

MODERATED = "moderation_blocked"
MODERATION = frozenset({MODERATED, "sentinel_block", "content_policy_violation", "content_filter"})
BUSY = frozenset({"rate_limit_exceeded", "rate_limit_error", "too_many_requests", "throttling"})

FILES = (
    *("url", "urls", "video_url", "videoUrl", "video_urls", "output_url", "output_urls", "result_url"),
    *("download_url", "file_url", "unsigned_urls"),
)
INLINE = ("b64_json",)
"""What is the file itself, in base64."""

MISUSED = ("remixed_from_video_id",)
"""A reseller puts the file's address there."""

HOLDS_FILES = (
    *("data", "result", "results", "output", "outputs", "response", "video", "videos", "content"),
    *("metadata", "files", "generations", "task_result"),
)
"""What holds the file's address, one or two levels down; some of it is the address itself."""

LISTS = ("data", "videos", "items", "results", "jobs", "tasks")
MORE = ("has_more", "hasMore")
LAST_IDS = ("last_id", "lastId")

REVISED_PROMPTS = ("revised_prompt", "actual_prompt")
SEEDS = ("seed", "seeds")
INFERENCE_SECONDS = ("inference_time_s",)
PEAK_MEMORY = ("peak_memory_mb",)
USAGES = ("usage",)
DOLLARS = ("cost", "total_cost", "cost_usd")
TICKS = ("cost_in_usd_ticks", "costInUsdTicks")

_WORDS: Mapping[Status, str] = {
    Status.QUEUED: """queued pending submitted not_start preparing created starting unknown waiting accepted
        in_queue queueing scheduled throttled""",
    Status.IN_PROGRESS: "in_progress inprogress processing running generating rendering",
    Status.COMPLETED: "completed complete succeeded succeed success done finished",
    Status.FAILED: """failed failure fail error cancelled canceled expired deleted rejected timed_out timeout
        blocked""",
}
WORDS: Mapping[str, Status] = {word: status for status, words in _WORDS.items() for word in words.split()}
"""What the words of a status mean; any other one keeps a job alive and is shown as it is."""

OF_ENVELOPES = frozenset({"success", "succeeded", "ok", "error", "completed", "done", "complete"})
"""Words that say how the request went where they stand around the job and not in it."""
