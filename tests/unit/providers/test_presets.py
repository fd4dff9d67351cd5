"""The shipped profiles, and the models that a server adds to them."""

import pytest

from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.profile import Operation, Preset
from sora_studio.providers.model_list import with_listed_models
from sora_studio.providers.presets import OPENAI, PRESETS, SANDBOX, VIDEOS_API, VLLM_OMNI


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


@pytest.mark.parametrize(
    ("size", "seconds"),
    [
        *(
            (None, seconds)
            for seconds in ("601", "0600999", "0004" + "9" * 5000, "0", "-4", "4.0", "٤", " 4")
        ),
        *((size, None) for size in ("8193x720", "01280999x720", "1280x00720", "01280" + "9" * 5000 + "x720")),
    ],
)
def test_nobody_is_asked_for_what_is_beyond_all_bounds(size, seconds):
    for profile in (SANDBOX, VIDEOS_API):
        with pytest.raises(InvalidInput):
            profile.choose("sora-2", size, seconds)


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


def test_guessed_models_give_way_to_listed_ones_and_lend_them_their_sizes():
    assert VLLM_OMNI.model(None).id == "default"
    (model,) = with_listed_models(VLLM_OMNI, listing("Wan-AI/Wan2.2-T2V")).models
    assert (model.id, model.sizes, model.hint) == ("Wan-AI/Wan2.2-T2V", VLLM_OMNI.models[0].sizes, "")
    assert with_listed_models(VLLM_OMNI, listing()) == VLLM_OMNI


def test_a_listed_model_does_not_borrow_a_price():
    listed = with_listed_models(PRESETS[Preset.LITELLM], listing("veo-3.1")).models
    assert [(model.id, model.price("1280x720", "4")) for model in listed] == [("veo-3.1", None)]


def test_nothing_can_be_wished_for_where_the_service_is_no_more():
    with pytest.raises(InvalidInput, match="OpenAI ended its Videos API on 24 September 2026") as caught:
        OPENAI.choose("sora-2", None, None)
    assert (caught.value.param, caught.value.code) == ("provider", "provider_retired")


@pytest.mark.parametrize("profile", PRESETS.values(), ids=PRESETS.keys())
def test_every_preset_can_fill_the_form(profile):
    for model in profile.models:
        assert model.sizes
        assert model.seconds
    assert profile.retired or profile.choose(None, None, None)


def test_only_what_is_known_for_sure_lets_a_lost_submit_be_sent_again():
    """In-memory lists forget at a restart, so a job that is missing there may have been taken."""
    assert [name for name, profile in PRESETS.items() if profile.list_is_complete] == ["sandbox"]
    assert [name for name, profile in PRESETS.items() if profile.honours_idempotency_key] == ["sandbox"]
    without_list = {name for name, each in PRESETS.items() if Operation.LIST not in each.operations}
    assert without_list == {"litellm", "new-api", "bifrost"}
