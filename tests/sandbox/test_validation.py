"""What is accepted, and the words of a refusal."""

import pytest

from sora_sandbox import validation
from sora_sandbox.wire import ApiError


@pytest.mark.parametrize(
    "prompt", ["a forbidden-test.", "Forbidden-Test", "so much GORE!", "a\nnude  figure"]
)
def test_some_words_are_refused_at_once(prompt: str):
    with pytest.raises(ApiError) as caught:
        validation.check_prompt(prompt)

    assert (caught.value.status, caught.value.code) == (400, "moderation_blocked")


@pytest.mark.parametrize("prompt", ["a gorgeous category", "forbidden-tests are other words", "not-gore"])
def test_words_are_matched_whole(prompt: str):
    assert validation.check_prompt(prompt) == prompt
    assert not validation.is_blocked_later(prompt)


@pytest.mark.parametrize("prompt", ["Mickey  Mouse dancing", "a forbidden-late-test", "Pikachu, please"])
def test_some_words_are_refused_later(prompt: str):
    assert validation.check_prompt(prompt) == prompt
    assert validation.is_blocked_later(prompt)


def test_nothing_said_means_the_defaults():
    assert validation.check_parameters(None, None, None) == ("sora-2", "720x1280", "4")


def test_only_the_larger_model_offers_the_larger_sizes():
    assert validation.check_parameters("sora-2-pro", "1792x1024", "20") == ("sora-2-pro", "1792x1024", "20")
    with pytest.raises(ApiError, match="Supported values are: '720x1280' and '1280x720'"):
        validation.check_parameters("sora-2", "1792x1024", "20")


@pytest.mark.parametrize(
    ("seconds", "more", "extensions", "param"),
    [(100, 20, 5, None), (104, 20, 1, "seconds"), (4, 4, 6, "video")],
)
def test_a_video_is_extended_so_often_and_so_far(seconds: int, more: int, extensions: int, param: str | None):
    if param is None:
        assert validation.check_extension(seconds, more, extensions) == seconds + more
        return
    with pytest.raises(ApiError) as caught:
        validation.check_extension(seconds, more, extensions)
    assert caught.value.param == param


@pytest.mark.parametrize(("seconds", "nearest"), [(0.5, "4"), (5.0, "4"), (9.9, "8"), (200.0, "20")])
def test_a_film_that_somebody_brings_gets_the_nearest_length(seconds: float, nearest: str):
    assert validation.check_uploaded_film(None, 1280, 720, seconds) == ("sora-2", "1280x720", nearest)
