"""Fetching, listing, deleting and models over real HTTP."""

import gzip
import json
import os
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import quote

import pytest

from sora_studio.domain.errors import (
    JobNotFound,
    ProviderMisconfigured,
    ProviderRejected,
    ProviderUnavailable,
    Unsupported,
)
from sora_studio.domain.problem import Problem
from sora_studio.domain.profile import Operation
from sora_studio.domain.video import Status
from sora_studio.providers.client import Timeouts
from sora_studio.providers.presets import VIDEOS_API
from sora_studio.providers.videos_api import VideosApiProvider
from tests.support.scripted import IS_SILENT, RESETS, Reply, says, sends, shows
from tests.support.waiting import comes_true

VIDEO = {"id": "video_1", "object": "video", "status": "in_progress", "progress": 40}
FAILED = VIDEO | {"status": "failed", "error": {"code": 500, "message": "GPU fell off"}}


async def test_a_fetch_reads_words_and_hint(server, provider):
    server.on("GET", "/videos/video_1", says(VIDEO, openai_poll_after_ms="1500"))
    job = await provider.fetch("video_1")
    assert (job.status, job.progress, job.poll_after) == (Status.IN_PROGRESS, 40, 1.5)


LONG_ID = "video_" + "bGl0ZWxsbTpjdXN0b21fbGxtX3Byb3ZpZGVyOm9wZW5haTs" * 5 + "abcdefghijklmnopqrstu=="


@pytest.mark.parametrize(
    "remote_id",
    ["a/b", "Wan-AI/Wan2.2:17", "abc==", "x?y#z", "ü ñ", "%2e%2e", "a/../b", LONG_ID],
)
async def test_any_id_is_one_quoted_part_of_the_path(server, provider, remote_id):
    assert len(LONG_ID) > 250
    quoted = quote(remote_id, safe="!$&'()*+,;=:@")
    server.on("GET", f"/videos/{quoted}", says(VIDEO | {"id": remote_id}))
    assert (await provider.fetch(remote_id)).remote_id == remote_id


@pytest.mark.parametrize("remote_id", ["", ".", ".."])
async def test_an_id_that_no_path_can_carry_is_not_asked_for(server, provider, remote_id):
    with pytest.raises(ProviderUnavailable):
        await provider.fetch(remote_id)
    assert server.requests == []


@pytest.mark.parametrize("status", [400, 404, 409, 422, 500, 502])
async def test_a_failed_job_under_an_error_status_is_a_job(server, provider, status):
    server.on("GET", "/videos/video_1", says(FAILED, status))
    job = await provider.fetch("video_1")
    assert (job.status, job.problem) == (Status.FAILED, Problem("provider_failed", "GPU fell off"))
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [404, 410])
async def test_what_is_not_known_there(server, provider, status):
    server.on("GET", "/videos/video_1", says({"error": {"message": "no such video"}}, status))
    with pytest.raises(JobNotFound, match="no such video"):
        await provider.fetch("video_1")


async def test_what_is_not_known_there_under_another_status(server, provider):
    """new-api says 400."""
    server.on("GET", "/videos/video_1", says({"code": "task_not_exist", "message": "task_not_exist"}, 400))
    with pytest.raises(JobNotFound):
        await provider.fetch("video_1")


@pytest.mark.parametrize(
    "reply",
    [
        *[
            says({"error": {"message": "boom"}}, status)
            for status in (408, 409, 425, 429, 500, 502, 503, 504)
        ],
        RESETS,
        IS_SILENT,
        shows("<html>Welcome</html>"),
        shows("<html>Bad gateway</html>", 502),
        says({}),
        says({"object": "list", "data": []}),
    ],
)
async def test_no_readable_answer_means_ask_again_later(server, provider, reply):
    server.on("GET", "/videos/video_1", reply)
    with pytest.raises(ProviderUnavailable) as caught:
        await provider.fetch("video_1")
    assert caught.value.__cause__ is not None
    assert len(server.requests) == 1


