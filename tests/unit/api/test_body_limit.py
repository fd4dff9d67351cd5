"""Bodies that are too large: refused by their header, or once too much has come."""

from collections.abc import AsyncIterator

import httpx
import pytest

from sora_studio.api.body import UPLOAD_MAX, USUAL_MAX
from sora_studio.domain.media import FILM_MAX_BYTES, PICTURE_MAX_BYTES
from sora_studio.domain.video import PROMPT_MAX

PLACES = [
    ("POST", "/api/videos", UPLOAD_MAX),
    ("POST", "/api/videos/create", UPLOAD_MAX),
    ("POST", "/api/uploads", FILM_MAX_BYTES + USUAL_MAX),
    ("POST", "/api/videos/remix", USUAL_MAX),
    ("PATCH", "/api/videos/video_1", USUAL_MAX),
    ("PATCH", "/api/users/me", USUAL_MAX),
    ("POST", "/api/auth/login", USUAL_MAX),
    ("POST", "/api/nowhere", USUAL_MAX),
]
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "multipart/form-data; boundary=b"}
FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'


class Endless:
    """A body without a length that counts how much of it was taken."""

    def __init__(self, chunk: int, start: bytes = b"") -> None:
        self.chunk, self.start = chunk, start
        self.taken = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.start
        while True:
            self.taken += self.chunk
            yield b" " * self.chunk


@pytest.mark.parametrize(("method", "path", "limit"), PLACES)
async def test_a_length_that_is_too_large_is_refused_unread(
    anonymous: httpx.AsyncClient, method: str, path: str, limit: int
):
    body = Endless(1)
    answer = await anonymous.request(
        method, path, content=aiter(body), headers=JSON | {"Content-Length": str(limit + 1)}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")
    assert body.taken == 0


@pytest.mark.parametrize(
    ("method", "path", "limit"),
    [place for place in PLACES if "auth" not in place[1] and "nowhere" not in place[1]],
)
async def test_a_body_without_a_length_is_refused_once_too_much_has_come(
    http: httpx.AsyncClient, method: str, path: str, limit: int
):
    is_form = path == "/api/uploads"
    body = Endless(64 * 1024, FILE if is_form else b"")
    answer = await http.request(method, path, content=aiter(body), headers=FORM if is_form else JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")
    assert body.taken <= limit + 2 * body.chunk


@pytest.mark.parametrize(("method", "path", "limit"), PLACES)
async def test_only_uploads_may_be_larger_than_a_prompt(
    http: httpx.AsyncClient, method: str, path: str, limit: int
):
    answer = await http.request(method, path, content=b" " * (USUAL_MAX + 1), headers=JSON)
    assert (answer.status_code != 413) == (limit > USUAL_MAX)


async def test_who_sends_it_is_asked_before_an_upload_is_read(anonymous: httpx.AsyncClient):
    body = Endless(64 * 1024)
    answer = await anonymous.post("/api/videos", content=aiter(body), headers=JSON)
    assert (answer.status_code, body.taken) == (401, 0)


def test_the_largest_prompt_and_the_largest_picture_fit_in_every_spelling():
    prompt = PROMPT_MAX * len("\\ud83d\\ude00")
    assert prompt < USUAL_MAX < 2 * prompt
    assert prompt + PICTURE_MAX_BYTES * 4 / 3 < UPLOAD_MAX < 1.5 * PICTURE_MAX_BYTES
