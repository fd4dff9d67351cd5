"""Who is at an address that nobody has named a preset for, and what is sent there."""

from typing import Any

import pytest

from sora_studio.config import ProviderSettings
from sora_studio.domain.errors import ProviderUnavailable
from sora_studio.domain.profile import Operation, Preset
from sora_studio.providers.factory import provider_of
from tests.support.scripted import RESETS, Reply, ScriptedServer, says, shows

VIDEO = {"id": "video_1", "object": "video", "status": "queued"}


def models(*owners: str, **more: Any) -> dict[str, Any]:
    """Return a list of models as servers write it."""
    data = [
        {"id": f"maker/model-{number}", "object": "model", "owned_by": owner, **more}
        for number, owner in enumerate(owners)
    ]
    return {"object": "list", "data": data}


SGLANG = {"task_type": "T2V", "num_gpus": 1, "pipeline_class": "WanPipeline"}
SERVERS = {
    "LiteLLM 1.110.2 in front of runwayml, hosted_vllm": (
        Preset.LITELLM,
        {
            "/v1/models": says(models("openai", "openai")),
            "/health/liveliness": says("I'm alive!"),
            "/v1/videos": says({"error": {"message": "Whose list?"}}, 400, x_litellm_version="1.110.2"),
            "/model/info": says(
                {
                    "data": [
                        {"litellm_params": {"model": "runwayml/gen4", "custom_llm_provider": "runwayml"}},
                        {"litellm_params": {"model": "hosted_vllm/wan"}},
                    ]
                }
            ),
        },
    ),
    "new-api v1.0.0": (Preset.NEW_API, {"/v1/models": says(models("kling"), x_new_api_version="v1.0.0")}),
    "new-api": (Preset.NEW_API, {"/v1/models": says(models("kling", supported_endpoint_types=["video"]))}),
    "Bifrost 1.5.0 in front of maker": (
        Preset.BIFROST,
        {
            "/v1/models": says(models("x")),
            "/health": says({"status": "ok", "components": {"db_pings": "ok"}}),
            "/api/version": says("v1.5.0"),
        },
    ),
    "Unsloth Studio 2026.10.9": (
        Preset.UNSLOTH,
        {
            "/v1/models": says(models("unsloth-studio")),
            "/api/health": says({"service": "Unsloth UI Backend", "version": "2026.10.9"}),
        },
    ),
    "SGLang 0.5.23": (
        Preset.SGLANG,
        {"/v1/models": says(models("sglang", **SGLANG)), "/server_info": says({"version": "0.5.23"})},
    ),
    "FastVideo": (Preset.FASTVIDEO, {"/v1/models": says(models("fastvideo"))}),
    "vLLM-Omni 0.30": (
        Preset.VLLM_OMNI,
        {
            "/v1/models": says(models("vllm")),
            "/health": says({"status": "healthy"}),
            "/version": says({"version": "0.30.1"}),
        },
    ),
}
UNKNOWN = {
    "nothing but a 404": {},
    "a page for everything": {
        path: shows("<html>Welcome</html>") for path in ("/v1/models", "/health", "/version", "/api/health")
    },
    "vLLM itself": {"/v1/models": says(models("vllm")), "/health": Reply(200)},
    "SGLang's language models": {"/v1/models": says(models("sglang"))},
    "two owners": {"/v1/models": says(models("fastvideo", "somebody"))},
    "an empty list": {"/v1/models": says({"object": "list", "data": []})},
    "shapes that nobody has": {
        "/v1/models": says([7]),
        "/health": says({"components": "db_pings"}),
        "/health/liveliness": says({"I'm": "alive!"}),
        "/api/health": says("Unsloth UI Backend"),
    },
}


def play(server: ScriptedServer, script: dict[str, Reply]) -> None:
    for path, reply in script.items():
        server.at("GET", path, reply)


@pytest.fixture
async def provider(server):
    made = provider_of(ProviderSettings(name="box", base_url=server.base_url))
    yield made
    await made.close()


@pytest.mark.parametrize("words", SERVERS)
async def test_a_server_is_known_by_what_it_says(server, provider, words: str):
    preset, script = SERVERS[words]
    play(server, script)
    await provider.list_models()
    assert provider.profile.software == words
    known = provider_of(ProviderSettings(name="box", preset=preset, base_url=server.base_url)).profile
    assert provider.profile.operations == known.operations
    assert provider.profile.server == known.server, "jobs at this address stay where they are"
    assert {request.method for request in server.requests} == {"GET"}


