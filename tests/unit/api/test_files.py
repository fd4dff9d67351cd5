"""Files over HTTP: whole and in parts, conditionally, and as something to save."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Message

from sora_studio.api.files import file_response
from sora_studio.domain.ids import public_id
from sora_studio.domain.media import ByteRange, MediaFile
from sora_studio.domain.video import Phase, Variant
from tests.support.fakes import FakeStudio
from tests.support.waiting import PATIENCE

DATA = bytes(range(256)) * 4
ETAG = f'"{hashlib.sha256(DATA).hexdigest()}"'
OTHER = '"other"'
END = f"/{len(DATA)}"


@pytest.fixture
def url(studio: FakeStudio, owner_id: UUID) -> str:
    view = studio.videos.add(owner_id, 'Zoë\u2019s "boat" \\ 東京')
    for variant in Variant:
        studio.media.keep(view, variant, DATA)
    return f"/api/videos/{public_id(view.id)}/content"


@pytest.mark.parametrize(
    ("method", "headers", "status", "body", "content_range"),
    [
        ("GET", {}, 200, DATA, None),
        ("HEAD", {}, 200, b"", None),
        ("HEAD", {"Range": "bytes=0-1"}, 200, b"", None),
        ("GET", {"Range": "bytes=0-0"}, 206, DATA[:1], "bytes 0-0" + END),
        ("GET", {"Range": "bytes=100-199"}, 206, DATA[100:200], "bytes 100-199" + END),
        ("GET", {"Range": "bytes=1000-"}, 206, DATA[1000:], "bytes 1000-1023" + END),
        ("GET", {"Range": "bytes=0-99999"}, 206, DATA, "bytes 0-1023" + END),
        ("GET", {"Range": "bytes=-24"}, 206, DATA[-24:], "bytes 1000-1023" + END),
        ("GET", {"Range": "bytes=-99999"}, 206, DATA, "bytes 0-1023" + END),
        ("GET", {"Range": "bytes=0-1,9999-"}, 206, DATA[:2], "bytes 0-1" + END),
        ("GET", {"Range": "bytes=1024-"}, 416, None, "bytes */1024"),
        ("GET", {"Range": "bytes=-0"}, 416, None, "bytes */1024"),
        ("GET", {"Range": "bytes=9-8"}, 200, DATA, None),
        ("GET", {"Range": "bytes=x-y"}, 200, DATA, None),
        ("GET", {"Range": "pages=1-2"}, 200, DATA, None),
        ("GET", {"Range": "bytes=" + "0-0," * 200}, 200, DATA, None),
        ("GET", {"Range": "bytes=0-1", "If-Range": ETAG}, 206, DATA[:2], "bytes 0-1" + END),
        ("GET", {"Range": "bytes=0-1", "If-Range": OTHER}, 200, DATA, None),
        ("GET", {"Range": "bytes=0-1", "If-Range": f"W/{ETAG}"}, 200, DATA, None),
        ("GET", {"Range": "bytes=9999-", "If-Range": OTHER}, 200, DATA, None),
        ("GET", {"If-None-Match": ETAG}, 304, b"", None),
        ("HEAD", {"If-None-Match": ETAG}, 304, b"", None),
        ("GET", {"If-None-Match": f"W/{ETAG}, {OTHER}"}, 304, b"", None),
        ("GET", {"If-None-Match": OTHER}, 200, DATA, None),
        ("GET", {"If-None-Match": ETAG, "Range": "bytes=0-1"}, 304, b"", None),
        ("GET", {"If-Match": ETAG}, 200, DATA, None),
        ("GET", {"If-Match": OTHER}, 412, b"", None),
        ("GET", {"If-Match": OTHER, "Range": "bytes=9999-"}, 412, b"", None),
        ("GET", {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 304, b"", None),
        ("GET", {"If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 412, b"", None),
    ],
    ids=str,
)
async def test_thirty_requests(
    http: httpx.AsyncClient,
    url: str,
    method: str,
    headers: dict[str, str],
    status: int,
    body: bytes | None,
    content_range: str | None,
):
    answer = await http.request(method, url, headers=headers)
    assert (answer.status_code, answer.headers.get("content-range")) == (status, content_range)
    if body is None:
        assert answer.json()["error"]["code"] == "range_not_satisfiable"
    else:
        assert answer.content == body
    if status in {200, 206, 304, 412}:
        assert (answer.headers["etag"], answer.headers["accept-ranges"]) == (ETAG, "bytes")
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    if status in {200, 206}:
        expected = len(DATA) if method == "HEAD" else len(answer.content)
        assert int(answer.headers["content-length"]) == expected
        assert "sandbox" in answer.headers["content-security-policy"]


async def test_several_parts_come_in_one_answer(http: httpx.AsyncClient, url: str):
    answer = await http.get(url, headers={"Range": "bytes=0-1,10-12,-1"})
    kind, boundary = answer.headers["content-type"].split("; boundary=")
    assert (answer.status_code, kind) == (206, "multipart/byteranges")
    parts = answer.content.split(f"--{boundary}".encode())[1:-1]
    ranges = [re.search(rb"Content-Range: (.*)\r", part) for part in parts]
    assert [found.group(1).decode() for found in ranges if found] == [
        f"bytes {first}-{last}{END}" for first, last in ((0, 1), (10, 12), (1023, 1023))
    ]
    assert [part.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n") for part in parts] == [
        DATA[:2],
        DATA[10:13],
        DATA[-1:],
    ]


@pytest.mark.parametrize(
    ("variant", "kind", "ending"),
    [
        ("video", "video/mp4", "mp4"),
        ("thumbnail", "image/webp", "webp"),
        ("spritesheet", "image/jpeg", "jpg"),
    ],
)
async def test_a_file_to_save_is_named_after_the_title(
    http: httpx.AsyncClient, url: str, variant: str, kind: str, ending: str
):
    shown = await http.head(url, params={"variant": variant})
    saved = await http.head(url, params={"variant": variant, "download": "1"})
    assert shown.headers["content-type"] == saved.headers["content-type"] == kind
    assert shown.headers["content-disposition"].startswith("inline; ")
    assert saved.headers["content-disposition"] == (
        f'attachment; filename="Zo_ s boat __.{ending}"; '
        f"filename*=UTF-8''Zo%C3%AB%20s%20boat%20%E6%9D%B1%E4%BA%AC.{ending}"
    )


async def test_a_hostile_name_stays_a_name(
    http: httpx.AsyncClient, studio: FakeStudio, owner_id: UUID, url: str
):
    (view,) = await studio.videos.statuses(owner_id, list(studio.videos.kept))
    file = studio.media.files[view.id, Variant.VIDEO]
    hostile = 'a"; filename=b\\\r\nSet-Cookie: c=d\t\x7f.mp4'
    studio.media.files[view.id, Variant.VIDEO] = replace(file, filename=hostile)
    answer = await http.head(url)
    quoted = 'filename="a_; filename=b___Set-Cookie: c=d__.mp4"'
    assert answer.headers["content-disposition"].startswith(f"inline; {quoted}; filename*=UTF-8''a%22%3B")
    assert "set-cookie" not in answer.headers


async def test_a_variant_that_does_not_exist_is_400(http: httpx.AsyncClient, url: str):
    answer = await http.get(url, params={"variant": "poster"})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "variant")


async def test_parts_that_overlap_or_touch_are_sent_once(http: httpx.AsyncClient, url: str):
    answer = await http.get(url, headers={"Range": "bytes=20-29,0-9,5-19"})
    assert (answer.status_code, answer.headers["content-range"]) == (206, f"bytes 0-29{END}")
    assert answer.content == DATA[:30]


@pytest.mark.parametrize("asked", ["", "bytes=0-1", "bytes=0-1,10-12"])
async def test_a_file_that_is_gone_is_503(http: httpx.AsyncClient, studio: FakeStudio, url: str, asked: str):
    for file in studio.media.files.values():
        (studio.folder / file.key).unlink(missing_ok=True)
    answer = await http.get(url, headers={"Range": asked})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "storage_unavailable")
    assert str(studio.folder) not in answer.text


class Elsewhere:
    """Implements `MediaFile.open` with a file that lies on no disk of ours and never ends."""

    def __init__(self) -> None:
        self.opened = list[ByteRange | None]()
        self.closed = asyncio.Event()

    @asynccontextmanager
    async def open(self, span: ByteRange | None) -> AsyncIterator[AsyncIterator[bytes]]:
        self.opened.append(span)
        try:
            yield self._chunks()
        finally:
            self.closed.set()

    async def _chunks(self) -> AsyncIterator[bytes]:
        while True:
            yield b"film"


async def test_a_file_is_closed_when_the_browser_hangs_up():
    """Seeking in a film does so all the time, and a store elsewhere is paid by the byte."""
    store, hung_up = Elsewhere(), asyncio.Event()
    file = MediaFile("key", store.open, "video/mp4", 10**9, "0" * 64, datetime.now(UTC), "film.mp4", 1, 1)

    async def receive() -> Message:
        await hung_up.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message.get("body"):
            hung_up.set()
            await asyncio.Event().wait()

    scope = {
        "type": "http",
        "method": "GET",
        "headers": [(b"range", b"bytes=5-")],
        "asgi": {"spec_version": "2.3"},
    }
    async with asyncio.timeout(PATIENCE):
        await file_response(Request(scope), file)(scope, receive, send)
    assert store.opened == [(5, 10**9)]
    assert store.closed.is_set()


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.COMPLETED])
async def test_what_is_not_finished_has_no_file_yet(
    http: httpx.AsyncClient, studio: FakeStudio, owner_id: UUID, phase: Phase
):
    view = studio.videos.add(owner_id, phase=phase)
    answer = await http.get(f"/api/videos/{public_id(view.id)}/content")
    assert (answer.status_code, answer.headers["x-should-retry"]) == (409, "false")


async def test_a_file_runs_nothing_and_stands_in_nobodys_frame(http: httpx.AsyncClient, url: str):
    policy = (await http.get(url)).headers["content-security-policy"].split("; ")
    shut = {"default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"}
    assert shut <= {*policy}
    assert policy[0].startswith("sandbox")
