"""Streaming files over real HTTP."""

import base64

import pytest

from sora_studio.domain.errors import (
    JobNotFound,
    ProviderError,
    ProviderMisconfigured,
    ProviderUnavailable,
    Unsupported,
)
from sora_studio.domain.video import Variant
from tests.support.scripted import IS_SILENT, RESETS, Ending, Reply, says, sends, shows

MP4 = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 4000
PATH = "/videos/video_1/content"


async def read(provider, variant=Variant.VIDEO) -> tuple[str, int | None, list[bytes]]:
    """Stream a file to its end."""
    async with provider.content("video_1", variant) as content:
        return content.content_type, content.length, [chunk async for chunk in content.chunks]


async def test_a_file_is_streamed_in_pieces(server, provider):
    server.on("GET", PATH, sends(MP4))
    content_type, length, chunks = await read(provider)
    assert (content_type, length) == ("video/mp4", len(MP4))
    assert b"".join(chunks) == MP4
    assert len(chunks) > 1


async def test_the_main_file_is_asked_for_without_a_variant(server, provider):
    """Some servers read the variant as an output's index and answer 404."""
    server.on("GET", PATH, sends(MP4))
    await read(provider)
    (request,) = server.requests
    assert request.target == f"/v1{PATH}"
    assert request.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("variant", [Variant.THUMBNAIL, Variant.SPRITESHEET])
async def test_other_files_are_asked_for_by_name(server, provider, variant):
    server.on("GET", PATH, sends(b"RIFF", "image/webp"))
    assert (await read(provider, variant))[0] == "image/webp"
    assert server.requests[0].target == f"/v1{PATH}?variant={variant}"


async def test_a_file_cut_short_is_noticed(server, provider):
    server.on("GET", PATH, sends(MP4, missing=1))
    with pytest.raises(ProviderUnavailable) as caught:
        await read(provider)
    assert caught.value.code == "connection_lost"


@pytest.mark.usefixtures("impatient")
async def test_a_file_that_stalls_is_given_up(server, provider):
    stalling = Reply(200, b"", {"content-type": "video/mp4", "content-length": "9"}, Ending.WHOLE)
    server.on("GET", PATH, stalling)
    with pytest.raises(ProviderUnavailable) as caught:
        await read(provider)
    assert caught.value.code == "timeout"


@pytest.mark.parametrize(
    "page",
    [says({"error": "later"}), shows("<html>"), shows("{}", content_type="application/json; charset=utf-8")],
)
async def test_a_page_is_no_file(server, provider, page):
    server.on("GET", PATH, page)
    with pytest.raises(ProviderUnavailable):
        await read(provider)


@pytest.mark.parametrize(
    "told",
    [
        {"url": "/files/x.mp4"},
        {"output": {"video_url": "/files/x.mp4"}},
        {"url": "data:video/mp4;base64," + base64.b64encode(MP4).decode()},
        {
            "data": {
                "task_id": "video_1",
                "video": {"url": "data:video/mp4;base64," + base64.b64encode(MP4).decode()},
            }
        },
    ],
    ids=["relative", "nested", "inline", "inline and nested"],
)
async def test_a_file_is_found_where_the_job_says(server, provider, told):
    server.on("GET", PATH, says({"detail": "Not found"}, 404))
    server.on("GET", "/videos/video_1", says({"id": "video_1", "status": "completed", **told}))
    server.on_origin("GET", "/files/x.mp4", sends(MP4))
    content_type, length, chunks = await read(provider)
    assert (content_type, length, b"".join(chunks)) == ("video/mp4", len(MP4), MP4)


async def test_a_file_in_its_address_that_is_damaged_is_asked_for_again(server, provider):
    server.on("GET", PATH, says({"detail": "Not found"}, 404))
    server.on("GET", "/videos/video_1", says({"id": "video_1", "url": "data:video/mp4;base64,AA!A"}))
    with pytest.raises(ProviderUnavailable, match="damaged"):
        await read(provider)


async def test_a_file_without_a_length(server, provider):
    body = b"4\r\nftyp\r\n4\r\nmp42\r\n0\r\n\r\n"
    server.on("GET", PATH, Reply(200, body, {"transfer-encoding": "chunked", "content-type": "video/mp4"}))
    content_type, length, chunks = await read(provider)
    assert (content_type, length, b"".join(chunks)) == ("video/mp4", None, b"ftypmp42")


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (says({}, 400), ProviderUnavailable),
        (says({}, 403), ProviderUnavailable),
        (says({}, 409), ProviderUnavailable),
        (says({}, 429), ProviderUnavailable),
        (says({}, 500), ProviderUnavailable),
        (RESETS, ProviderUnavailable),
        (IS_SILENT, ProviderUnavailable),
        (says({}, 404), JobNotFound),
        (says({}, 410), JobNotFound),
        (says({}, 401), ProviderMisconfigured),
        (says({}, 405), Unsupported),
    ],
)
async def test_refusals(server, provider, reply, kind):
    server.on("GET", PATH, reply)
    with pytest.raises(ProviderError) as caught:
        await read(provider)
    assert type(caught.value) is kind
    assert len(server.seen("GET", PATH)) == 1


@pytest.mark.parametrize("charset", ["hex", "rot13", "undefined", "idna", "nonsense"])
async def test_an_answer_in_an_encoding_that_is_none(server, provider, charset):
    """Any other error than ours would end the look at everybody's jobs."""
    page = shows("<html>busy", 500, content_type=f"text/html; charset={charset}")
    server.on("GET", PATH, page)
    server.on("GET", "/videos/video_1", page)
    for asked in (read(provider), provider.fetch("video_1")):
        with pytest.raises(ProviderUnavailable, match=r"^The provider answered 500"):
            await asked


async def test_a_part_of_a_file_beyond_all_numbers(server, provider):
    beyond = {"content-type": "video/mp4", "content-length": "4", "content-range": f"bytes {'9' * 5000}-1/2"}
    server.on("GET", PATH, Reply(206, b"ftyp", beyond))
    with pytest.raises(ProviderUnavailable, match="without saying which"):
        await read(provider)


async def test_leaving_early_closes_the_stream(server, provider):
    server.on("GET", PATH, sends(MP4))
    begun = []
    for _ in range(70):  # more than the pool holds
        async with provider.content("video_1", Variant.VIDEO) as content:
            await anext(content.chunks)
            begun.append(content)
    assert len(server.requests) == 70


async def test_an_error_of_the_reader_stays_its_own(server, provider):
    server.on("GET", PATH, sends(MP4))
    disk_full = OSError("disk full")

    async def store() -> None:
        async with provider.content("video_1", Variant.VIDEO):
            raise disk_full

    with pytest.raises(OSError, match="disk full"):
        await store()
