"""The status of a video in words: where it is and why, what it cost, and what happens next.

One table holds every phase with every reason that has words of its own. Any other reason is shown in the
words of the provider or the studio, verbatim.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sora_studio.domain.money import SANDBOX, as_price, price_tag
from sora_studio.domain.problem import MAY_COME_BACK, ProblemCode
from sora_studio.domain.video import TERMINAL, Phase, VideoView

_NONE, _ANY, _ODD = "", "*", "odd"  # no reason; one without words of its own; an unknown status word
_NOT_SAVED = frozenset({ProblemCode.NOT_SAVED, ProblemCode.FILE_TOO_LARGE})
_TOLD_ONE_BY_ONE = 3
_AT_PROVIDER = frozenset({Phase.QUEUED, Phase.IN_PROGRESS})


@dataclass(frozen=True)
class StatusText:
    """The texts of one situation; `{reason}`, `{quoted}`, `{charge}` and `{status}` are filled in."""

    word: str
    sentence: str
    brief: str = "{reason}"  # what a tile has room for


_TELL = "Tell the person who runs this studio."
_DECIDE = "Decision needed"
_ODD_WORD = "The provider reports the status “{status}”. We keep checking. {charge}"
_ELSEWHERE = "{reason} It goes on when that server is set up again. {charge}"
_NOT_SEEN = "The provider has the job, but its status cannot be read: {reason} We keep checking. {charge}"
_OPERATOR = StatusText(
    "Failed",
    f"The provider refused the studio itself: {{reason}} {{charge}} {_TELL}",
)
_OURS = StatusText(
    "Not saved yet",
    f"Rendered, but not saved yet: {{reason}} We keep trying. {{charge}} {_TELL}",
)
_AGAIN = "{reason} {charge} You can submit it again."
_PAY_AGAIN = "{reason} {charge} Check again whether it is there after all; submitting it again costs again."

_TEXTS: Mapping[Phase, Mapping[str, StatusText]] = {
    Phase.SUBMITTING: {
        _NONE: StatusText("Sending", "Your request is stored and on its way to the provider. {charge}"),
        ProblemCode.NO_PLACE: StatusText(
            "Waiting for a free slot", "{reason} Your request is sent as soon as a slot is free. {charge}"
        ),
        ProblemCode.PROVIDER_BUSY: StatusText(
            "Waiting", "The provider is busy: {reason} Your request is sent as soon as it is free. {charge}"
        ),
        ProblemCode.PROVIDER_UNREACHABLE: StatusText(
            "Waiting", "{reason} Your request is sent as soon as the provider answers. {charge}"
        ),
        ProblemCode.NO_ROOM: StatusText(
            "Waiting", "The disk is full: {reason} Your request is sent as soon as there is space. {charge}"
        ),
        _ANY: StatusText("Waiting", "Your request has not been sent yet: {reason} We keep trying. {charge}"),
    },
    Phase.SUBMIT_UNKNOWN: {
        _NONE: StatusText(
            "Checking",
            "The server did not answer; we are checking whether it accepted the job. {charge}",
        ),
        _ANY: StatusText(
            "Checking",
            "The provider answered {quoted} We are checking whether it accepted the job. {charge}",
        ),
    },
    Phase.QUEUED: {
        _NONE: StatusText(
            "In the queue", "The provider has accepted the job and will start it soon. {charge}"
        ),
        _ODD: StatusText("In the queue", _ODD_WORD),
        ProblemCode.PROVIDER_ELSEWHERE: StatusText("In the queue", _ELSEWHERE),
        _ANY: StatusText("In the queue", _NOT_SEEN),
    },
    Phase.IN_PROGRESS: {
        _NONE: StatusText("Rendering", "The provider is rendering your video. {charge}"),
        SANDBOX: StatusText("Rendering", "The sandbox is drawing your video. {charge}"),
        _ODD: StatusText("Rendering", _ODD_WORD),
        ProblemCode.PROVIDER_ELSEWHERE: StatusText("Rendering", _ELSEWHERE),
        _ANY: StatusText("Rendering", _NOT_SEEN),
    },
    Phase.SAVING: {
        _NONE: StatusText("Saving", "Rendered. The file is being copied into your library. {charge}"),
        **dict.fromkeys(
            (
                ProblemCode.NO_ROOM,
                ProblemCode.DISK_REFUSED,
                ProblemCode.PROVIDER_MISSING,
                ProblemCode.PROVIDER_ELSEWHERE,
            ),
            _OURS,
        ),
        _ANY: StatusText("Not saved yet", "Rendered, but not saved yet: {reason} We keep trying. {charge}"),
    },
    Phase.COMPLETED: {
        _NONE: StatusText("Ready", "Ready, and kept in your library. {charge}"),
        ProblemCode.FILE_LOST: StatusText("File missing", f"{{reason}} {{charge}} {_TELL}"),
    },
    Phase.NEEDS_ATTENTION: {
        ProblemCode.SUBMIT_UNKNOWN: StatusText(
            _DECIDE,
            "{reason} {charge} Check again; or submit it again, which costs again if it accepted this one; "
            "or give up.",
        ),
        ProblemCode.LOST_AT_PROVIDER: StatusText(
            _DECIDE,
            "{reason} {charge} We keep checking, and save it if it turns up. Or give up.",
        ),
        _ANY: StatusText(_DECIDE, "{reason} {charge} Check again, or give up."),
    },
    Phase.FAILED: {
        ProblemCode.MODERATION_BLOCKED: StatusText(
            "Refused",
            "Refused by the provider's moderation: {quoted} {charge} Edit the prompt and submit it again.",
            "The provider says: {quoted}",
        ),
        ProblemCode.LOST_AT_PROVIDER: StatusText("Lost", _PAY_AGAIN),
        ProblemCode.CONTENT_UNAVAILABLE: StatusText("Lost", _PAY_AGAIN),
        ProblemCode.EXPIRED: StatusText("Expired", _AGAIN),
        ProblemCode.CANCELLED: StatusText("Cancelled", _AGAIN),
        ProblemCode.GIVEN_UP: StatusText("Given up", "{reason} {charge}"),
        ProblemCode.PROVIDER_MISSING: StatusText("Failed", f"{{reason}} {{charge}} {_TELL}"),
        ProblemCode.PROVIDER_RETIRED: StatusText("Failed", "{reason} {charge}"),
        **dict.fromkeys(
            (
                *("bad_address", "invalid_api_key", "model_not_found"),
                *("insufficient_quota", "billing_hard_limit_reached", "billing_not_active"),
                *("http_301", "http_302", "http_307", "http_308"),
                *("http_401", "http_402", "http_403", "http_404", "http_410"),
            ),
            _OPERATOR,
        ),
        _ANY: StatusText("Failed", _AGAIN),
    },
}


def word(view: VideoView) -> str:
    """Say in a word or two where a video is."""
    return _text(view).word


def sentence(view: VideoView) -> str:
    """Say what happens to a video now, what it cost, and what happens next or can be done."""
    return _fill(_text(view).sentence, view)


def brief(view: VideoView) -> str:
    """Say in a tile's space why a video failed or waits for its person; empty for all others."""
    return _fill(_text(view).brief, view) if view.phase in {Phase.FAILED, Phase.NEEDS_ATTENTION} else ""


