"""What is told of a video: where it is and why, what it cost, and what happens next.

One table holds every phase with every reason that has words of its own. Whatever else a provider or the
studio may say is told in its own words, verbatim.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sora_studio.domain.money import as_price
from sora_studio.domain.problem import ProblemCode
from sora_studio.domain.video import TERMINAL, Phase, VideoView

SANDBOX = "sandbox"  # the name of the built-in provider

_NONE, _ANY, _ODD = "", "*", "odd"  # no reason; one without words of its own; an unknown status word
_NOT_SAVED = frozenset({ProblemCode.NOT_SAVED, ProblemCode.FILE_TOO_LARGE})
_AT_PROVIDER = frozenset({Phase.QUEUED, Phase.IN_PROGRESS})


@dataclass(frozen=True)
class Told:
    """What is told in one situation; `{reason}`, `{charge}` and `{status}` stand for what is known of it."""

    word: str
    sentence: str
    brief: str = "{reason}"  # what a tile has room for


_DECIDE = "Your decision"
_ODD_WORD = "The provider calls its status “{status}”. We keep watching it. {charge}"
_NOT_SEEN = "The provider has the job but cannot be asked about it: {reason} We keep asking. {charge}"
_OPERATOR = Told(
    "Failed", "The provider refused the studio itself: {reason} {charge} Tell whoever runs the studio."
)
_OURS = Told(
    "Not saved yet",
    "Rendered, but not saved yet: {reason} We keep trying. {charge} Tell whoever runs the studio.",
)
_AGAIN = "{reason} {charge} You can send it again."
_PAY_AGAIN = "{reason} {charge} Sending it again costs again."

_TOLD: Mapping[Phase, Mapping[str, Told]] = {
    Phase.SUBMITTING: {
        _NONE: Told("Sending", "Your wish is written down and on its way to the provider. {charge}"),
        ProblemCode.NO_PLACE: Told(
            "Waiting for a free place", "{reason} Yours is sent as soon as a place is free. {charge}"
        ),
        ProblemCode.PROVIDER_BUSY: Told(
            "Waiting", "The provider is busy: {reason} It is sent when it is not. {charge}"
        ),
        ProblemCode.PROVIDER_UNREACHABLE: Told(
            "Waiting", "{reason} It is sent as soon as the provider answers. {charge}"
        ),
        ProblemCode.NO_ROOM: Told(
            "Waiting", "The disk is full: {reason} It is sent as soon as there is room. {charge}"
        ),
        _ANY: Told("Waiting", "It has not been sent yet: {reason} We keep trying. {charge}"),
    },
    Phase.SUBMIT_UNKNOWN: {
        _NONE: Told(
            "Checking",
            "The server did not answer; we are looking whether it took the job. {charge}",
        ),
    },
    Phase.QUEUED: {
        _NONE: Told("In the queue", "The provider has taken the job and will start it soon. {charge}"),
        _ODD: Told("In the queue", _ODD_WORD),
        _ANY: Told("In the queue", _NOT_SEEN),
    },
    Phase.IN_PROGRESS: {
        _NONE: Told("Rendering", "The provider is rendering your video. {charge}"),
        SANDBOX: Told("Rendering", "The sandbox is drawing your video. {charge}"),
        _ODD: Told("Rendering", _ODD_WORD),
        _ANY: Told("Rendering", _NOT_SEEN),
    },
    Phase.SAVING: {
        _NONE: Told("Saving", "Rendered. The file is being copied into your library. {charge}"),
        **dict.fromkeys((ProblemCode.NO_ROOM, ProblemCode.DISK_REFUSED, "provider_missing"), _OURS),
        _ANY: Told("Not saved yet", "Rendered, but not saved yet: {reason} We keep trying. {charge}"),
    },
    Phase.COMPLETED: {
        _NONE: Told("Ready", "Ready, and kept in your library. {charge}"),
        ProblemCode.FILE_LOST: Told("File missing", "{reason} {charge} Tell whoever runs the studio."),
    },
    Phase.NEEDS_ATTENTION: {
        ProblemCode.SUBMIT_UNKNOWN: Told(
            _DECIDE,
            "The server never said whether it took this job. {charge} Look again; or send it again, "
            "which costs again if it did; or give it up.",
            "The server never said whether it took this job.",
        ),
        _ANY: Told(_DECIDE, "{reason} {charge} Look again, or give it up."),
    },
    Phase.FAILED: {
        ProblemCode.MODERATION_BLOCKED: Told(
            "Refused",
            "Refused by the provider's moderation: {reason} {charge} Edit the prompt and send it again.",
        ),
        ProblemCode.LOST_AT_PROVIDER: Told("Lost", _PAY_AGAIN),
        ProblemCode.CONTENT_UNAVAILABLE: Told("Lost", _PAY_AGAIN),
        ProblemCode.EXPIRED: Told("Expired", _AGAIN),
        ProblemCode.CANCELLED: Told("Cancelled", _AGAIN),
        ProblemCode.GIVEN_UP: Told("Given up", "{reason} {charge}"),
        ProblemCode.PROVIDER_MISSING: Told("Failed", "{reason} {charge} Tell whoever runs the studio."),
        ProblemCode.PROVIDER_RETIRED: Told("Failed", "{reason} {charge}"),
        **dict.fromkeys(
            (
                *("bad_address", "invalid_api_key", "model_not_found"),
                *("insufficient_quota", "billing_hard_limit_reached", "billing_not_active"),
                *("http_401", "http_402", "http_403", "http_404", "http_410"),
            ),
            _OPERATOR,
        ),
        _ANY: Told("Failed", _AGAIN),
    },
}


def word(view: VideoView) -> str:
    """Say in a word or two where a video is."""
    return _told(view).word


def sentence(view: VideoView) -> str:
    """Say what happens to a video now, what it cost, and what happens next or can be done."""
    return _fill(_told(view).sentence, view)


def brief(view: VideoView) -> str:
    """Say in a tile's space why a video failed or waits for its person; empty for all others."""
    return _fill(_told(view).brief, view) if view.phase in {Phase.FAILED, Phase.NEEDS_ATTENTION} else ""


