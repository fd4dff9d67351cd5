"""Problems: why a video failed or has to wait."""

from dataclasses import dataclass
from enum import StrEnum


class ProblemCode(StrEnum):
    """The studio's own reasons. A provider's codes stand beside them as they came."""

    # A wish that waits here.
    NO_PLACE = "no_place"  # its provider makes only so many jobs at a time
    PROVIDER_BUSY = "provider_busy"  # the provider, or our own rate limit for it, has no room now
    PROVIDER_UNREACHABLE = "provider_unreachable"  # the provider does not answer
    NO_ROOM = "no_room"  # our disk is nearly full
    DISK_REFUSED = "disk_refused"  # our disk cannot be written to

    # A submit.
    SUBMIT_UNKNOWN = "submit_unknown"  # nobody can tell whether the provider accepted it
    SOURCE_MISSING = "source_missing"  # what it was to be made from is not at the provider
    INPUT_MISSING = "input_missing"  # what goes into it is not in our storage
    PROVIDER_MISSING = "provider_missing"  # the provider is not configured
    PROVIDER_ELSEWHERE = "provider_elsewhere"  # it is with another server that had the provider's name

    # A job at the provider.
    PROVIDER_FAILED = "provider_failed"  # it failed without a code
    PROVIDER_RETIRED = "provider_retired"  # the service has been shut down
    MODERATION_BLOCKED = "moderation_blocked"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    DELETED = "deleted"
    LOST_AT_PROVIDER = "lost_at_provider"  # the provider does not know it
    NO_END = "no_end"  # a day has passed

    # A file.
    SAVING_SLOW = "saving_slow"
    SAVING_DELAYED = "saving_delayed"
    FILE_DAMAGED = "file_damaged"
    FILE_TOO_LARGE = "file_too_large"
    NOT_SAVED = "not_saved"  # for a day
    CONTENT_UNAVAILABLE = "content_unavailable"  # the provider finished it and has no file
    FILE_LOST = "file_lost"  # ours

    GIVEN_UP = "given_up"  # by the person


@dataclass(frozen=True)
class Problem:
    """Why a video failed or has to wait: a code for programs, the provider's words for people."""

    code: str  # a ProblemCode, or the provider's own word
    message: str


MAY_COME_BACK = (ProblemCode.LOST_AT_PROVIDER, ProblemCode.CONTENT_UNAVAILABLE)
"""What a job failed for that was paid, and that its provider may have after all: it can be taken up again."""

NO_PROBLEM = Problem("", "")
"""Written over a problem that has passed."""