def cost(view: VideoView) -> str:
    """Say what a video costs, or that it did not: `$0.40`, `not charged`, `may be charged`."""
    if view.phase is Phase.FAILED and not view.charges:
        return "may be charged" if _may_cost(view) else "not charged"
    is_least = view.charges and view.charged_micros and _may_cost(view)
    total = price_tag(view.provider, _total_micros(view))
    return f"{total} or more" if is_least else total


def announcement(views: Sequence[VideoView]) -> str:
    """Say how jobs have ended, of a few each by its title; empty when there is none."""
    if len(views) <= _TOLD_ONE_BY_ONE:
        return " ".join(map(_ending, views))
    words = (
        (Phase.COMPLETED, "ready"),
        (Phase.FAILED, "failed"),
        (Phase.NEEDS_ATTENTION, "waiting for your decision"),
    )
    counts = [(sum(view.phase is phase for view in views), text) for phase, text in words]
    return "Videos: " + ", ".join(f"{count} {text}" for count, text in counts if count) + "."


def _ending(view: VideoView) -> str:
    title = f"“\u2068{view.title}\u2069”"
    if view.phase is Phase.COMPLETED:
        return f"{title} is ready."
    return f"{title}: {word(view).lower()}. {brief(view)}"


def stake(view: VideoView) -> str:
    """Say what a video that is not finished costs although it is deleted or given up; empty: nothing."""
    total = _total_micros(view)
    if view.phase in TERMINAL or total == 0 or not (view.charges or view.unclear):
        return ""
    if total is None:
        return "You may still have to pay for it; the price is not known."
    verb = "still pay" if view.charges else "may still have to pay"
    return f"You {verb} {price_tag(view.provider, total)} for it."


