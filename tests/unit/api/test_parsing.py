"""From the fields that were sent to a wish: what is understood, and what is refused in words."""

import base64
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import pytest

from sora_studio.api.parsing import read_wish
from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.video import VideoWish
from tests.support.fakes import FakeStudio
from tests.support.inputs import first_frame

BYTES = b"a picture, or so"
BASE64 = base64.b64encode(BYTES).decode()
AN_ID = "0b8e5a52-5d4c-4a53-9a2e-3f6a3f0d6a11"


@pytest.mark.parametrize(
    ("fields", "wish"),
    [
        ({}, VideoWish("x")),
        ({"seconds": "8"}, VideoWish("x", seconds="8")),
        ({"seconds": 8}, VideoWish("x", seconds="8")),
        ({"model": "m", "size": "1x1"}, VideoWish("x", model="m", size="1x1")),
        ({"model": None, "size": "", "title": ""}, VideoWish("x")),
        ({"provider": "p", "title": "T"}, VideoWish("x", provider="p", title="T")),
        ({"options": {"seed": 7}}, VideoWish("x", options={"seed": 7})),
        ({"options": '{"seed": 7}'}, VideoWish("x", options={"seed": 7})),  # a form's two ways
        ({"options[seed]": "7", "options": ""}, VideoWish("x", options={"seed": "7"})),
        ({"quality": "hd", "n": 4, "metadata": {"a": [1]}, "owner_id": "me"}, VideoWish("x")),
        ({"input_reference": BYTES}, VideoWish("x", inputs=(first_frame(BYTES),))),
        ({"input_reference": b""}, VideoWish("x")),  # a form whose picker was left empty
        ({"input_reference": None}, VideoWish("x")),
        (
            {"input_reference": {"image_url": f"data:image/png;base64,{BASE64}"}},
            VideoWish("x", inputs=(first_frame(BYTES),)),
        ),
        *(
            (
                {"input_reference": {"image_url": f"data:{spelling}"}},
                VideoWish("x", inputs=(first_frame(BYTES),)),
            )
            for spelling in (
                f"image/png;base64,{BASE64[:8]}\r\n {BASE64[8:]}\n",
                f"image/png;base64,{BASE64.rstrip('=')}",
                f"image/png;base64,{quote(BASE64, safe='')}",
                f"IMAGE/PJPEG;charset=utf-8;BASE64,{BASE64}",
                f";base64,{BASE64}",
                f"application/octet-stream;base64,{BASE64}",
            )
        ),
        ({"input_reference": {"file_id": AN_ID}}, VideoWish("x", inputs=(first_frame(UUID(AN_ID)),))),
        (
            {"input_reference": f'{{"file_id": "{AN_ID}"}}'},
            VideoWish("x", inputs=(first_frame(UUID(AN_ID)),)),
        ),
    ],
    ids=str,
)
def test_what_is_understood(fields: dict[str, object], wish: VideoWish):
    assert read_wish({"prompt": "x", **fields}) == wish


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"prompt": None}, "prompt"),
        ({"prompt": ["x"]}, "prompt"),
        ({"prompt": "half a \ud83d"}, "prompt"),
        ({"title": "half a \udc00"}, "title"),
        ({"model": b"bytes"}, "model"),
        ({"size": ["1280x720"]}, "size"),
        ({"seconds": 4.0}, "seconds"),
        ({"seconds": True}, "seconds"),
        ({"input_reference": "a.png"}, "input_reference"),
        ({"input_reference": 7}, "input_reference"),
        ({"input_reference": {}}, "input_reference"),
        ({"input_reference": "{"}, "input_reference"),
        ({"input_reference": "{" * 100_000}, "input_reference"),
        ({"input_reference": {"image_url": "https://example.org/a.png"}}, "input_reference"),
        ({"input_reference": {"image_url": "http://169.254.169.254/"}}, "input_reference"),
        ({"input_reference": {"image_url": "file:///etc/passwd"}}, "input_reference"),
        ({"input_reference": {"image_url": "data:image/png,raw"}}, "input_reference"),
        ({"input_reference": {"image_url": "data:image/png;base64,%%%"}}, "input_reference"),
        ({"input_reference": {"file_id": "file_abc"}}, "input_reference"),
        ({"options": [1]}, "options"),
        ({"options": "seed"}, "options"),
        ({"options": {str(n): 1 for n in range(51)}}, "options"),
    ],
    ids=lambda value: str(value)[:60].encode("ascii", "backslashreplace").decode(),
)
def test_what_is_refused(fields: dict[str, object], param: str):
    with pytest.raises(InvalidInput) as refusal:
        read_wish({"prompt": "x", **fields})
    assert refusal.value.param == param


