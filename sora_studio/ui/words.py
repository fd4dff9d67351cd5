"""The words a person reads about a video: what happens, what it cost, what to do."""

from datetime import datetime, timedelta

from sora_studio.domain.money import as_price
from sora_studio.domain.video import Phase, Size, VideoView

SANDBOX = "sandbox"  # the name of the built-in provider
MODERATION = "moderation_blocked"

_MINUTE = 60  # seconds
_ENOUGH = 5  # percent of progress from which a guess at the rest is worth something
_MOMENT = 2  # seconds before which it is not, whatever the progress
_FEW = 8  # seconds below which no number helps

_WORD = {
    Phase.SUBMITTING: "Sending",
    Phase.SUBMIT_UNKNOWN: "Checking",
    Phase.QUEUED: "In the queue",
    Phase.IN_PROGRESS: "Rendering",
    Phase.SAVING: "Saving",
    Phase.COMPLETED: "Ready",
    Phase.FAILED: "Failed",
    Phase.NEEDS_ATTENTION: "Your decision",
}
_SENTENCE = {
    Phase.SUBMITTING: "Your wish is written down and on its way to the provider.",
    Phase.SUBMIT_UNKNOWN: "The server did not answer. We are checking whether it took the job; "
    "you will not be charged twice.",
    Phase.QUEUED: "The provider has taken the job and will start it soon.",
    Phase.IN_PROGRESS: "The provider is rendering your video.",
    Phase.SAVING: "Rendered. The file is being copied into your library.",
    Phase.COMPLETED: "Ready, and kept in your library.",
    Phase.NEEDS_ATTENTION: "The server never said whether it took this job. Look again, or send it again "
    "(which may cost a second time), or give it up.",
}


def word(view: VideoView) -> str:
    """Say in a word or two where a video is."""
    if _is_moderated(view):
        return "Refused"
    return _WORD[view.phase]


def sentence(view: VideoView) -> str:
    """Say in a sentence what happens to a video now."""
    if view.phase is Phase.FAILED:
        source = "Refused by the provider's moderation: " if _is_moderated(view) else ""
        return f"{source}{reason(view)} {_charge(view)}"
    if view.remote_status:
        return f"The provider calls its status “{view.remote_status}”. We keep watching it."
    if view.phase is Phase.IN_PROGRESS and view.provider == SANDBOX:
        return "The sandbox is drawing your video."
    return _SENTENCE[view.phase]


def reason(view: VideoView) -> str:
    """Say why a video failed, in the provider's words; empty when it did not fail."""
    if view.phase is not Phase.FAILED:
        return ""
    words = view.problem.message.strip() if view.problem else ""
    if not words:
        return "The provider gave no reason."
    return words if words[-1] in ".!?…" else f"{words}."


def cost(view: VideoView) -> str:
    """Say what a video costs, or that it did not: `$0.40`, `not charged`."""
    return "not charged" if view.phase is Phase.FAILED and not view.charged else as_price(view.price_micros)


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
    elapsed = (now - view.created_at).total_seconds()
    tells = view.phase is Phase.IN_PROGRESS and view.progress_known and view.progress >= _ENOUGH
    if not tells or elapsed < _MOMENT:
        return ""
    left = elapsed * (100 - view.progress) / view.progress
    if left < _FEW:
        return "a few seconds"
    tens = round(left / 5) * 5
    return f"about {tens} s" if tens < _MINUTE else f"about {round(left / _MINUTE)} min"


def _is_moderated(view: VideoView) -> bool:
    return view.problem is not None and view.problem.code == MODERATION


def _charge(view: VideoView) -> str:
    return f"It cost {as_price(view.price_micros)}." if view.charged else "You were not charged."
