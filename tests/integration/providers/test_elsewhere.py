"""Files that are not where they should be: redirects, addresses in answers, and the rest of a file."""

from dataclasses import replace

import pytest

from sora_studio.domain.errors import JobNotFound, ProviderError, ProviderUnavailable
from sora_studio.domain.ports import ResumePoint
from sora_studio.domain.profile import Operation
from sora_studio.domain.video import Variant
from sora_studio.providers.client import Timeouts
from sora_studio.providers.presets import VIDEOS_API
from sora_studio.providers.videos_api import VideosApiProvider
from tests.support.scripted import Reply, says, scripted_server, sends, shows
from tests.support.waiting import PATIENCE

KEY = "sk-secret-of-the-operator"
MP4 = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 40
PATH = "/videos/video_1/content"
TAG = '"abc"'


@pytest.fixture
async def store():
    """Another host, which knows nothing of the key."""
    async with scripted_server() as scripted:
        yield scripted


@pytest.fixture
async def provider(server, store):
    """A provider whose operator trusts the other host."""
    host = store.base_url.removeprefix("http://").removesuffix("/v1")
    profile = replace(VIDEOS_API, operations=frozenset(Operation), media_hosts=frozenset({host}))
    timeouts = Timeouts(connect=PATIENCE, submit=PATIENCE, fetch=PATIENCE, content=PATIENCE)
    made = VideosApiProvider(profile, server.base_url, KEY, timeouts=timeouts)
    yield made
    await made.close()


def leads_to(url: str, status: int = 302) -> Reply:
    return Reply(status, b"", {"location": url})


async def read(provider, beginning: ResumePoint | None = None) -> tuple[int, int | None, str | None, bytes]:
    async with provider.content("video_1", Variant.VIDEO, beginning) as content:
        data = b"".join([chunk async for chunk in content.chunks])
        return content.start, content.length, content.etag, data


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_abroad_is_followed_without_the_key(server, store, provider, status):
    server.on("GET", PATH, leads_to(f"{store.base_url}/x.mp4?signature=1", status))
    store.on("GET", "/x.mp4", sends(MP4))
    assert (await read(provider))[3] == MP4
    (request,) = store.requests
    assert request.target == "/v1/x.mp4?signature=1"
    assert "authorization" not in request.headers
    assert "cookie" not in request.headers


async def test_a_redirect_at_home_keeps_the_key(server, provider):
    server.on("GET", PATH, leads_to("/v1/files/x.mp4"))
    server.on("GET", "/files/x.mp4", sends(MP4))
    assert (await read(provider))[3] == MP4
    assert server.requests[-1].headers["authorization"] == f"Bearer {KEY}"


async def test_the_key_stays_at_home_after_a_turn_abroad(server, store, provider):
    """A stranger may not send the studio back with its key in hand, nor to a private address at all."""
    server.on("GET", PATH, leads_to(f"{store.base_url}/x.mp4"))
    store.on("GET", "/x.mp4", leads_to(f"{server.base_url}/files/x.mp4"))
    server.on("GET", "/files/x.mp4", sends(MP4))
    with pytest.raises(ProviderUnavailable) as caught:
        await read(provider)
    assert caught.value.code == "address_refused"
    assert server.seen("GET", "/files/x.mp4") == []


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254/latest/", "https://127.0.0.1/", "http://cdn.example/x", "https://10.0.0.7/x"],
)
async def test_a_redirect_to_where_nobody_should_go(server, provider, url):
    server.on("GET", PATH, leads_to(url))
    with pytest.raises(ProviderUnavailable) as caught:
        await read(provider)
    assert caught.value.code == "address_refused"


async def test_redirects_without_end(server, store, provider):
    server.on("GET", PATH, leads_to(f"{store.base_url}/x"))
    store.on("GET", "/x", leads_to("/v1/x"))
    with pytest.raises(ProviderUnavailable) as caught:
        await read(provider)
    assert caught.value.code == "too_many_redirects"
    assert len(store.requests) == 5


