"""Numbers as a person reads them: sizes, lengths, durations, what is left."""

from datetime import datetime, timedelta

from sora_studio.domain.fair_queue import QueuePlace
from sora_studio.domain.video import Phase, Size, VideoView

_MINUTE = 60  # seconds
_ENOUGH = 5  # percent of progress from which a guess at the rest is worth something
_MOMENT = 2  # seconds before which it is not, whatever the progress
_LONG = 100  # minutes from which hours say more
_FEW = 8  # seconds below which no number helps


def frame(size: str) -> str:
    """Write a size for people, with a multiplication sign."""
    return size.replace("x", "\u00d7")


def shape(size: str) -> str:
    """Name a size and write it: `Landscape 1280x720`."""
    return f"{Size.parse(size).name} {frame(size)}"


def clock(seconds: int) -> str:
    """Write a length as players do: 75 becomes `1:15`."""
    minutes, rest = divmod(seconds, _MINUTE)
    return f"{minutes}:{rest:02d}"


def took(span: timedelta) -> str:
    """Write a duration: `42 s`, `1 m 12 s`, `2 h 5 m`."""
    minutes, seconds = divmod(max(0, round(span.total_seconds())), _MINUTE)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} m"
    return f"{minutes} m {seconds} s" if minutes else f"{seconds} s"


def remaining(view: VideoView, now: datetime) -> str:
    """Guess how long a rendering still takes from its progress; empty when there is too little to go by."""
    elapsed = (now - (view.accepted_at or view.created_at)).total_seconds()
    tells = view.phase is Phase.IN_PROGRESS and view.progress_known and view.progress >= _ENOUGH
    if not tells or elapsed < _MOMENT:
        return ""
    return about(elapsed * (100 - view.progress) / view.progress)


def about(seconds: float) -> str:
    """Write a guess: `a few seconds`, `about 20 s`, `about 4 min`, `about 3 h`."""
    if seconds < _FEW:
        return "a few seconds"
    tens = round(seconds / 5) * 5
    if tens < _MINUTE:
        return f"about {tens} s"
    minutes = round(seconds / _MINUTE)
    return f"about {minutes} min" if minutes < _LONG else f"about {round(minutes / _MINUTE)} h"


def place(queue: QueuePlace) -> str:
    """Say where a wish stands: `2 of yours, 5 of others before it · about 4 min`."""
    counted = ((queue.yours, "of yours"), (queue.others, "of others"))
    before = ", ".join(f"{number:,} {whose}" for number, whose in counted if number)
    where = f"{before} before it" if before else "Next in line"
    expected = queue.expected_seconds
    return where if expected is None else f"{where} · {about(expected)}"