def may_be_unsent(view: VideoView) -> bool:
    """Tell whether the provider may not have accepted the job: then submitting again need not cost again."""
    return not view.charges


def may_come_back(view: VideoView) -> bool:
    """Tell whether a video failed that its provider may have after all: to check again costs nothing."""
    return view.phase is Phase.FAILED and view.problem is not None and view.problem.code in MAY_COME_BACK


def kept_until(view: VideoView) -> datetime | None:
    """Return until when the provider keeps a file that could not yet be saved; None for all others."""
    waits = view.problem is not None and (
        view.phase is Phase.SAVING
        or (view.phase is Phase.NEEDS_ATTENTION and view.problem.code in _NOT_SAVED)
    )
    return view.expires_at if waits else None


def _text(view: VideoView) -> StatusText:
    rows = _TEXTS[view.phase]
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
    return template.format(
        reason=_reason(view), quoted=_quoted(view), charge=_charge(view), status=view.remote_status
    )


def _reason(view: VideoView) -> str:
    words = view.problem.message.strip() if view.problem else ""
    if not words:
        return "The provider gave no reason."
    sentence = words if words[-1] in ".!?…" else f"{words}."
    return sentence if words.isascii() else f"\u2068{sentence}\u2069"  # it may be written from right to left


def _quoted(view: VideoView) -> str:
    """Give the provider's words as its own: its “we” is not the studio."""
    return f"“{_reason(view)}”" if view.problem and view.problem.message.strip() else _reason(view)


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

    Of a wish on its way, what is also true once its POST has begun: pages do not learn of that.
    """
    if view.phase is Phase.FAILED:
        return "You are charged only if the provider accepted it without saying so."
    if view.phase is Phase.NEEDS_ATTENTION:
        return "Whether you were charged is not known."
    if view.unclear > view.sent:  # an earlier attempt, too
        return "You are charged for each attempt that the provider accepts."
    return "You are charged only if the provider accepts it."


def _may_cost(view: VideoView) -> bool:
    """Tell whether an attempt may cost, or may come to cost, beside those that do."""
    return _is_billed(view) and (view.unclear > 0 or view.phase is Phase.SUBMITTING)


def _is_billed(view: VideoView) -> bool:
    return view.provider != SANDBOX and view.price_micros != 0


def _total(view: VideoView) -> str:
    return as_price(_total_micros(view))


def _total_micros(view: VideoView) -> int | None:
    """Return the price of all attempts that cost; of one, while none does."""
    return view.charged_micros if view.charges else view.price_micros


def _price(view: VideoView, verb: str) -> str:
    if view.price_micros is None:
        return f"What it {verb} is not known."
    if view.provider == SANDBOX:
        return f"The sandbox counts {_total(view)} and charges nothing."
    return f"It {verb} {_total(view)}." if view.price_micros else "It is free."