@pytest.mark.parametrize(
    "said",
    [says("I'm alive!"), RESETS, says({}, 403), says({}, 502), says({}, 404, x_litellm_call_id="1")],
    ids=["alive", "no answer", "a gate", "a gate that is down", "by its headers"],
)
async def test_litellm_is_never_asked_how_its_models_are(server, provider, said):
    """Each of them would make a video; nor is anyone who may be LiteLLM."""
    server.at("GET", "/health/liveliness", said)
    server.on("GET", "/models", says(models("litellm")))
    await provider.list_models()
    assert not {"/health", "/api/health"} & {request.path for request in server.requests}


@pytest.mark.parametrize("words", UNKNOWN)
async def test_an_unknown_server_stays_generic(server, provider, submission, words: str):
    play(server, UNKNOWN[words])
    server.on("POST", "/videos", says(VIDEO))
    generic = provider.profile
    await provider.submit(submission)
    assert provider.profile == generic
    assert provider.profile.software == ""
    (sent,) = server.seen("POST", "/videos")
    assert sent.form()["model"][2] == b"sora-2"


async def test_a_preset_that_somebody_named_wins(server):
    play(server, SERVERS["SGLang 0.5.23"][1])
    named = provider_of(ProviderSettings(name="box", preset=Preset.VIDEOS_API, base_url=server.base_url))
    await named.list_models()
    assert named.profile.software == ""
    assert Operation.REMIX in named.profile.operations
    await named.close()


async def test_what_the_table_says_is_kept(server):
    play(server, SERVERS["vLLM-Omni 0.30"][1])
    said: dict[str, Any] = {"label": "The box", "sends_model": True, "operations": {"remove": ["list"]}}
    made = provider_of(ProviderSettings(name="box", base_url=server.base_url, **said))
    await made.list_models()
    profile = made.profile
    assert (profile.label, profile.sends_model, Operation.LIST in profile.operations) == (
        "The box",
        True,
        False,
    )
    await made.close()


async def test_the_first_video_is_asked_for_in_the_servers_own_way(server, provider, submission):
    """After a restart there may be wishes to send before anybody has looked at the models."""
    play(server, SERVERS["vLLM-Omni 0.30"][1])
    server.on("POST", "/videos", says(VIDEO))
    await provider.submit(submission)
    (sent,) = server.seen("POST", "/videos")
    assert "model" not in sent.form()


async def test_one_that_lists_several_models_is_told_which(server, provider, submission):
    play(server, {"/v1/models": says(models("fastvideo", "fastvideo"))})
    server.on("POST", "/videos", says(VIDEO))
    await provider.submit(submission)
    (sent,) = server.seen("POST", "/videos")
    assert sent.form()["model"][2] == b"sora-2"


async def test_nothing_is_sent_to_a_server_that_is_not_there(submission):
    provider = provider_of(ProviderSettings(name="box", base_url="http://127.0.0.1:1/v1"))
    with pytest.raises(ProviderUnavailable):
        await provider.submit(submission)
    await provider.close()


async def test_a_server_that_only_makes_videos_is_used_all_the_same(server, provider, submission):
    server.on("GET", "/models", RESETS)
    server.on("POST", "/videos", says(VIDEO))
    assert (await provider.submit(submission)).remote_id == "video_1"


async def test_what_is_known_once_is_not_forgotten(server, provider):
    play(server, SERVERS["FastVideo"][1])
    await provider.list_models()
    server.on("GET", "/models", says({"detail": "loading"}, 503))
    with pytest.raises(ProviderUnavailable):
        await provider.list_models()
    assert provider.profile.software == "FastVideo"


async def test_a_version_that_comes_too_late_is_not_forgotten(server, provider):
    play(server, SERVERS["SGLang 0.5.23"][1])
    await provider.list_models()
    server.at("GET", "/server_info", RESETS)
    await provider.list_models()
    assert provider.profile.software == "SGLang 0.5.23"


@pytest.mark.parametrize("words", SERVERS)
async def test_no_kind_that_is_found_lets_a_lost_submit_be_sent_again(server, provider, words: str):
    """That a server forgets nothing, or makes one thing under one key, is for somebody to say."""
    play(server, SERVERS[words][1])
    await provider.list_models()
    assert not provider.profile.list_is_complete
    assert not provider.profile.honours_idempotency_key
    assert not provider.profile.retired
