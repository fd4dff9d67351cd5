"""What becomes of an error that the SDK was not known to raise."""

import zlib

import pytest

from sora_studio.domain.errors import InvalidInput, ProviderUnavailable, SubmitUnclear
from sora_studio.providers.call import Call
from sora_studio.providers.errors import translated_errors

SECRET = "sk-very-secret"


@pytest.mark.parametrize("call", Call)
@pytest.mark.parametrize(
    "odd", [TypeError, AssertionError, LookupError, ValueError, RecursionError, zlib.error, StopIteration]
)
def test_whatever_the_sdk_stumbles_over_a_post_may_have_been_taken(
    call: Call, odd: type[Exception], caplog: pytest.LogCaptureFixture
):
    doubt = SubmitUnclear if call.makes else ProviderUnavailable
    with pytest.raises(doubt) as told, translated_errors(call):
        raise odd(SECRET)
    assert SECRET not in str(told.value) + caplog.text


def test_our_own_errors_stay_as_they_are():
    with pytest.raises(InvalidInput, match="Not that"), translated_errors(Call.CREATE):
        raise InvalidInput("Not that.")
