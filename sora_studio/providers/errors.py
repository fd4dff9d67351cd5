"""Translates what the SDK raises into the studio's errors.

The question that matters is what became of a submit. Only three answers are certain: a 2xx with an id
(taken), a refusal that is the provider's own (not taken), a connection that never opened (not taken).
Everything else is `SubmitUnclear`, because a blind second POST may be billed a second time.
"""

from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from ssl import SSLCertVerificationError
from traceback import extract_tb

import httpx2
import structlog
from openai import APIStatusError, OpenAIError

from sora_studio.domain.errors import (
    ContentRejected,
    JobNotFound,
    ProviderError,
    ProviderMisconfigured,
    ProviderRejected,
    ProviderUnavailable,
    SoraStudioError,
    SubmitUnclear,
    Unsupported,
)
from sora_studio.providers.call import Call
from sora_studio.providers.error_body import ErrorBody, of_refusal, read_error_body
from sora_studio.providers.reading.error import RefusedInBody
from sora_studio.providers.reading.names import MODERATED
from sora_studio.providers.wire import MalformedResponse

_log = structlog.get_logger(__name__)


_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, SSLCertVerificationError)
_NO_ADDRESS = (httpx2.UnsupportedProtocol, httpx2.InvalidURL)
_SLOW = (httpx2.TimeoutException, TimeoutError)
_LOST = (OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, MalformedResponse, OSError, RuntimeError)

_REDIRECT, _CLIENT_ERROR = 3, 4  # hundreds of HTTP statuses

_NOT_FOUND = 404
_NO_MODEL = "model_not_found"  # new-api says so with a 503: whatever the status, nothing was taken
_NOT_IMPLEMENTED = "notimplemented"

_Meanings = Mapping[int | str, type[ProviderError]]

# The code says more than the HTTP status that it comes with.
_CODES: _Meanings = {
    MODERATED: ContentRejected,
    _NO_MODEL: ProviderMisconfigured,
    "insufficient_quota": ProviderMisconfigured,
    "billing_hard_limit_reached": ProviderMisconfigured,
    "billing_not_active": ProviderMisconfigured,
}
_OPERATORS = {*_CODES, "invalid_api_key"}  # what is wrong is told to the person who runs the studio
_ALWAYS: _Meanings = {
    401: ProviderMisconfigured,
    402: ProviderMisconfigured,
    403: ProviderMisconfigured,
    405: Unsupported,
    429: ProviderUnavailable,
    501: Unsupported,
}
_ABSENT = {"task_not_exist", "video_not_found"}  # said with a 400, too
_OF_A_JOB = {
    **dict.fromkeys((Call.FETCH, Call.CONTENT, Call.DELETE), JobNotFound),
    Call.REMIX: ProviderRejected,  # a new video of the change's words alone would be no remix
}
_LOOKS = {Call.FETCH, Call.LIST, Call.DELETE}
# 303 is how some servers say "made, look there"; 409 how some say "busy", and others that it exists.
_SUBMIT = _ALWAYS | dict.fromkeys((303, 408, 409, 425), SubmitUnclear)
_LOOK = _ALWAYS | dict.fromkeys((408, 409, 425), ProviderUnavailable)
_GONE = dict.fromkeys((404, 410), JobNotFound)
_MEANINGS: dict[Call, _Meanings] = {
    Call.CREATE: _SUBMIT | dict.fromkeys((404, 410), ProviderMisconfigured),  # the API is not at this address
    Call.REMIX: _SUBMIT | dict.fromkeys((404, 410), Unsupported),  # no such route, or the parent is gone
    Call.CHARACTER: _SUBMIT | dict.fromkeys((404, 410), Unsupported),
    Call.FETCH: _LOOK | _GONE,
    Call.LIST: _LOOK | dict.fromkeys((400, 404, 410, 422), Unsupported),  # LiteLLM: 400, whose list?
    Call.CONTENT: _LOOK | _GONE | dict.fromkeys((400, 403), ProviderUnavailable),  # said of unready files
    Call.DELETE: _LOOK | _GONE,
}


