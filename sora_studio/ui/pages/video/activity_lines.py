"""The lines of a video's activity: what happened and when, from the wish to the file."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sora_studio.domain.activity import Activity, ActivityKind
from sora_studio.domain.video import VideoView

_REQUESTED = "Requested"
_WORDS = {
    ActivityKind.SUBMITTED: "Accepted by the provider",
    ActivityKind.UNCLEAR: "No answer; checking whether it was accepted",
    ActivityKind.ADOPTED: "Found in the provider's list",
    ActivityKind.NOT_ACCEPTED: "Not accepted; resubmitted",
    ActivityKind.BUSY: "The provider is busy",
    ActivityKind.RENDERING: "Rendering",
    ActivityKind.RENDERED: "Rendered",
    ActivityKind.DELAYED: "The file did not arrive; trying again",
    ActivityKind.SAVED: "Saved in your library",
    ActivityKind.FAILED: "Failed",
    ActivityKind.NEEDS_ATTENTION: "Waiting for your decision",
    ActivityKind.RECHECKED: "Checked again",
    ActivityKind.RESUBMITTED: "You submitted it again",
    ActivityKind.GIVEN_UP: "You gave up",
}
_TONES = {
    ActivityKind.UNCLEAR: "warn",
    ActivityKind.BUSY: "warn",
    ActivityKind.DELAYED: "warn",
    ActivityKind.NEEDS_ATTENTION: "warn",
    ActivityKind.FAILED: "bad",
    ActivityKind.SAVED: "good",
}


@dataclass(frozen=True)
class Line:
    """One line as the page shows it."""

    at: str  # ISO 8601
    text: str
    note: str = ""  # the provider's words
    tone: str = ""  # warn, bad, good or nothing


def to_lines(view: VideoView, activity: Iterable[Activity]) -> list[Line]:
    """Write down what the page says of a video's activity; it begins with the wish."""
    happened = [
        Line(_moment(each.at), _WORDS[each.kind], each.note, _TONES.get(each.kind, "")) for each in activity
    ]
    return [Line(_moment(view.created_at), _REQUESTED), *happened]


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
