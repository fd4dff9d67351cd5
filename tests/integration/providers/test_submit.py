"""Submitting over real HTTP: one POST whatever happens, and the truth about what became of it."""

import asyncio
import json
import socket
import traceback
import warnings
from dataclasses import replace
from uuid import UUID

import pytest

from sora_studio.domain.errors import (
    ContentRejected,
    ProviderError,
    ProviderMisconfigured,
    ProviderRejected,
    ProviderUnavailable,
    SubmitUnclear,
    Unsupported,
)
from sora_studio.domain.ports import Provider
from sora_studio.domain.profile import Operation
from sora_studio.domain.video import Kind, Status
from sora_studio.providers.client import Credentials, Timeouts
from sora_studio.providers.presets import VIDEOS_API
from sora_studio.providers.videos_api import VideosApiProvider
from tests.support.inputs import sent
from tests.support.scripted import IS_SILENT, RESETS, Ending, Reply, says, shows
from tests.support.tcp import listening

VIDEO = {"id": "video_1", "object": "video", "status": "queued", "progress": 0}
KEY = "sk-secret-of-the-operator"


async def fails(provider: Provider, submission) -> ProviderError:
    """Submit and return the error."""
    with pytest.raises(ProviderError) as caught:
        await provider.submit(submission)
    return caught.value


async def test_a_submit_is_one_multipart_post_under_the_jobs_id(server, provider, submission):
    server.on("POST", "/videos", says(VIDEO, openai_poll_after_ms="2000"))
    job = await provider.submit(submission)
    assert (job.remote_id, job.status, job.poll_after) == ("video_1", Status.QUEUED, 2.0)
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/v1/videos")
    assert request.headers["idempotency-key"] == str(submission.job_id)
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert {name: value[2].decode() for name, value in request.form().items()} == {
        "prompt": "a dog on the moon",
        "model": "sora-2",
        "size": "1280x720",
        "seconds": "4",
    }


async def test_seconds_and_sizes_beyond_the_sdks_types_go_through(server, provider, submission):
    server.on("POST", "/videos", says(VIDEO))
    await provider.submit(replace(submission, seconds="16", size="1920x1080", model="Wan-AI/Wan2.2-T2V"))
    form = server.requests[0].form()
    assert [form[name][2] for name in ("seconds", "size", "model")] == [
        b"16",
        b"1920x1080",
        b"Wan-AI/Wan2.2-T2V",
    ]


async def test_the_reference_is_sent_as_a_file_with_name_and_type(server, provider, submission, tmp_path):
    picture = b"\x89PNG\r\n\x1a\n\0\xff"
    server.on("POST", "/videos", says(VIDEO))
    await provider.submit(replace(submission, inputs=(sent(tmp_path, picture),)))
    assert server.requests[0].form()["input_reference"] == (
        "reference.png",
        "image/png",
        picture,
    )


async def test_a_remix_posts_json_to_its_parent(server, provider, submission):
    server.on("POST", "/videos/video_0/remix", says(VIDEO))
    job = await provider.submit(replace(submission, kind=Kind.REMIX, source="video_0"))
    assert job.remote_id == "video_1"
    (request,) = server.requests
    assert json.loads(request.body) == {"prompt": "a dog on the moon"}
    assert request.headers["idempotency-key"] == str(submission.job_id)


async def test_a_remix_where_the_profile_has_none_is_not_asked_for(server, submission):
    without = replace(VIDEOS_API, operations=VIDEOS_API.operations - {Operation.REMIX})
    provider = VideosApiProvider(without, server.base_url)
    error = await fails(provider, replace(submission, kind=Kind.REMIX, source="video_0"))
    assert isinstance(error, Unsupported)
    assert server.requests == []
    await provider.close()


@pytest.mark.parametrize("status", [404, 405, 410, 501])
async def test_a_server_without_remix_is_told_from_one_that_refuses(server, provider, submission, status):
    """Nothing was taken: the caller may ask for a new video instead."""
    server.on("POST", "/videos/video_0/remix", says({"error": {"message": "No."}}, status))
    error = await fails(provider, replace(submission, kind=Kind.REMIX, source="video_0"))
    assert isinstance(error, Unsupported)


async def test_without_a_key_a_dummy_is_sent(server, submission):
    provider = VideosApiProvider(VIDEOS_API, server.base_url)
    server.on("POST", "/videos", says(VIDEO))
    await provider.submit(submission)
    assert server.requests[0].headers["authorization"] == "Bearer no-key"
    await provider.close()