@pytest.mark.parametrize(
    "sent",
    [
        {"json": {"prompt": "a boat", "seconds": 8}},
        {"content": b'{"prompt": "a boat", "seconds": "8"}'},
        {"data": {"prompt": "a boat", "seconds": "8"}},
        {"files": {"prompt": (None, "a boat"), "seconds": (None, "8")}},
    ],
    ids=["JSON", "JSON without a content type", "a form", "a multipart form"],
)
@pytest.mark.parametrize("path", ["/api/videos", "/api/videos/create"])
async def test_every_spelling_of_a_body(http: httpx.AsyncClient, studio: FakeStudio, path: str, sent):
    answer = await http.post(path, **sent)
    assert (answer.status_code, answer.json()["prompt"], answer.json()["seconds"]) == (200, "a boat", "8")
    assert studio.videos.wishes == [VideoWish("a boat", seconds="8")]


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        (b"", "application/json", "invalid_json"),
        (b"{", "application/json", "invalid_json"),
        (b"[]", "application/json", "invalid_json"),
        (b'"prompt"', "application/json", "invalid_json"),
        (b"\xff\xfe\xff", "application/json", "invalid_json"),
        (b"[" * 500_000, "application/json", "invalid_json"),
        (b'{"prompt": ' + b"9" * 5000 + b"}", "application/json", "invalid_json"),
        (b"x", "multipart/form-data", "invalid_form"),
        (b"x", "multipart/form-data; boundary=b", "invalid_form"),
        (b"a=1&" * 60, "application/x-www-form-urlencoded", "invalid_form"),
        (b"prompt=" + b"x" * 163_841, "application/x-www-form-urlencoded", "invalid_form"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_bodies_that_are_none(http: httpx.AsyncClient, content: bytes, kind: str, code: str):
    answer = await http.post("/api/videos", content=content, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


async def test_a_prompt_of_the_longest_kind_passes_in_every_spelling(
    http: httpx.AsyncClient, studio: FakeStudio
):
    prompt = "😀" * 32_000
    spellings: list[dict[str, Any]] = [
        {"json": {"prompt": prompt}},
        {"files": {"prompt": (None, prompt)}},
        {"data": {"prompt": prompt}},
    ]
    for sent in spellings:
        assert (await http.post("/api/videos", **sent)).status_code == 200
    assert {wish.prompt for wish in studio.videos.wishes} == {prompt}


@pytest.mark.parametrize(
    "name", [b"filename*=UTF-8''kite.png", b"filename=\"kite.png\"; filename*=UTF-8''kite.png"]
)
async def test_a_file_may_have_an_extended_name_alone(
    http: httpx.AsyncClient, studio: FakeStudio, name: bytes
):
    """Its bytes are no text, and more of them than a field may have."""
    picture = b"\xff" * 200_000
    parts = (
        b'form-data; name="prompt"\r\n\r\na boat',
        b'form-data; name="input_reference"; %s\r\n\r\n' % name + picture,
    )
    body = b"".join(b"--b\r\nContent-Disposition: " + part + b"\r\n" for part in parts) + b"--b--\r\n"
    answer = await http.post(
        "/api/videos", content=body, headers={"Content-Type": "multipart/form-data; boundary=b"}
    )
    assert answer.status_code == 200
    assert studio.videos.wishes == [VideoWish("a boat", inputs=(first_frame(picture),))]
