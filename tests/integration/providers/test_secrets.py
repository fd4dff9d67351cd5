"""Whatever a provider says, and wherever: none of our secrets comes back in it."""

import json
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from sora_studio.domain.errors import ProviderError, SubmitUnclear
from sora_studio.domain.ports import Submission
from sora_studio.domain.profile import Operation
from sora_studio.domain.video import Kind, Variant
from sora_studio.providers.client import Credentials, Timeouts
from sora_studio.providers.presets import VIDEOS_API
from sora_studio.providers.videos_api import VideosApiProvider
from tests.support.scripted import Reply, ScriptedServer, says, shows
from tests.support.waiting import PATIENCE

KEY = "sk-secret-of/the+operator"
PASS = "pass-4711-abcdef"
WEBHOOK = "whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cyE="
UPSTREAM = "sk-proj-of-somebody-else"
WORDS = f"Wrong key {KEY}, token {PASS}, {WEBHOOK}; upstream said {UPSTREAM} and Bearer abcdefghi."
SECRETS = (KEY, PASS, WEBHOOK, WEBHOOK.removeprefix("whsec_"), UPSTREAM, "abcdefghi")
OURS = SECRETS[:4]

SUBMISSION = Submission(UUID(int=7), "a dog on the moon", "sora-2", "1280x720", "4")
REMIX = replace(SUBMISSION, kind=Kind.REMIX, source="video_0")
FILM = Path(__file__)  # whatever it is: nobody looks at it

Read = Callable[[VideosApiProvider], Awaitable[object]]


async def _content(provider: VideosApiProvider) -> object:
    async with provider.content("video_1", Variant.VIDEO) as content:
        return content, [chunk async for chunk in content.chunks]


READERS: dict[str, tuple[str, str, Read]] = {
    "submit": ("POST", "/videos", lambda provider: provider.submit(SUBMISSION)),
    "remix": ("POST", "/videos/video_0/remix", lambda provider: provider.submit(REMIX)),
    "character": (
        "POST",
        "/videos/characters",
        lambda provider: provider.create_character("Ada", FILM, UUID(int=7)),
    ),
    "fetch": ("GET", "/videos/video_1", lambda provider: provider.fetch("video_1")),
    "list": ("GET", "/videos", lambda provider: provider.list_jobs()),
    "models": ("GET", "/models", lambda provider: provider.list_models()),
    "delete": ("DELETE", "/videos/video_1", lambda provider: provider.delete("video_1")),
    "content": ("GET", "/videos/video_1/content", _content),
}
JOB = {
    "object": "video",
    "id": "video_1",
    "status": "failed",
    "model": KEY,
    "remixed_from_video_id": f"video-{PASS}",
    "error": {"code": KEY, "message": WORDS},
    KEY: "a name of a field",
}
ANSWERS: dict[str, Reply] = {
    "a job that failed": says(JOB),
    "a job in a state of its own": says({**JOB, "status": f"waiting for {KEY}", "error": WORDS}),
    "an id": says({**JOB, "id": f"video_{KEY}", "status": "queued"}),
    "a list": says({"object": "list", "data": [JOB, {"id": KEY}], "last_id": KEY, "has_more": True}),
    "a refusal": says({"error": {"message": WORDS, "code": KEY, "type": PASS}}, 401),
    "a validation": says({"detail": [{"loc": ["body", KEY], "msg": WORDS}]}, 422),
    "spelt with escapes": Reply(
        500,
        json.dumps({"error": {"message": WORDS}}).replace("/", "\\/").replace("s", "\\u0073").encode(),
        {"content-type": "application/json"},
    ),
    "plain text": shows(WORDS, 400, "text/plain"),
    "a page": shows(f"<p>{WORDS}</p>", 502),
    "headers": Reply(
        409,
        b"{}",
        {"content-type": f"text/{KEY}", "retry-after": KEY, "etag": f'"{PASS}"', "x-seen": f"Bearer {KEY}"},
    ),
    "a file of a strange type": Reply(200, b"...", {"content-type": f"video/{PASS}", "etag": f'"{PASS}"'}),
    "a status line": Reply(418, WORDS.encode()),
}


@pytest.fixture
async def provider(server: ScriptedServer) -> AsyncIterator[VideosApiProvider]:
    credentials = Credentials(
        KEY, headers={"x-gate": f"Token {PASS}"}, others=frozenset({WEBHOOK, SECRETS[3]})
    )
    profile = replace(VIDEOS_API, operations=frozenset(Operation))
    made = VideosApiProvider(profile, server.base_url, credentials, timeouts=Timeouts(*[PATIENCE] * 4))
    yield made
    await made.close()


@pytest.mark.parametrize("reader", READERS)
async def test_no_secret_comes_back(server: ScriptedServer, provider: VideosApiProvider, reader: str):
    leaks: list[tuple[str, str]] = []
    for name, answer in ANSWERS.items():
        said = await _said(server, provider, reader, answer)
        leaks += [(name, secret) for secret in OURS if secret in said]
    assert leaks == []


@pytest.mark.parametrize("reader", READERS)
async def test_nor_what_looks_like_somebody_elses(
    server: ScriptedServer, provider: VideosApiProvider, reader: str
):
    """A gateway repeats the keys of the servers behind it, which we never knew."""
    said = await _said(server, provider, reader, ANSWERS["a refusal"])
    assert "Wrong key ***, token ***, ***; upstream said sk-*** and Bearer ***" in said


async def test_the_rest_stays_as_it_was_said(server: ScriptedServer, provider: VideosApiProvider):
    """What has none of them is not touched; and where a file lies is only fetched, whatever stands in it."""
    file_url = f"https://files.example/v.mp4?signature=abc&key={KEY}"
    prompt = "sk-atable token=5 session=jazz"
    job = {**JOB, "id": "video_1", "model": "sora-2", "prompt": prompt, "url": file_url, "error": None}
    server.on("GET", "/videos/video_1", says({**job, "status": "completed"}))
    found = await provider.fetch("video_1")
    assert (found.prompt, found.file_url, found.model) == (prompt, file_url, "sora-2")
    assert file_url not in repr(found)


async def test_a_job_whose_id_is_a_secret_is_not_asked_for_under_another_one(
    server: ScriptedServer, provider: VideosApiProvider
):
    server.on("POST", "/videos", ANSWERS["an id"])
    with pytest.raises(SubmitUnclear, match="names no video"):
        await provider.submit(SUBMISSION)


async def _said(server: ScriptedServer, provider: VideosApiProvider, reader: str, answer: Reply) -> str:
    """Return all that a reader makes of an answer, its error's traceback included."""
    method, path, read = READERS[reader]
    server.on(method, path, answer)
    try:
        return repr(await read(provider))
    except ProviderError as error:
        return error.message + error.code + "".join(traceback.format_exception(error))