def cost(view: VideoView) -> str:
    """Say what a video costs, or that it did not: `$0.40`, `not charged`, `may be charged`."""
    if view.phase is Phase.FAILED and not view.charges:
        return "may be charged" if _may_cost(view) else "not charged"
    is_least = view.charges and view.price_micros and _may_cost(view)
    return f"{_total(view)} or more" if is_least else _total(view)


def may_be_unsent(view: VideoView) -> bool:
    """Say whether the provider may not have taken the job: then sending again need not cost again."""
    return not view.charges


def kept_until(view: VideoView) -> datetime | None:
    """Return until when the provider keeps a file that could not yet be saved; None for all others."""
    waits = view.problem is not None and (
        view.phase is Phase.SAVING
        or (view.phase is Phase.NEEDS_ATTENTION and view.problem.code in _NOT_SAVED)
    )
    return view.expires_at if waits else None


def _told(view: VideoView) -> Told:
    rows = _TOLD[view.phase]
    if view.phase is Phase.SUBMITTING and view.sent:  # what it waited for has passed
        return rows[_NONE]
    other = _ANY if view.problem else _NONE
    return next(rows[key] for key in (_code(view), other, _ANY, _NONE) if key in rows)


def _code(view: VideoView) -> str:
    if view.remote_status and view.phase in _AT_PROVIDER:
        return _ODD
    if view.problem:
        return view.problem.code
    return SANDBOX if view.provider == SANDBOX else _NONE


def _fill(template: str, view: VideoView) -> str:
    return template.format(reason=_reason(view), charge=_charge(view), status=view.remote_status)


def _reason(view: VideoView) -> str:
    words = view.problem.message.strip() if view.problem else ""
    if not words:
        return "The provider gave no reason."
    sentence = words if words[-1] in ".!?…" else f"{words}."
    return sentence if words.isascii() else f"\u2068{sentence}\u2069"  # it may be written from right to left


def _charge(view: VideoView) -> str:
    """Say what a video costs or has cost, or that it does not, or that this is not known."""
    ended = view.phase in TERMINAL
    if view.charges:
        known = _price(view, "cost" if ended else "costs")
        return f"{known} Another attempt may be charged, too." if _may_cost(view) else known
    if view.phase is Phase.SUBMIT_UNKNOWN and view.unclear == 1:
        return "You have not been charged twice."
    if not _is_billed(view) or (ended and not view.unclear):
        return "You were not charged." if ended else "Nothing has been charged."
    return _if_taken(view)


def _if_taken(view: VideoView) -> str:
    """Say what the charge depends on.

    Of a wish on its way, what is also true once its POST has begun: pages are not told of that.
    """
    if view.phase is Phase.FAILED:
        return "You are charged only if the provider took it without saying so."
    if view.phase is Phase.NEEDS_ATTENTION:
        return "Whether you were charged is not known."
    if view.unclear > view.sent:  # an earlier attempt, too
        return "You are charged for each attempt that the provider takes."
    return "You are charged only if the provider takes it."


def _may_cost(view: VideoView) -> bool:
    """Say whether an attempt may cost, or may come to cost, beside those that do."""
    return _is_billed(view) and (view.unclear > 0 or view.phase is Phase.SUBMITTING)


def _is_billed(view: VideoView) -> bool:
    return view.provider != SANDBOX and view.price_micros != 0


def _total(view: VideoView) -> str:
    """Write the price of all attempts that cost; of one, while none does."""
    micros = view.price_micros
    return as_price(micros and micros * max(view.charges, 1))


def _price(view: VideoView, verb: str) -> str:
    if view.price_micros is None:
        return f"What it {verb} is not known."
    if view.provider == SANDBOX:
        return f"The sandbox counts {_total(view)} and charges nothing."
    return f"It {verb} {_total(view)}." if view.price_micros else "It is free."