async def test_a_route_that_is_not_there_tells_nothing_of_a_job(server, provider):
    """What FastAPI answers to any address: another server stands there, or its routes are not loaded yet."""
    server.on("GET", "/videos/video_1", says({"detail": "Not Found"}, 404))
    with pytest.raises(ProviderUnavailable, match="Not Found"):
        await provider.fetch("video_1")


@pytest.mark.parametrize("minutes", [-90, -10, 10])
async def test_times_are_by_our_clock_however_wrong_the_servers_is(server, provider, minutes):
    """By the date of the answer: a job of a moment ago is one of a moment ago."""
    now = datetime.now(UTC).replace(microsecond=0)
    theirs = now + timedelta(minutes=minutes)
    told = VIDEO | {"created_at": int(theirs.timestamp()), "expires_at": int(theirs.timestamp()) + 3600}
    date = format_datetime(theirs, usegmt=True)
    server.on("GET", "/videos/video_1", says(told, date=date))
    server.on("GET", "/videos", says({"data": [told]}, date=date))
    for job in (await provider.fetch("video_1"), *(await provider.list_jobs()).jobs):
        assert abs(job.created_at - now) < timedelta(seconds=30)
        assert abs(job.expires_at - now - timedelta(hours=1)) < timedelta(seconds=30)


async def test_a_clock_that_is_right_is_left_alone(server, provider):
    told = VIDEO | {"created_at": 1_758_941_485}
    server.on("GET", "/videos/video_1", says(told, date=format_datetime(datetime.now(UTC), usegmt=True)))
    server.on("GET", "/videos", says({"data": [told]}, date="soon"))
    for job in (await provider.fetch("video_1"), *(await provider.list_jobs()).jobs):
        assert job.created_at == datetime.fromtimestamp(1_758_941_485, UTC)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_fetch_is_told_how_long_to_wait(server, provider, status):
    server.on("GET", "/videos/video_1", says({}, status, retry_after="7"))
    with pytest.raises(ProviderUnavailable) as caught:
        await provider.fetch("video_1")
    assert caught.value.retry_after == 7


@pytest.mark.parametrize(
    ("status", "kind"), [(401, ProviderMisconfigured), (307, ProviderMisconfigured), (400, ProviderRejected)]
)
async def test_a_refused_fetch(server, provider, status, kind):
    server.on("GET", "/videos/video_1", says({}, status, location="/v1/elsewhere"))
    with pytest.raises(kind):
        await provider.fetch("video_1")
    assert len(server.requests) == 1


async def test_a_list_asks_for_the_newest(server, provider):
    server.on("GET", "/videos", says({"data": [VIDEO], "has_more": True, "last_id": "video_1"}))
    page = await provider.list_jobs(after="video_9", limit=20)
    assert [job.remote_id for job in page.jobs] == ["video_1"]
    assert (page.last_id, page.has_more) == ("video_1", True)
    assert server.requests[0].target == "/v1/videos?after=video_9&limit=20&order=desc"


async def test_a_first_page_has_no_after(server, provider):
    server.on("GET", "/videos", says({"data": []}))
    await provider.list_jobs()
    assert server.requests[0].target == "/v1/videos?limit=100&order=desc"


async def test_a_server_that_ignores_after_is_asked_page_by_page(server, provider):
    """The SDK's own paging would go round for ever; here each page is one request."""
    server.on("GET", "/videos", says({"data": [VIDEO], "has_more": True}))
    first = await provider.list_jobs()
    again = await provider.list_jobs(after=first.last_id)
    assert first == again
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [404, 405, 410, 501])
async def test_a_server_without_a_list(server, provider, status):
    server.on("GET", "/videos", says({"detail": "Method Not Allowed"}, status))
    with pytest.raises(Unsupported):
        await provider.list_jobs()


async def test_a_list_that_is_none_is_asked_for_again(server, provider):
    server.on("GET", "/videos", shows("<html>"))
    with pytest.raises(ProviderUnavailable):
        await provider.list_jobs()