async def test_white_space_around_a_key_is_dropped(server, submission):
    provider = VideosApiProvider(VIDEOS_API, server.base_url, f" {KEY}\n")
    server.on("POST", "/videos", says(VIDEO))
    await provider.submit(submission)
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    await provider.close()


@pytest.mark.parametrize(
    "reply",
    [
        *[
            says({"error": {"message": "boom", "code": "server_error"}}, status)
            for status in (500, 502, 503, 504)
        ],
        says({"error": {"message": "busy"}}, 503, retry_after="2"),
        *[says({"error": {"message": "hm"}}, status) for status in (408, 409, 425)],
        says({"error": {"message": "boom"}}, 500, x_should_retry="true"),
        says({}, 303, location="/v1/videos/video_1"),
        RESETS,
        IS_SILENT,
        Reply(200, b'{"id": "vid', {"content-type": "application/json"}, Ending.CUT, missing=50),
        Reply(204),
        shows("<html>Welcome</html>"),
        shows("<html>Welcome</html>", content_type="application/json"),
        shows("[" * 100_000, content_type="application/json"),
        says({}),
        says({"object": "video", "status": "queued"}),
        says(VIDEO | {"id": None}),
        says(VIDEO | {"id": "a\0b"}),
        says([]),
        says(None),
    ],
)
async def test_a_lost_or_odd_answer_is_unclear_and_posted_once(server, provider, submission, reply):
    """Whatever the SDK would retry by itself: a second POST may be billed a second time."""
    server.on("POST", "/videos", reply)
    error = await fails(provider, submission)
    assert type(error) is SubmitUnclear
    assert len(server.requests) == 1
    assert error.__cause__ is not None


@pytest.mark.parametrize(
    ("answer", "remote_id"),
    [
        ({"task_id": "4326"}, "4326"),
        ({"code": "success", "message": "", "data": {"task_id": "t1"}}, "t1"),
        (VIDEO | {"id": 17}, "17"),
        (VIDEO | {"object": "chat.completion"}, "video_1"),
        ([VIDEO], "video_1"),
    ],
)
async def test_what_names_a_job_is_kept_and_looked_at(server, provider, submission, answer, remote_id):
    server.on("POST", "/videos", says(answer))
    server.on("GET", f"/videos/{remote_id}", says({"data": VIDEO | {"status": "processing"}}))
    job = await provider.submit(submission)
    assert job.remote_id == remote_id
    assert (await provider.fetch(remote_id)).status is Status.IN_PROGRESS


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (says({"error": {"message": "No.", "code": "insufficient_quota"}}), ProviderMisconfigured),
        (says({"error": {"message": "No.", "code": "moderation_blocked"}}), ContentRejected),
        (says({"error": {"message": "No.", "code": "rate_limit_exceeded"}}), ProviderUnavailable),
        (says({"error": {"message": "No.", "code": 500}}), ProviderRejected),
        (says({"code": "busy", "message": "No.", "data": None}), ProviderRejected),
        (says({"code": 401, "message": "No.", "request_id": "r1"}), ProviderMisconfigured),
    ],
)
async def test_an_error_under_200_is_a_refusal(server, provider, submission, reply, kind):
    server.on("POST", "/videos", reply)
    error = await fails(provider, submission)
    assert (type(error), error.message) == (kind, "No.")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (says({"detail": "No video model loaded"}, 503), "No video model loaded"),
        (says({"error": {"message": "Restarting."}}, 503, retry_after="5"), "Restarting."),
        (shows("<html><title>Sign in &amp; go on</title>"), "It says: Sign in & go on"),
        (shows("upstream is warming up", content_type="text/plain"), "It says: upstream is warming up"),
        (says({"message": "Hello."}), "It says: Hello."),
    ],
)
async def test_what_an_unclear_answer_says_is_told(server, provider, submission, reply, words):
    server.on("POST", "/videos", reply)
    error = await fails(provider, submission)
    assert type(error) is SubmitUnclear
    assert words in error.message


async def test_a_remix_is_posted_once_too(server, provider, submission):
    server.on("POST", "/videos/video_0/remix", says({}, 500))
    error = await fails(provider, replace(submission, kind=Kind.REMIX, source="video_0"))
    assert type(error) is SubmitUnclear
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "2"}, 2),
        ({"retry_after": "120"}, 120),
        ({"retry_after": "Mon, 23 Nov 2026 12:00:30 GMT", "date": "Mon, 23 Nov 2026 12:00:00 GMT"}, 30),
        ({}, None),
    ],
)
async def test_429_means_nothing_was_taken(server, provider, submission, headers, seconds):
    server.on(
        "POST",
        "/videos",
        says({"error": {"message": "slow down", "code": "rate_limit_exceeded"}}, 429, **headers),
    )
    error = await fails(provider, submission)
    assert isinstance(error, ProviderUnavailable)
    assert (error.message, error.code, error.retry_after) == ("slow down", "rate_limit_exceeded", seconds)
    assert len(server.requests) == 1


