"""What a profile says of its server's ways, on the wire."""

import base64
import json
import re
from dataclasses import replace

import pytest

from sora_studio.domain.errors import (
    ProviderError,
    ProviderMisconfigured,
    ProviderUnavailable,
    SubmitUnclear,
    Unsupported,
)
from sora_studio.domain.profile import Body, Operation
from sora_studio.domain.video import Kind, Variant
from sora_studio.providers.presets import UNSLOTH, VIDEOS_API, VLLM_OMNI
from sora_studio.providers.videos_api import VideosApiProvider
from tests.support.inputs import sent
from tests.support.scripted import says

VIDEO = {"id": "video_1", "object": "video", "status": "queued", "model": "Wan-AI/Wan2.2"}
BUSY = says({"error": {"message": "A video is being made.", "code": "busy"}}, 409, retry_after="3")


@pytest.fixture
async def speaking(server):
    """Return what makes a provider with some profile that talks to the server."""
    made: list[VideosApiProvider] = []

    def speak(profile) -> VideosApiProvider:
        made.append(VideosApiProvider(profile, server.base_url))
        return made[-1]

    yield speak
    for provider in made:
        await provider.close()


async def test_busy_means_not_taken_where_the_profile_says_so(server, speaking, submission):
    server.on("POST", "/videos", BUSY)
    with pytest.raises(ProviderUnavailable) as caught:
        await speaking(UNSLOTH).submit(submission)
    assert (caught.value.message, caught.value.retry_after) == ("A video is being made.", 3)
    with pytest.raises(SubmitUnclear):
        await speaking(VIDEOS_API).submit(submission)


async def test_an_empty_purse_is_not_busy(server, speaking, submission):
    server.on("POST", "/videos", says({"error": {"message": "Pay.", "code": "insufficient_quota"}}, 429))
    with pytest.raises(ProviderMisconfigured):
        await speaking(UNSLOTH).submit(submission)


async def test_a_model_that_is_not_wanted_is_not_sent_and_not_believed(server, speaking, submission):
    server.on("POST", "/videos", says(VIDEO))
    server.on("GET", "/videos/video_1", says(VIDEO))
    server.on("GET", "/videos", says({"data": [VIDEO]}))
    provider = speaking(VLLM_OMNI)
    jobs = [
        await provider.submit(submission),
        await provider.fetch("video_1"),
        *(await provider.list_jobs()).jobs,
    ]
    assert "model" not in server.requests[0].form()
    assert [job.model for job in jobs] == [None, None, None]


async def test_a_submit_in_json(server, speaking, submission, tmp_path):
    server.on("POST", "/videos", says(VIDEO))
    provider = speaking(replace(VIDEOS_API, body=Body.JSON))
    await provider.submit(replace(submission, inputs=(sent(tmp_path, b"png"),)))
    (request,) = server.requests
    assert request.headers["content-type"] == "application/json"
    assert request.headers["idempotency-key"] == str(submission.job_id)
    assert json.loads(request.body) == {
        "prompt": submission.prompt,
        "model": submission.model,
        "size": submission.size,
        "seconds": submission.seconds,
        "input_reference": {"image_url": "data:image/png;base64," + base64.b64encode(b"png").decode()},
    }


async def test_a_submit_in_json_is_as_careful(server, speaking, submission):
    server.on("POST", "/videos", says({}, 500), BUSY)
    provider = speaking(replace(UNSLOTH, body=Body.JSON))
    with pytest.raises(SubmitUnclear):
        await provider.submit(submission)
    with pytest.raises(ProviderUnavailable):
        await provider.submit(submission)
    assert len(server.requests) == 2
    assert "model" not in json.loads(server.requests[0].body)


async def test_a_picture_is_refused_where_none_is_taken(server, speaking, submission, tmp_path):
    provider = speaking(replace(VIDEOS_API, operations=frozenset()))
    with pytest.raises(Unsupported, match="Videos API does not offer reference"):
        await provider.submit(replace(submission, inputs=(sent(tmp_path, b"png"),)))
    assert server.requests == []


async def test_a_remix_that_is_not_implemented_behind_a_gateway_can_be_emulated(server, speaking, submission):
    refusal = {"error": {"message": "litellm.APIConnectionError: Not implemented.", "code": "500"}}
    server.on("POST", "/videos/video_0/remix", says(refusal, 500))
    with pytest.raises(Unsupported):
        await speaking(VIDEOS_API).submit(replace(submission, kind=Kind.REMIX, source="video_0"))


@pytest.mark.parametrize("status", [400, 404, 405, 422])
async def test_a_list_that_is_missing_is_not_asked_for_again_for_a_while(server, speaking, status):
    server.on("GET", "/videos", says({"error": {"message": "LLM Provider NOT provided"}}, status))
    provider: VideosApiProvider = speaking(VIDEOS_API)
    for _ in range(2):
        with pytest.raises(Unsupported):
            await provider.list_jobs()
    assert len(server.requests) == 1
    assert Operation.LIST not in provider.profile.operations


async def test_a_later_page_that_is_refused_does_not_end_the_list(server, speaking):
    """Unsloth answers 400 when the job to go on after has been deleted."""
    server.on("GET", "/videos", says({}, 400), says({"data": [VIDEO]}))
    provider = speaking(VIDEOS_API)
    with pytest.raises(Unsupported):
        await provider.list_jobs(after="video_0")
    assert len((await provider.list_jobs()).jobs) == 1


async def test_a_delete_that_says_no_has_to_be_tried_again(server, speaking):
    server.on("DELETE", "/videos/video_1", says({"id": "video_1", "deleted": False}))
    with pytest.raises(ProviderUnavailable):
        await speaking(VIDEOS_API).delete("video_1")


async def test_who_routes_by_the_model_is_told_it_with_every_question(server, speaking):
    """And nobody else is: a query that is not known may be refused."""
    server.on("GET", "/videos/video_1", says(VIDEO))
    server.on("GET", "/videos", says({"data": []}))
    server.on("DELETE", "/videos/video_1", says({"id": "video_1", "deleted": True}))
    server.on("GET", "/videos/video_1/content", says({}, 404))
    for told in (("model",), ()):
        profile = replace(VIDEOS_API, poll_query=told)
        provider = speaking(replace(profile, models=profile.models[:1]))
        before = len(server.requests)
        await provider.fetch("video_1", model="wan")
        await provider.list_jobs()
        await provider.delete("video_1", model="wan")
        with pytest.raises(ProviderError):
            async with provider.content("video_1", Variant.VIDEO, model="wan"):
                pass
        asked = [request.target.partition("?")[2] for request in server.requests[before:]]
        told_of = [re.findall(r"model=([\w-]+)", query) for query in asked]
        assert told_of == ([["wan"], ["sora-2"], ["wan"], ["wan"], ["wan"]] if told else [[]] * 5)