@pytest.mark.parametrize(
    "reply",
    [
        says({"id": "video_1", "object": "video.deleted", "deleted": True}),
        says(VIDEO | {"status": "deleted"}),
        sends(b"", "text/plain"),
        says({"error": {"message": "gone"}}, 404),
        says({"error": {"message": "gone"}}, 410),
    ],
)
async def test_a_delete_leaves_nothing(server, provider, reply):
    server.on("DELETE", "/videos/video_1", reply)
    await provider.delete("video_1")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [(405, Unsupported), (501, Unsupported), (409, ProviderUnavailable), (500, ProviderUnavailable)],
)
async def test_a_delete_that_was_not_done(server, provider, status, kind):
    server.on("DELETE", "/videos/video_1", says({}, status))
    with pytest.raises(kind):
        await provider.delete("video_1")


async def test_what_the_profile_lacks_is_not_asked_for(server):
    provider = VideosApiProvider(VIDEOS_API.__class__("bare", "Bare", VIDEOS_API.models), server.base_url)
    for call in (provider.list_jobs(), provider.delete("video_1")):
        with pytest.raises(Unsupported):
            await call
    assert await provider.list_models() == VIDEOS_API.models
    assert server.requests == []
    await provider.close()


async def test_models_of_the_server_replace_what_was_guessed(server, provider):
    server.on(
        "GET", "/models", says({"object": "list", "data": [{"id": "sora-2"}, {"id": "Wan-AI/Wan2.2-T2V"}]})
    )
    models = await provider.list_models()
    assert [model.id for model in models] == ["sora-2", "Wan-AI/Wan2.2-T2V"]


@pytest.mark.parametrize("reply", [says({}, 404), says({}, 405), shows("<html>"), says({"data": None})])
async def test_a_server_without_models_leaves_the_profiles(server, provider, reply):
    server.on("GET", "/models", reply)
    assert await provider.list_models() == VIDEOS_API.models


@pytest.mark.parametrize("reply", [says({}, 500), says({}, 429), RESETS, IS_SILENT])
async def test_a_server_that_does_not_answer_about_models(server, provider, reply):
    """Its callers keep what they knew."""
    server.on("GET", "/models", reply)
    with pytest.raises(ProviderUnavailable):
        await provider.list_models()


async def test_a_closed_provider_is_unavailable(provider):
    await provider.close()
    with pytest.raises(ProviderUnavailable):
        await provider.fetch("video_1")


async def test_a_bare_404_of_a_gateway_is_believed_of_nothing_at_once(server):
    """While a server is restarted, what stands in front of it says 404."""
    provider = VideosApiProvider(VIDEOS_API, server.base_url, timeouts=Timeouts(absent=0.2))
    server.on("GET", "/videos/video_1", shows("404 page not found", 404))
    server.on("DELETE", "/videos/video_1", shows("404 page not found", 404))
    server.on("GET", "/videos", shows("404 page not found", 404))
    for call in (provider.fetch("video_1"), provider.delete("video_1"), provider.list_jobs()):
        with pytest.raises(ProviderUnavailable):
            await call

    async def is_absent() -> bool:
        try:
            await provider.list_jobs()
        except Unsupported:
            return True
        except ProviderUnavailable:
            return False
        raise AssertionError

    await comes_true(is_absent)
    assert Operation.LIST not in provider.profile.operations
    await provider.close()


@pytest.mark.parametrize("headers", [{}, {"content-encoding": "gzip"}], ids=["plain", "zipped"])
async def test_an_answer_without_end_is_cut(server, provider, headers):
    body = gzip.compress(os.urandom(400_000)) if headers else json.dumps({"more": "x" * 12_000_000}).encode()
    server.on("GET", "/videos/video_1", Reply(200, body, {"content-type": "application/json", **headers}))
    with pytest.raises(ProviderUnavailable, match="far too long"):
        await provider.fetch("video_1")