@pytest.mark.parametrize("code", ["insufficient_quota", "billing_hard_limit_reached"])
async def test_429_about_money_is_for_the_operator(server, provider, submission, code):
    server.on("POST", "/videos", says({"error": {"message": "pay first", "code": code}}, 429))
    assert type(await fails(provider, submission)) is ProviderMisconfigured


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (says({"error": {"message": "No.", "code": "moderation_blocked"}}, 400), ContentRejected),
        (says({"error": {"message": "No.", "code": "sentinel_block"}}, 422), ContentRejected),
        (says({"error": {"message": "No.", "code": "moderation_blocked"}}, 403), ContentRejected),
        (says({"error": {"message": "No.", "code": None}}, 400), ProviderRejected),
        (says({"detail": "No."}, 422), ProviderRejected),
        (says({"error": {"message": "No.", "code": "model_not_found"}}, 400), ProviderMisconfigured),
        (says({"code": "model_not_found", "message": "No.", "data": None}, 503), ProviderMisconfigured),
        (says({"error": {"message": "No."}}, 401), ProviderMisconfigured),
        (says({"error": {"message": "No."}}, 402), ProviderMisconfigured),
        (says({"error": {"message": "No."}}, 403), ProviderMisconfigured),
        (says({"error": {"message": "No."}}, 404), ProviderMisconfigured),
        (says({"error": {"message": "No."}}, 410), ProviderMisconfigured),
        (says({"detail": "No."}, 405), Unsupported),
        (says({"error": "No."}, 501), Unsupported),
    ],
)
async def test_a_refusal_is_final_and_in_the_providers_words(server, provider, submission, reply, kind):
    server.on("POST", "/videos", reply)
    error = await fails(provider, submission)
    assert type(error) is kind
    assert error.message == "No."
    if kind is ContentRejected:
        assert error.code == "moderation_blocked"
    assert len(server.requests) == 1


async def test_a_message_arrives_verbatim(server, provider, submission):
    words = "Your request was blocked: <script>alert('é')</script>\n 100 % & more"
    server.on("POST", "/videos", says({"error": {"message": words, "code": "moderation_blocked"}}, 400))
    assert (await fails(provider, submission)).message == words


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed(server, provider, submission, status):
    """The key must not travel to another host."""
    server.on("POST", "/videos", says({}, status, location=f"{server.base_url}/elsewhere"))
    error = await fails(provider, submission)
    assert isinstance(error, ProviderMisconfigured)
    assert "redirects" in error.message
    assert [request.path for request in server.requests] == ["/v1/videos"]


async def test_a_refused_connection_means_nothing_was_taken(submission):
    with socket.socket() as bound:  # bound, but not listening
        bound.bind(("127.0.0.1", 0))
        provider = VideosApiProvider(VIDEOS_API, f"http://127.0.0.1:{bound.getsockname()[1]}/v1")
        assert type(await fails(provider, submission)) is ProviderUnavailable
    await provider.close()


async def test_an_unknown_host_means_nothing_was_taken(submission):
    provider = VideosApiProvider(VIDEOS_API, "http://no-such-host.invalid/v1")
    assert type(await fails(provider, submission)) is ProviderUnavailable
    await provider.close()


async def test_a_connection_that_does_not_open_in_time_means_nothing_was_taken(submission):
    """A listener whose queue is full leaves further connections unanswered."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        address = f"http://127.0.0.1:{full.getsockname()[1]}/v1"
        provider = VideosApiProvider(VIDEOS_API, address, timeouts=Timeouts(connect=0.2))
        assert type(await asyncio.wait_for(fails(provider, submission), 3)) is ProviderUnavailable
    await provider.close()


async def test_an_answer_that_drips_ends_at_the_deadline(submission):
    """Each byte would renew a read timeout; the whole call has one of its own."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await asyncio.sleep(0.02)

    async with listening(drip) as port:
        provider = VideosApiProvider(VIDEOS_API, f"http://127.0.0.1:{port}/v1", timeouts=Timeouts(submit=0.3))
        error = await asyncio.wait_for(fails(provider, submission), 3)
        assert (type(error), error.code) == (SubmitUnclear, "timeout")
        await provider.close()


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/v1", "127.0.0.1/v1"])
async def test_an_address_that_is_none(submission, address):
    provider = VideosApiProvider(VIDEOS_API, address)
    assert type(await fails(provider, submission)) is ProviderMisconfigured
    await provider.close()


