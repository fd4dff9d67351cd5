"""The activity line: what happened to a video and when, from the wish to the file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import reflex as rx

from sora_studio.domain.activity import Activity, ActivityKind
from sora_studio.domain.video import VideoView
from sora_studio.ui.theme import SMALL_ICON, icon

_WRITTEN_DOWN = "Written down"
_WORDS = {
    ActivityKind.SUBMITTED: "Taken by the provider",
    ActivityKind.UNCLEAR: "No answer: looking whether it was taken",
    ActivityKind.ADOPTED: "Found in the provider's list",
    ActivityKind.NOT_ACCEPTED: "Not taken: sent once more",
    ActivityKind.BUSY: "The provider is busy",
    ActivityKind.RENDERING: "Rendering",
    ActivityKind.RENDERED: "Rendered",
    ActivityKind.DELAYED: "The file did not come: trying again",
    ActivityKind.SAVED: "Saved in your library",
    ActivityKind.FAILED: "Failed",
    ActivityKind.NEEDS_ATTENTION: "Waiting for your decision",
    ActivityKind.RECHECKED: "You had us look again",
    ActivityKind.RESUBMITTED: "You sent it again",
    ActivityKind.GIVEN_UP: "You gave it up",
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
    return [Line(_moment(view.created_at), _WRITTEN_DOWN), *happened]


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def timeline(lines: rx.vars.ArrayVar[Sequence[Line]], *, ready: rx.Var[bool]) -> rx.Component:
    """Draw the lines, oldest first; of a finished video the last one is enough until it is unfolded."""
    last = lines[-1].to(rx.vars.ObjectVar[Line], Line)
    return rx.cond(
        lines.length() > 0,
        rx.el.details(
            rx.el.summary(
                icon("chevron-right", SMALL_ICON),
                rx.el.span("Activity", class_name="label"),
                rx.el.span(last.text, " ", _when(last), class_name="latest"),
            ),
            rx.el.ol(rx.foreach(lines, _line)),
            open=~ready,
            class_name="activity",
        ),
    )


def _line(line: rx.vars.ObjectVar[Line], place: rx.Var[int]) -> rx.Component:
    return rx.el.li(
        rx.el.span(line.text),
        _when(line),
        rx.cond(line.note, rx.el.p(line.note, dir="auto")),
        key=place,
        class_name=line.tone,
    )


def _when(line: rx.vars.ObjectVar[Line]) -> rx.Component:
    """Say how long ago; the exact time is in the tool tip. Another moment is another element to studio.js."""
    return rx.el.time(key=line.at, date_time=line.at, data_ago="", class_name="num")
