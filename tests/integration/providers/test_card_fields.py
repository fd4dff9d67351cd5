"""What a model card makes of a wish, on the wire: as forms carry it, and as JSON."""

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from sora_studio.domain.ports import Submission
from sora_studio.providers.factory import provider_of
from tests.support.scripted import ScriptedServer, says
from tests.unit.providers.test_factory import table

VIDEO = {"id": "video_1", "object": "video", "status": "queued", "progress": 0}
WAN = "Wan-AI/Wan2.2-T2V-A14B-Diffusers"


async def sent(server: ScriptedServer, preset: str, submission: Submission, **more: Any) -> dict[str, Any]:
    """Submit to a server of a kind; return the fields that arrived."""
    server.on("POST", "/videos", says(VIDEO))
    provider = provider_of(table(preset, base_url=server.base_url, **more))
    try:
        await provider.submit(submission)
    finally:
        await provider.close()
    request = server.requests[-1]
    if request.headers["content-type"] == "application/json":
        return json.loads(request.body)
    return {name: value[2].decode() for name, value in request.form().items()}


@pytest.mark.parametrize("preset", ["vllm-omni", "sglang", "fastvideo"])
async def test_wan_is_asked_for_its_own_frames(server, submission, preset):
    wish = replace(submission, model=WAN, seconds="5", options={"seed": 7, "guidance_scale": 3.5})
    assert await sent(server, preset, wish) == {
        "prompt": "a dog on the moon",
        "size": "1280x720",
        "seconds": "5",
        "num_frames": "81",
        "fps": "16",
        "seed": "7",
        "guidance_scale": "3.5",
    }


@pytest.mark.parametrize("preset", ["vllm-omni", "sglang", "fastvideo"])
async def test_a_seed_is_drawn_for_each_job_where_nobody_has_set_one(server, submission, preset):
    """The same job sent once more is the same film, the same wish once more is another."""
    wish = replace(submission, model=WAN, seconds="5")
    seeds = [
        (await sent(server, preset, each))["seed"] for each in (wish, wish, replace(wish, job_id=uuid4()))
    ]
    assert seeds[0] == seeds[1] != seeds[2]
    assert all(0 <= int(seed) < 2**31 for seed in seeds)


@pytest.mark.parametrize(("preset", "model"), [("litellm", "veo-3.1"), ("unsloth", WAN), ("sglang", "odd")])
async def test_no_seed_is_drawn_for_who_draws_one_or_takes_none(server, submission, preset, model):
    assert "seed" not in await sent(server, preset, replace(submission, model=model, seconds="4"))


async def test_the_small_wan_goes_out_in_its_own_size(server, submission):
    fields = await sent(server, "sglang", replace(submission, model="Wan2.2-TI2V-5B", seconds="5"))
    assert (fields["size"], fields["num_frames"], fields["fps"]) == ("1280x704", "121", "24")


async def test_truth_is_written_as_servers_read_it_in_a_form(server, submission):
    wish = replace(submission, model="LTX-2", options={"generate_sound": True})
    assert (await sent(server, "vllm-omni", wish))["generate_sound"] == "true"


async def test_json_carries_numbers(server, submission):
    wish = replace(submission, model=WAN, seconds="5", options={"seed": 7})
    fields = await sent(server, "sglang", wish, body="json")
    assert (fields["num_frames"], fields["fps"], fields["seed"]) == (81, 16, 7)


async def test_a_field_within_an_object_is_sent_in_json(server, submission):
    """No two servers agree on how a form writes that."""
    wish = replace(submission, model="veo-3.1", seconds="8", options={"seed": 7})
    assert (await sent(server, "new-api", wish))["metadata"] == {"seed": 7}


async def test_a_server_of_unknown_kind_is_told_what_everybody_takes(server, submission):
    fields = await sent(
        server, "videos-api", replace(submission, model=WAN, seconds="5", options={"seed": 7})
    )
    assert fields.keys() == {"prompt", "model", "size", "seconds"}
