"""Edits, extensions and characters on the wire."""

import base64
import json
from dataclasses import replace
from uuid import UUID

import pytest

from sora_studio.domain.errors import (
    ContentRejected,
    ProviderMisconfigured,
    ProviderRejected,
    ProviderUnavailable,
    SubmitUnclear,
    Unsupported,
)
from sora_studio.domain.video import Kind
from sora_studio.providers.presets import VIDEOS_API
from sora_studio.providers.videos_api import VideosApiProvider
from tests.support.inputs import sent
from tests.support.scripted import IS_SILENT, RESETS, says, shows

VIDEO = {"id": "video_1", "object": "video", "status": "queued", "progress": 0}
CHARACTER = {"id": "char_1", "name": "Nova", "created_at": 1_790_000_000}
KEY = UUID(int=9)
PATHS = {Kind.EDIT: "/videos/edits", Kind.EXTEND: "/videos/extensions"}
LOST = [
    *[says({"error": {"message": "boom"}}, status) for status in (500, 502, 503, 408, 409)],
    RESETS,
    IS_SILENT,
    shows("<html>Welcome</html>"),
    says({}),
    says(CHARACTER | {"id": None}),
]


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip"
    path.write_bytes(b"\0\0\0\x18ftypmp42" + bytes(3_000_000))
    return path


@pytest.mark.parametrize(
    ("kind", "more"), [(Kind.EDIT, {}), (Kind.EXTEND, {"seconds": "4"})], ids=["edit", "extend"]
)
async def test_a_video_from_another_is_one_post_in_json(server, provider, submission, kind, more):
    server.on("POST", PATHS[kind], says(VIDEO))
    source = "video_bGl0ZWxsbTpjdXN0b20+/="  # as gateways make them
    job = await provider.submit(replace(submission, kind=kind, source=source))
    assert job.remote_id == "video_1"
    (request,) = server.requests
    assert json.loads(request.body) == {"prompt": "a dog on the moon", "video": {"id": source}, **more}
    assert request.headers["idempotency-key"] == str(submission.job_id)
    assert request.headers["content-type"] == "application/json"
    assert request.headers["authorization"].startswith("Bearer sk-")


@pytest.mark.parametrize("kind", PATHS)
@pytest.mark.parametrize("reply", LOST)
async def test_a_lost_answer_is_unclear_and_posted_once(server, provider, submission, kind, reply):
    server.on("POST", PATHS[kind], reply)
    with pytest.raises(SubmitUnclear):
        await provider.submit(replace(submission, kind=kind, source="video_0"))
    assert len(server.requests) == 1


@pytest.mark.parametrize("kind", PATHS)
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (says({"error": {"message": "No.", "code": "moderation_blocked"}}, 400), ContentRejected),
        (says({"error": {"message": "No.", "code": "invalid_video"}}, 400), ProviderRejected),
        (says({"error": {"message": "No."}}, 404), Unsupported),
        (says({"detail": "No."}, 405), Unsupported),
        (says({"error": {"message": "No."}}, 401), ProviderMisconfigured),
        (says({"error": {"message": "No."}}, 429), ProviderUnavailable),
    ],
)
async def test_a_refusal_is_in_the_providers_words(server, provider, submission, kind, reply, error):
    server.on("POST", PATHS[kind], reply)
    with pytest.raises(error) as caught:
        await provider.submit(replace(submission, kind=kind, source="video_0"))
    assert (type(caught.value), caught.value.message) == (error, "No.")
    assert len(server.requests) == 1


@pytest.mark.parametrize("kind", PATHS)
async def test_what_the_profile_has_not_is_not_asked_for(server, submission, kind):
    plain = VideosApiProvider(VIDEOS_API, server.base_url)
    with pytest.raises(Unsupported):
        await plain.submit(replace(submission, kind=kind, source="video_0"))
    await plain.close()
    assert server.requests == []


async def test_characters_are_named_in_json(server, provider, submission, tmp_path):
    server.on("POST", "/videos", says(VIDEO))
    picture = b"\x89PNG\r\n\x1a\n\0\xff"
    await provider.submit(
        replace(submission, characters=("char_1", "char_2"), inputs=(sent(tmp_path, picture),))
    )
    (request,) = server.requests
    body = json.loads(request.body)
    url = body.pop("input_reference")["image_url"]
    assert base64.b64decode(url.removeprefix("data:image/png;base64,")) == picture
    assert body == {
        "prompt": "a dog on the moon",
        "model": "sora-2",
        "size": "1280x720",
        "seconds": "4",
        "characters": [{"id": "char_1"}, {"id": "char_2"}],
    }
    assert request.headers["idempotency-key"] == str(submission.job_id)


async def test_a_character_is_one_form_with_its_film(server, provider, clip):
    server.on("POST", "/videos/characters", says(CHARACTER))
    assert await provider.create_character("Nova", clip, KEY) == "char_1"
    (request,) = server.requests
    form = request.form()
    assert form["name"][2] == b"Nova"
    assert form["video"] == ("film.mp4", "video/mp4", clip.read_bytes())
    assert request.headers["idempotency-key"] == str(KEY)


@pytest.mark.parametrize("reply", LOST)
async def test_a_character_whose_answer_was_lost_is_unclear_and_posted_once(server, provider, clip, reply):
    server.on("POST", "/videos/characters", reply)
    with pytest.raises(SubmitUnclear):
        await provider.create_character("Nova", clip, KEY)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (says({"error": {"message": "No.", "code": "moderation_blocked"}}, 400), ContentRejected),
        (says({"error": {"message": "No."}}, 422), ProviderRejected),
        (says({"error": {"message": "No."}}, 404), Unsupported),
        (says({"error": {"message": "No."}}, 429), ProviderUnavailable),
    ],
)
async def test_a_character_that_is_refused(server, provider, clip, reply, error):
    server.on("POST", "/videos/characters", reply)
    with pytest.raises(error) as caught:
        await provider.create_character("Nova", clip, KEY)
    assert caught.value.message == "No."


async def test_a_film_that_is_gone_is_not_sent(server, provider, tmp_path):
    with pytest.raises(ProviderRejected):
        await provider.create_character("Nova", tmp_path / "gone", KEY)
    assert server.requests == []