@pytest.mark.parametrize(
    "shape",
    [
        lambda url: {"url": url},
        lambda url: {"video_url": url},
        lambda url: {"urls": [url]},
        lambda url: {"data": [{"url": url}]},
        lambda url: {"data": {"url": url}},
    ],
)
async def test_an_answer_that_names_the_address(server, store, provider, shape):
    server.on("GET", PATH, says(shape(f"{store.base_url}/x.mp4")))
    store.on("GET", "/x.mp4", sends(MP4))
    assert (await read(provider))[3] == MP4
    assert "authorization" not in store.requests[0].headers


async def test_an_address_that_leads_to_a_page(server, store, provider):
    server.on("GET", PATH, says({"url": f"{store.base_url}/x.mp4"}))
    store.on("GET", "/x.mp4", shows("<html>expired"))
    with pytest.raises(ProviderUnavailable):
        await read(provider)


async def test_error_words_of_any_length_are_read_in_part(server, provider):
    server.on("GET", PATH, shows("x" * 5_000_000, 500, "text/plain"))
    with pytest.raises(ProviderUnavailable) as caught:
        await read(provider)
    assert len(caught.value.message) < 1000


async def test_a_job_that_is_asked_in_vain_for_an_address(server, provider):
    server.on("GET", PATH, says({"error": {"message": "gone", "code": "not_found"}}, 404))
    server.on("GET", "/videos/video_1", says({"id": "video_1", "object": "video", "status": "completed"}))
    with pytest.raises(JobNotFound, match="gone"):
        await read(provider)
    assert len(server.seen("GET", "/videos/video_1")) == 1


def part(data: bytes, start: int, total: int, etag: str = TAG, last: int | None = None) -> Reply:
    last = total - 1 if last is None else last
    headers = {"content-type": "video/mp4", "content-range": f"bytes {start}-{last}/{total}", "etag": etag}
    return Reply(206, data, headers)


async def test_the_rest_of_a_file(server, provider):
    server.on("GET", PATH, part(MP4[100:], 100, len(MP4)))
    assert await read(provider, ResumePoint(100, TAG)) == (100, len(MP4), TAG, MP4[100:])
    assert server.requests[0].headers["range"] == "bytes=100-"
    assert server.requests[0].headers["if-range"] == TAG


async def test_the_rest_of_a_file_abroad(server, store, provider):
    server.on("GET", PATH, leads_to(f"{store.base_url}/x.mp4"))
    store.on("GET", "/x.mp4", part(MP4[100:], 100, len(MP4)))
    assert (await read(provider, ResumePoint(100, TAG)))[0] == 100
    assert store.requests[0].headers["range"] == "bytes=100-"


async def test_a_file_that_has_changed_comes_whole(server, provider):
    whole = Reply(200, MP4, {"content-type": "video/mp4", "etag": '"other"'})
    server.on("GET", PATH, whole)
    assert await read(provider, ResumePoint(100, TAG)) == (0, len(MP4), '"other"', MP4)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "odd",
    [
        part(MP4[99:], 99, len(MP4)),  # another part
        part(MP4[100:], 100, len(MP4), '"other"'),  # of another file
        part(MP4[100:200], 100, len(MP4), last=199),  # only a piece
        Reply(206, MP4[100:], {"content-type": "video/mp4"}),  # of nobody knows what
        Reply(206, MP4[100:], {"content-type": "video/mp4", "content-range": "bytes 100-/*"}),
        says({}, 416),
    ],
)
async def test_a_part_that_does_not_fit_is_not_taken(server, provider, odd):
    server.on("GET", PATH, odd, sends(MP4))
    assert await read(provider, ResumePoint(100, TAG)) == (0, len(MP4), None, MP4)
    assert "range" not in server.requests[-1].headers


async def test_a_part_that_nobody_asked_for(server, provider):
    server.on("GET", PATH, Reply(206, MP4, {"content-type": "video/mp4"}))
    with pytest.raises(ProviderError):
        await read(provider)


@pytest.mark.parametrize("etag", ['W/"abc"', "abc", '""', '"' + "a" * 500 + '"'])
async def test_only_a_strong_tag_stands_for_the_bytes(server, provider, etag):
    server.on("GET", PATH, Reply(200, MP4, {"content-type": "video/mp4", "etag": etag}))
    assert (await read(provider))[2] is None