async def test_characters_that_http_cannot_carry(server, provider, submission):
    assert type(await fails(provider, replace(submission, prompt="a \ud800"))) is ProviderRejected
    clumsy = VideosApiProvider(VIDEOS_API, server.base_url, "sk-ключ")
    assert isinstance(await fails(clumsy, submission), ProviderRejected)
    await clumsy.close()
    assert server.requests == []


async def test_cancelling_is_no_provider_error(server, provider, submission):
    server.on("POST", "/videos", IS_SILENT)
    submitting = asyncio.create_task(provider.submit(submission))
    await server.asked.wait()
    submitting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await submitting


async def test_the_key_is_in_no_message(server, provider, submission):
    server.on("POST", "/videos", says({"error": {"message": f"Incorrect API key: {KEY}", "code": KEY}}, 401))
    error = await fails(provider, submission)
    assert error.message == "Incorrect API key: ***"
    assert KEY not in repr(error) + repr(provider) + "".join(traceback.format_exception_only(error))


async def test_only_the_one_deprecation_warning_is_hidden(server, submission):
    server.on("POST", "/videos", says(VIDEO))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        provider = VideosApiProvider(VIDEOS_API, server.base_url)
        await provider.submit(submission)
        with pytest.raises(DeprecationWarning):
            warnings.warn("another", DeprecationWarning, stacklevel=1)
    await provider.close()


async def test_twenty_submits_at_a_time_are_twenty_posts(server, provider, submission):
    server.on("POST", "/videos", *[says(VIDEO | {"id": f"video_{n}"}) for n in range(20)])
    orders = [replace(submission, job_id=UUID(int=n)) for n in range(20)]
    jobs = await asyncio.gather(*(provider.submit(one) for one in orders))
    assert len({job.remote_id for job in jobs}) == 20
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 20


async def test_a_key_may_travel_in_a_header_of_its_own(server, submission):
    server.on("POST", "/videos", says(VIDEO))
    access = Credentials(KEY, "x-litellm-api-key", {"x-team": "films"})
    provider = VideosApiProvider(VIDEOS_API, server.base_url, access)
    await provider.submit(submission)
    headers = server.requests[0].headers
    assert (headers["x-litellm-api-key"], headers["x-team"]) == (KEY, "films")
    assert "authorization" not in headers
    assert KEY not in repr(access)
    assert "films" not in repr(access)
    await provider.close()


async def test_what_other_headers_keep_secret_is_in_no_message(server, submission):
    words = "Token pass-4711-abcdef of films was revoked."
    server.on("POST", "/videos", says({"error": {"message": words, "code": "revoked"}}, 401))
    access = Credentials(headers={"x-gate": "Token pass-4711-abcdef", "x-team": "films"})
    provider = VideosApiProvider(VIDEOS_API, server.base_url, access)
    error = await fails(provider, submission)
    assert error.message == "Token *** of films was revoked."
    await provider.close()


@pytest.mark.parametrize(
    "access",
    [
        Credentials("Basic YWRhOnNlY3JldA==", "Authorization"),
        Credentials(headers={"authorization": "Basic YWRhOnNlY3JldA=="}),
        Credentials(KEY, "x-api-key", {"Authorization": "Basic YWRhOnNlY3JldA=="}),
    ],
)
async def test_an_authorization_of_ones_own_is_sent_as_it_is(server, submission, access):
    server.on("POST", "/videos", says(VIDEO))
    provider = VideosApiProvider(VIDEOS_API, server.base_url, access)
    await provider.submit(submission)
    assert server.requests[0].headers["authorization"] == "Basic YWRhOnNlY3JldA=="
    await provider.close()


async def test_a_key_that_is_repeated_is_in_no_traceback(server, provider, submission):
    server.on("POST", "/videos", says({"error": {"message": "Wrong.", "seen": KEY}}, 401))
    error = await fails(provider, submission)
    assert KEY not in "".join(traceback.format_exception(error))


async def test_a_source_that_is_gone_is_not_made_up_for(server, provider, submission):
    """The words of a change alone would make, and cost, another video."""
    gone = {"error": {"message": "Video not found.", "code": "video_not_found"}}
    server.on("POST", "/videos/video_0/remix", says(gone, 404))
    error = await fails(provider, replace(submission, kind=Kind.REMIX, source="video_0"))
    assert type(error) is ProviderRejected
