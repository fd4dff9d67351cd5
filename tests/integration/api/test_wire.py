"""What only a real connection, a real database and the whole stack of the studio can show."""

from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from openai.types import Video

from tests.integration.api.conftest import Person
from tests.support.films import picture
from tests.support.plain_http import NO_TLS
from tests.support.studio import RunningStudio

CHEAP = "forbidden-test"
MEGABYTE = 1024 * 1024
ALWAYS = {
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",
}


def endless(megabytes: int) -> Iterator[bytes]:
    for _ in range(megabytes):
        yield b" " * MEGABYTE


@pytest.mark.parametrize(
    ("path", "send", "code"),
    [
        ("/videos", {"json": {"prompt": "x" * 40 * MEGABYTE}}, "request_too_large"),
        (
            "/videos",
            {"data": {"prompt": "x"}, "files": {"input_reference": b"x" * 40 * MEGABYTE}},
            "request_too_large",
        ),
        ("/uploads", {"files": {"file": b"x" * 40 * MEGABYTE}}, "file_too_large"),  # a film may be as large
        ("/videos/remix", {"json": {"prompt": "x" * 2 * MEGABYTE}}, "request_too_large"),
    ],
    ids=["a prompt", "a picture", "an upload", "another body"],
)
def test_a_client_that_sends_too_much_can_read_why(owner: Person, path: str, send: dict[str, Any], code: str):
    """It is told in the envelope, not by a broken connection, and the next request passes."""
    answer = owner.http.post(path, **send)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, code)
    assert owner.http.get("/videos").status_code == 200


def test_a_body_without_end_is_cut_off(owner: Person):
    headers = {"Content-Type": "application/json"}
    answer = owner.http.post("/videos", content=endless(64), headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/videos", 200),
        ("GET", "/api/docs", 200),
        ("GET", "/api/openapi.json", 200),
        ("GET", "/livez", 200),
        ("GET", "/readyz", 200),
        ("HEAD", "/readyz", 200),
        ("GET", "/api/nowhere", 404),
        ("GET", "/api", 404),
        ("PUT", "/api/videos", 405),
        ("TRACE", "/api/videos", 405),
        ("GET", "/api/videos?limit=x", 400),
    ],
)
def test_every_answer_carries_an_id_and_the_security_headers(
    owner: Person, studio: RunningStudio, method: str, path: str, status: int
):
    first, second = [owner.http.request(method, f"{studio.url}{path}") for _ in range(2)]
    assert first.status_code == second.status_code == status
    assert len({first.headers["x-request-id"], second.headers["x-request-id"]}) == 2
    assert {name: first.headers.get(name) for name in ALWAYS} == ALWAYS
    assert first.headers["content-security-policy"]


def test_half_a_character_stores_nothing(ada: Person):
    """A browser that cuts an emoji in two sends what JSON allows and PostgreSQL does not."""
    half, headers = b'"\\ud83d"', {"Content-Type": "application/json"}
    refused = ada.http.post("/videos", content=b'{"prompt": %b}' % half, headers=headers)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "prompt")
    video = ada.http.post("/videos", json={"prompt": CHEAP, "title": "whole"}).json()
    changes = [
        ("PATCH", f"/videos/{video['id']}", b'{"title": %b}'),
        ("PATCH", "/users/me", b'{"display_name": %b}'),
        ("POST", "/users/me/password", b'{"current_password": %b, "new_password": "x"}'),
    ]
    for method, path, body in changes:
        answer = ada.http.request(method, path, content=body % half, headers=headers)
        assert answer.status_code == 400, path
    assert [kept["title"] for kept in ada.http.get("/videos").json()["data"]] == ["whole"]


def test_a_picture_that_is_not_there_stores_nothing(ada: Person, eve: Person):
    """Somebody else's upload is as little there as one that never was."""
    theirs = eve.http.post(
        "/uploads", files={"file": ("a.png", picture((64, 36), "PNG"), "image/png")}
    ).json()["id"]
    for missing in (theirs, "0b8e5a52-5d4c-4a53-9a2e-3f6a3f0d6a11"):
        wish = {"prompt": CHEAP, "input_reference": {"file_id": missing}}
        answer = ada.http.post("/videos", json=wish)
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "input_reference")
    assert ada.http.get("/videos").json()["data"] == []


def test_a_key_is_its_owners(ada: Person, eve: Person):
    """Two people may use the same key; a deleted video does not come back by its key."""
    key = {"Idempotency-Key": "same"}
    hers, theirs = [
        person.http.post("/videos", json={"prompt": CHEAP}, headers=key).json()["id"] for person in (ada, eve)
    ]
    assert hers != theirs
    ada.sdk.videos.delete(hers)
    again = ada.http.post("/videos", json={"prompt": CHEAP}, headers=key)
    assert again.status_code >= 400
    assert ada.http.get("/videos").json()["data"] == []


def test_the_sdk_does_not_repeat_what_will_not_change(studio: RunningStudio, ada: Person):
    """A 409 is final here; left alone, the SDK would send it three times."""
    sent: list[str] = []
    hooks: dict[str, Any] = {"request": [lambda request: sent.append(request.url.path)]}
    with openai.DefaultHttpxClient(event_hooks=hooks) as http:
        client = openai.OpenAI(base_url=f"{studio.url}/api", api_key=ada.sdk.api_key, http_client=http)
        video = client.videos.create(prompt="not yet")
        with pytest.raises(openai.ConflictError):
            client.videos.remix(video.id, prompt="x")
        client.videos.delete(video.id)
    assert len(sent) == 3


def test_a_browser_plays_from_the_middle(owner: Person, finished: Video):
    """Parts put together are the file."""
    url = f"/videos/{finished.id}/content"
    whole = owner.http.get(url).content
    size = len(whole)
    edges = [0, 1, 65_536, 262_144, size // 2, size]
    parts = [
        owner.http.get(url, headers={"Range": f"bytes={start}-{end - 1}"})
        for start, end in zip(sorted(edges), sorted(edges)[1:], strict=False)
        if start < end
    ]
    assert {part.status_code for part in parts} == {206}
    assert b"".join(part.content for part in parts) == whole


def test_a_person_who_has_left_is_nobody(eve: Person):
    token = {"Authorization": eve.http.headers["Authorization"]}
    assert eve.http.post("/auth/logout").status_code == 204
    answer = httpx.get(f"{eve.http.base_url}videos", headers=token, trust_env=False, verify=NO_TLS)
    assert answer.status_code == 401
