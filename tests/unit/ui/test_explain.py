"""From an exception to the sentence a person reads."""

import pytest

from sora_studio.domain import errors
from sora_studio.domain.problem import ProblemCode
from sora_studio.ui.errors import explain

EVERY = [
    errors.InvalidInput("The prompt is empty."),
    errors.TooLarge("The image has 31 MB."),
    errors.NotSignedIn("Please log in."),
    errors.NotFound("There is no such video."),
    errors.IdempotencyKeyReused("This idempotency key was already used for another request."),
    errors.Conflict("Only a finished video can be remixed."),
    errors.LimitReached("That is a lot at once"),
    errors.ProviderUnavailable("connection refused"),
    errors.SubmitUnclear("read timeout"),
    errors.JobNotFound("no such job"),
    errors.ContentRejected("It names a real person"),
    errors.Unsupported("remix is not supported"),
    errors.ProviderMisconfigured("invalid key"),
    errors.StorageError("ENOSPC"),
    errors.MediaError("no ftyp"),
    errors.Unavailable("no database"),
    errors.InsufficientStorage("The disk is nearly full."),
    ZeroDivisionError("division by zero"),
]


@pytest.mark.parametrize("problem", EVERY, ids=lambda problem: type(problem).__name__)
def test_every_problem_is_a_whole_sentence(problem: Exception):
    text = explain(problem)

    assert text[0].isupper()
    assert text.endswith(".")
    assert "!" not in text


def test_what_the_person_can_mend_is_told_as_it_is():
    assert explain(errors.InvalidInput("The prompt is empty.")) == "The prompt is empty."


def test_a_form_speaks_of_wishes_not_of_keys():
    assert "key" not in explain(
        errors.IdempotencyKeyReused("This idempotency key was already used for another request.")
    )


@pytest.mark.parametrize(("seconds", "wait"), [(0.2, "1 second"), (12.4, "12 seconds"), (300, "5 minutes")])
def test_a_limit_says_when_to_try_again(seconds: float, wait: str):
    problem = errors.LimitReached("That is a lot at once", retry_after=seconds)

    assert explain(problem) == f"That is a lot at once. Try again in {wait}."


def test_a_refusal_says_why_what_it_cost_and_what_to_do():
    text = explain(errors.ContentRejected("It names a real person"))

    assert "It names a real person." in text
    assert "You were not charged. Edit the prompt and submit it again." in text


def test_a_lost_answer_promises_no_second_charge():
    assert explain(errors.SubmitUnclear("read timeout")).endswith("you will not be charged twice.")


@pytest.mark.parametrize(
    "code", [ProblemCode.PROVIDER_UNREACHABLE, "unreachable", "timeout", "connection_lost"]
)
def test_who_does_not_answer_cannot_be_reached(code: str):
    assert "cannot be reached" in explain(errors.ProviderUnavailable("no answer", code))


@pytest.mark.parametrize("code", [ProblemCode.PROVIDER_BUSY, "rate_limit_exceeded"])
def test_who_is_busy_can_be_reached(code: str):
    text = explain(errors.ProviderUnavailable("too many", code, 12.0))

    assert "reached" not in text
    assert text.endswith(
        "too busy right now. Nothing was started and nothing was charged. Try again in 12 seconds."
    )


def test_a_full_disk_is_no_missing_database():
    full = errors.InsufficientStorage("The disk is nearly full. Nothing was charged.")

    assert explain(full) == "The disk is nearly full. Nothing was charged."


def test_our_own_mistakes_tell_nothing_of_the_inside():
    assert "division" not in explain(ZeroDivisionError("division by zero"))
