"""Numbers as a person reads them: sizes, lengths, durations, what is left."""

from datetime import datetime, timedelta

from sora_studio.domain.video import Phase, Size, VideoView

_MINUTE = 60  # seconds
_ENOUGH = 5  # percent of progress from which a guess at the rest is worth something
_MOMENT = 2  # seconds before which it is not, whatever the progress
_THOUSAND, _TEN = 1000, 10
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


def file_size(number: int) -> str:
    """Write a number of bytes: `0 MB`, `0.4 MB`, `12 MB`, `3.4 GB`."""
    megabytes = number / 1_000_000
    if megabytes >= _THOUSAND:
        return f"{megabytes / _THOUSAND:.1f} GB"
    return f"{megabytes:.0f} MB" if megabytes >= _TEN or not number else f"{max(megabytes, 0.1):.1f} MB"


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
    left = elapsed * (100 - view.progress) / view.progress
    if left < _FEW:
        return "a few seconds"
    tens = round(left / 5) * 5
    return f"about {tens} s" if tens < _MINUTE else f"about {round(left / _MINUTE)} min"
