"""A table of providers.toml becomes a profile: the preset, and what the table says otherwise."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from sora_studio.config import ProviderSettings
from sora_studio.domain.errors import JobNotFound, ProviderMisconfigured
from sora_studio.domain.job import ServerId
from sora_studio.domain.ports import Submission
from sora_studio.domain.profile import Body, Operation, Preset, RateLimit
from sora_studio.providers.factory import profile_of, provider_of
from sora_studio.providers.presets import LITELLM, OPENAI, PRESETS, SANDBOX, UNSLOTH, VLLM_OMNI


def table(preset: str, name: str = "", **values: Any) -> ProviderSettings:
    """Write a table."""
    found = {"name": name or preset, "preset": preset, "base_url": "http://server/v1", **values}
    return ProviderSettings.model_validate(found)


def test_every_preset_has_a_profile():
    assert PRESETS.keys() == {*Preset}


@pytest.mark.parametrize("preset", PRESETS)
def test_a_bare_table_is_its_preset(preset):
    assert profile_of(table(preset)) == PRESETS[preset]


def test_another_name_is_the_label_too():
    profile = profile_of(table("vllm-omni", "gpu-box"))

    assert (profile.name, profile.label) == ("gpu-box", "gpu-box")
    assert profile_of(table("vllm-omni", "gpu-box", label="Big one")).label == "Big one"


def test_what_the_table_says_wins():
    profile = profile_of(
        table(
            "unsloth",
            busy=[503],
            body="json",
            rate_limit={"per_second": 2, "jobs": 3},
            operations={"add": ["remix"], "remove": ["list"]},
            media_hosts=["minio"],
            any_size=False,
            sends_model=True,
            note="",
        )
    )

    assert profile.busy == UNSLOTH.busy | {503}
    assert profile.body is Body.JSON
    assert profile.rate_limit == RateLimit(per_second=2, jobs=3)
    assert profile.operations == (UNSLOTH.operations | {Operation.REMIX}) - {Operation.LIST}
    assert profile.media_hosts == {"minio"}
    assert (profile.any_size, profile.any_seconds, profile.sends_model, profile.note) == (
        False,
        True,
        True,
        "",
    )


def test_named_models_are_all_that_is_offered():
    wan = {"id": "wan", "seconds": [5], "price_per_second": Decimal("0.05")}
    profile = profile_of(table("litellm", models=[wan, "sora-2", "veo"]))

    assert [model.id for model in profile.models] == ["wan", "sora-2", "veo"]
    assert profile.model("wan").price("1280x720", "5") == 250_000
    assert profile.model("sora-2") == LITELLM.model("sora-2")
    assert profile.model("veo").price("1280x720", "4") is None
    assert Operation.MODELS not in profile.operations
    more = table("litellm", models=["wan"], operations={"add": ["models"]})
    assert Operation.MODELS in profile_of(more).operations


def test_prices_by_size():
    model = {"id": "sora-2-pro", "price_per_second": "0.2", "prices": {"1920x1080": "0.000001"}}
    (priced,) = profile_of(table("sandbox", models=[model])).models

    assert priced.price("1920x1080", "4") == 4
    assert priced.price("1792x1024", "4") == 800_000, "the preset's price of a size went on"
    assert priced.sizes == SANDBOX.model("sora-2-pro").sizes


async def test_nothing_is_sent_to_what_is_no_more():
    provider = provider_of(table("openai"))

    assert provider.profile.operations == frozenset()
    with pytest.raises(ProviderMisconfigured, match="24 September 2026"):
        await provider.submit(None)  # pyright: ignore[reportArgumentType] -- it is not looked at
    with pytest.raises(JobNotFound):
        await provider.fetch("video_1")
    assert await provider.list_models() == OPENAI.models


def test_what_was_retired_can_be_had_again():
    model, _, _ = profile_of(table("openai", retired="")).choose("sora-2", None, None)

    assert model.id == "sora-2"


def test_a_provider_has_the_profile_of_its_table():
    profile = provider_of(table("vllm-omni")).profile

    assert replace(profile, server="") == VLLM_OMNI


def test_a_server_is_told_apart_by_its_address_and_its_key():
    """Neither a secret nor what changes from start to start is in its name."""

    def server(**keys: str) -> ServerId:
        return ServerId.parse(provider_of(table("vllm-omni", **keys)).profile.server)

    one = server(base_url="https://GPU.example/v1", api_key="sk-one-of-ours")
    assert one.address == "https://gpu.example/v1"
    assert one.key
    assert "one-of-ours" not in str(one)
    assert server(base_url="https://gpu.example/v1", api_key="sk-one-of-ours") == one
    other = server(base_url="https://gpu.example/v1", api_key="sk-another")
    assert (other.address, other.key == one.key) == (one.address, False)
    assert server(base_url="http://127.0.0.1:8000/v1") == ServerId("http://127.0.0.1:8000/v1")


def test_the_sandbox_of_an_instance_is_the_same_on_any_port():
    instance = uuid4()
    one, other = (
        provider_of(
            table("sandbox", base_url=f"http://127.0.0.1:{port}/v1"), child_of=instance
        ).profile.server
        for port in (4010, 4011)
    )

    assert one == other == f"sandbox:{instance}"


async def test_an_address_that_is_none_is_a_refusal():
    """Not an error of ours: a wish would be unclear for ever, though nothing was ever sent."""
    provider = provider_of(table("vllm-omni", base_url="http://1.2.3.400/v1"))

    with pytest.raises(ProviderMisconfigured, match="cannot be used"):
        await provider.submit(Submission(uuid4(), "a kite", "default", "832x480", "4"))
    with pytest.raises(ProviderMisconfigured):
        await provider.list_jobs()
    await provider.close()