@contextmanager
def translated_errors(call: Call, busy: Collection[int] = ()) -> Generator[None]:
    """Turn every vendor exception into a ProviderError with the original as its cause.

    Args:
        call: What is being asked; decides what a lost or odd answer means.
        busy: HTTP statuses by which this provider says that it took nothing and has no room now.
    """
    try:
        yield
    except SoraStudioError:  # said by us, about an answer that we understood
        raise
    except APIStatusError as error:
        raise _refused(call, read_error_body(error.response), busy) from error
    except RefusedInBody as error:
        raise _refused(call, of_refusal(error.said, makes=call.makes), busy) from error
    except UnicodeEncodeError as error:  # before anything is sent
        message = "The request cannot be written as HTTP: it has characters that cannot be sent."
        raise ProviderRejected(message, "unsendable") from error
    except _LOST as error:
        raise _lost(call, error) from error
    except Exception as error:  # noqa: BLE001 - whatever the SDK stumbles over, the POST may have been taken
        # An answer that nobody has thought of, and whose words nobody has looked through for secrets.
        place = extract_tb(error.__traceback__)[-1]
        where = f"{place.filename}:{place.lineno}"
        _log.error("provider_answer_failed", call=call.name, error=type(error).__name__, where=where)
        message = "The provider's answer makes no sense."
        raise _doubt(call)(message, "garbled_answer") from None


def _refused(call: Call, body: ErrorBody, busy: Collection[int]) -> ProviderError:
    meaning = _meaning(call, body, busy)
    if meaning is ProviderUnavailable:
        return ProviderUnavailable(body.message, body.code, body.retry_after)
    if meaning is ProviderMisconfigured and body.code not in _OPERATORS:
        return meaning(body.message, f"http_{body.status}")  # a word of its own would say less
    return meaning(body.message, body.code)


def _meaning(call: Call, body: ErrorBody, busy: Collection[int]) -> type[ProviderError]:
    hundreds = body.status // 100
    if body.code in _CODES and (hundreds == _CLIENT_ERROR or body.code == _NO_MODEL):
        return _CODES[body.code]
    if body.code in _ABSENT and call in _OF_A_JOB:
        return _OF_A_JOB[call]
    if body.status in busy or _is_of_no_job(call, body):
        return ProviderUnavailable
    if call is Call.REMIX and _NOT_IMPLEMENTED in body.message.lower().replace(" ", ""):
        return Unsupported  # LiteLLM says so with a 500
    if body.status in _MEANINGS[call]:
        return _MEANINGS[call][body.status]
    return {_REDIRECT: ProviderMisconfigured, _CLIENT_ERROR: ProviderRejected}.get(hundreds, _doubt(call))


def _is_of_no_job(call: Call, body: ErrorBody) -> bool:
    """Tell whether a 404 is a gateway's, whose server is being restarted, or of a route that is not there."""
    if body.status != _NOT_FOUND or call not in _LOOKS:
        return False
    return not body.is_api or (body.no_route and call is Call.FETCH)


def _lost(call: Call, error: Exception) -> ProviderError:
    reason = error.__cause__ if isinstance(error, OpenAIError) else error
    if isinstance(reason, _NO_ADDRESS):
        return ProviderMisconfigured("The provider's address is not an http or https URL.", "bad_address")
    if distrust := _distrust(error):
        message = f"The provider's certificate is not trusted: {distrust.verify_message}."
        return ProviderUnavailable(message, "unreachable")
    if isinstance(reason, _NEVER_SENT):
        return ProviderUnavailable("The provider cannot be reached.", "unreachable")
    if isinstance(reason, _SLOW):
        return _doubt(call)("The provider did not answer in time.", "timeout")
    if isinstance(reason, MalformedResponse):
        return _doubt(call)(str(reason), "garbled_answer")
    return _doubt(call)("The connection to the provider broke.", "connection_lost")


def _distrust(error: BaseException | None) -> SSLCertVerificationError | None:
    """Return what is wrong with a certificate, from wherever it stands among the causes of an error."""
    seen: list[BaseException] = []  # causes may go round in a circle
    while error is not None and not any(error is each for each in seen):
        if isinstance(error, SSLCertVerificationError):
            return error
        seen.append(error)
        error = error.__cause__ or error.__context__
    return None


def _doubt(call: Call) -> type[ProviderError]:
    return SubmitUnclear if call.makes else ProviderUnavailable
