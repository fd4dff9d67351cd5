"""The shipped profiles, and the models that a server adds to them."""

import pytest

from sora_studio.domain.errors import InvalidInput
from sora_studio.providers.profiles import SANDBOX, VIDEOS_API, with_listed_models


def listing(*ids: object):
    return {"object": "list", "data": [{"id": model_id, "object": "model"} for model_id in ids]}


@pytest.mark.parametrize(
    ("model", "size", "seconds", "micros"),
    [
        ("sora-2", "1280x720", "4", 400_000),
        ("sora-2-pro", "720x1280", "4", 1_200_000),
        ("sora-2-pro", "1792x1024", "12", 6_000_000),
        ("sora-2-pro", "1080x1920", "20", 14_000_000),
    ],
)
def test_list_prices(model, size, seconds, micros):
    for profile in (SANDBOX, VIDEOS_API):
        chosen, size_, seconds_ = profile.choose(model, size, seconds)
        assert chosen.price(size_, seconds_) == micros


def test_the_sandbox_refuses_what_it_cannot_make():
    for choice in (("sora-2", "1920x1080", "4"), ("sora-2", None, "5"), ("sora-3", None, None)):
        with pytest.raises(InvalidInput):
            SANDBOX.choose(*choice)


def test_other_servers_are_asked_for_anything_sensible():
    assert VIDEOS_API.choose("sora-2", "832x480", "5")[1:] == ("832x480", "5")


def test_the_sandbox_is_trusted_and_others_are_not():
    assert SANDBOX.list_is_complete
    assert SANDBOX.honours_idempotency_key
    assert not VIDEOS_API.list_is_complete
    assert not VIDEOS_API.honours_idempotency_key


def test_listed_models_join_without_a_price():
    profile = with_listed_models(SANDBOX, listing("sora-2", "Wan-AI/Wan2.2-T2V", "veo-3.1", "veo-3.1"))
    assert [model.id for model in profile.models] == ["sora-2", "Wan-AI/Wan2.2-T2V", "veo-3.1", "sora-2-pro"]
    wan, size, seconds = profile.choose("Wan-AI/Wan2.2-T2V", None, None)
    assert (size, seconds, wan.price(size, seconds)) == ("1280x720", "4", None)


def test_the_default_model_is_one_that_the_server_has():
    assert with_listed_models(VIDEOS_API, listing("Wan-AI/Wan2.2-T2V")).model(None).id == "Wan-AI/Wan2.2-T2V"
    assert with_listed_models(VIDEOS_API, listing("gpt-x", "sora-2")).model(None).id == "sora-2"


@pytest.mark.parametrize("body", [None, [], {}, {"data": None}, {"data": [None, {}, {"id": 7}, {"id": ""}]}])
def test_a_listing_that_says_nothing_changes_nothing(body):
    assert with_listed_models(SANDBOX, body) == SANDBOX


def test_listed_twice_is_listed_once():
    once = with_listed_models(VIDEOS_API, listing("b", "a"))
    assert with_listed_models(once, listing("b", "a")) == once
