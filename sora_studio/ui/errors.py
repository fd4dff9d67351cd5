"""From an exception to the sentence a person reads."""

import secrets

import reflex as rx
import structlog
from reflex.event import EventSpec

from sora_studio.domain import rate_limit
from sora_studio.domain.errors import (
    ContentRejected,
    IdempotencyKeyReused,
    InsufficientStorage,
    LimitReached,
    NotSignedIn,
    ProviderError,
    ProviderMisconfigured,
    ProviderUnavailable,
    SoraStudioError,
    StorageError,
    SubmitUnclear,
    Unavailable,
    UserError,
)
from sora_studio.domain.problem import ProblemCode
from sora_studio.ui import routes
from sora_studio.ui.session import SessionEnded
from sora_studio.ui.toasts import ERROR, ToastState

_log = structlog.get_logger(__name__)

_LONGEST_NOTE = 2000  # characters
_NEXT_IN_MINUTES = 90  # seconds from which a wait is told in minutes


def explain(problem: BaseException) -> str:
    """Say what happened, whether it cost anything, and what to do."""
    match problem:
        case LimitReached():
            text = f"{_full_stop(problem.message)} Try again in {_wait(problem.retry_after)}."
        case IdempotencyKeyReused():  # a form's key is renewed by this refusal
            text = "Your previous request had already been sent. Press again to send this one as well."
        case UserError() | InsufficientStorage():
            text = problem.message
        case ProviderError():
            text = _explain_provider(problem)
        case StorageError():
            text = (
                "The studio could not read or write its files; its disk may be full. What was saved is safe."
            )
        case Unavailable():
            text = "The studio cannot reach its database right now. It keeps trying; what was saved is safe."
        case _:
            text = "The studio made a mistake, not you. The person who runs it can find the cause in the log."
    return text


def _explain_provider(problem: ProviderError) -> str:
    words = _full_stop(problem.message)
    match problem:
        case ContentRejected():
            refused = f"Refused by the provider's moderation: “{words}”"
            return f"{refused} You were not charged. Edit the prompt and submit it again."
        case ProviderUnavailable():
            return _explain_waiting(problem)
        case ProviderMisconfigured():
            return f"The provider refused the studio itself: {words} Tell the person who runs this studio."
        case SubmitUnclear():
            unclear = "The server did not answer. We are checking whether it accepted the job;"
            return f"{unclear} you will not be charged twice."
        case _:
            return f"The provider answered: {words}"


def _explain_waiting(problem: ProviderUnavailable) -> str:
    away = problem.code in rate_limit.SILENCE | {ProblemCode.PROVIDER_UNREACHABLE}
    what = "cannot be reached" if away else "is too busy"
    when = "" if problem.retry_after is None else f" Try again in {_wait(problem.retry_after)}."
    return f"The provider {what} right now. Nothing was started and nothing was charged.{when}"


def report(exception: Exception) -> EventSpec | None:
    """Tell the person about an exception that no handler caught: Reflex's backend exception handler."""
    if isinstance(exception, SessionEnded):
        return None
    if isinstance(exception, NotSignedIn):
        return rx.redirect(routes.LOG_IN)
    if isinstance(exception, SoraStudioError):
        _log.info("page_event_refused", reason=str(exception))
        return _say(explain(exception))
    reference = secrets.token_hex(4)
    _log.error("page_event_failed", reference=reference, exc_info=exception)
    return _say(f"{explain(exception)} Reference {reference}.")


def note(exception: Exception) -> None:
    """Write down what failed in somebody's browser; anybody can send it: short, and no error of ours."""
    _log.warning("browser_failed", reason=str(exception)[:_LONGEST_NOTE])


def _say(text: str) -> EventSpec:
    return ToastState.say(text, ERROR)  # pyright: ignore[reportReturnType] - called on its class it is one


def _full_stop(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _wait(seconds: float) -> str:
    whole = max(1, round(seconds))
    if whole >= _NEXT_IN_MINUTES:
        return f"{round(whole / 60)} minutes"
    return f"{whole} seconds" if whole > 1 else "1 second"
