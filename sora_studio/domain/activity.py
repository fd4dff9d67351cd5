"""The activity of a video: what happened to it, line by line."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ActivityKind(StrEnum):
    """What the activity line of a video tells of, in order of an untroubled life."""

    SUBMITTED = "submitted"  # the provider took the job
    UNCLEAR = "unclear"  # the answer to the submit was lost
    ADOPTED = "adopted"  # the job was found in the provider's list
    NOT_ACCEPTED = "not_accepted"  # the provider never had it: sent once more under the same key
    BUSY = "busy"  # the provider asked us to come back later
    RENDERING = "rendering"  # it renders
    RENDERED = "rendered"
    DELAYED = "delayed"  # the file could not be saved yet
    SAVED = "saved"
    FAILED = "failed"
    NEEDS_ATTENTION = "needs_attention"  # a person has to decide
    RECHECKED = "rechecked"  # the person's decisions
    RESUBMITTED = "resubmitted"
    GIVEN_UP = "given_up"


DECISIONS = frozenset({ActivityKind.RECHECKED, ActivityKind.RESUBMITTED, ActivityKind.GIVEN_UP})


@dataclass(frozen=True)
class Activity:
    """One line of what happened to a video."""

    at: datetime
    kind: ActivityKind
    note: str = ""  # the provider's words, where it gave any
