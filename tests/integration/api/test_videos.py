"""The Videos API as the official SDK and plain HTTP see it, on the whole studio."""

import base64
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import av
import httpx
import openai
import pytest
from openai.types import Video

from tests.integration.api.conftest import Person, make
from tests.support.films import picture
from tests.support.plain_http import NO_TLS
from tests.support.studio import RunningStudio
from tests.support.waiting import PATIENCE, wait_until

PNG = picture((900, 500), "PNG")

CHEAP = "forbidden-test"
"""A word that the sandbox refuses: a wish that is taken, sent and answered, but not rendered."""


def test_create_poll_download(owner: Person, finished: Video):
    """The official client does the whole round; the file is what was asked for."""
    assert finished.id.startswith("video_")
    assert (finished.model, finished.size, finished.seconds) == ("sora-2", "720x1280", "4")
    assert (finished.progress, finished.error, finished.expires_at) == (100, None, None)
    assert finished.completed_at
    content = owner.sdk.videos.download_content(finished.id)
    data = content.read()
    with av.open(BytesIO(data), mode="r") as film:
        stream = film.streams.video[0]
        assert (stream.width, stream.height) == (720, 1280)
        assert float(film.duration or 0) / av.time_base == pytest.approx(4, abs=0.1)
    assert content.response.headers["etag"] == f'"{hashlib.sha256(data).hexdigest()}"'


@pytest.mark.parametrize(
    ("variant", "kind", "magic"),
    [
        ("video", "video/mp4", b"ftyp"),
        ("thumbnail", "image/webp", b"WEBP"),
        ("spritesheet", "image/jpeg", b"\xff\xd8"),
    ],
)
def test_every_variant(owner: Person, finished: Video, variant, kind, magic):
    content = owner.sdk.videos.download_content(finished.id, variant=variant)
    assert content.response.headers["content-type"] == kind
    assert magic in content.read()[:16]


def test_the_studios_own_fields(owner: Person, finished: Video):
    body = owner.http.get(f"/videos/{finished.id}").json()
    assert body["object"] == "video"
    assert (body["phase"], body["kind"], body["provider"]) == ("completed", "create", "sandbox")
    assert (body["cost_usd"], body["charged"], body["title"]) == (0.4, True, "a paper boat on a pond")


def test_list_pages_to_the_end(ada: Person):
    ids = [ada.sdk.videos.create(prompt=f"{CHEAP} clip {number}").id for number in range(7)]
    assert [video.id for video in ada.sdk.videos.list(limit=3)] == ids[::-1]
    assert [video.id for video in ada.sdk.videos.list(limit=2, order="asc")] == ids
    page = ada.http.get("/videos", params={"limit": 2}).json()
    assert (page["object"], page["first_id"], page["last_id"], page["has_more"]) == (
        "list",
        ids[6],
        ids[5],
        True,
    )
    assert ada.http.get("/videos", params={"limit": 0}).json()["data"] == []
    found = ada.http.get("/videos", params={"q": "cli 3"}).json()["data"]
    assert [video["prompt"] for video in found] == [f"{CHEAP} clip 3"]
    assert ada.http.get("/videos", params={"status": "completed"}).json()["data"] == []


def test_remix_both_ways(owner: Person, finished: Video):
    remix = owner.sdk.videos.remix(finished.id, prompt=f"{CHEAP} at night")
    assert remix.remixed_from_video_id == finished.id
    other = owner.http.post(
        "/videos/remix", json={"remix_video_id": finished.id, "prompt": f"{CHEAP} by day"}
    ).json()
    assert other["remixed_from_video_id"] == finished.id
    assert other["size"] == finished.size


def test_delete_is_once(ada: Person):
    video = ada.sdk.videos.create(prompt=CHEAP)
    deleted = ada.sdk.videos.delete(video.id)
    assert (deleted.id, deleted.deleted, deleted.object) == (video.id, True, "video.deleted")
    with pytest.raises(openai.NotFoundError):
        ada.sdk.videos.delete(video.id)
    with pytest.raises(openai.NotFoundError):
        ada.sdk.videos.retrieve(video.id)
    assert ada.http.post(f"/videos/{video.id}/restore").json()["id"] == video.id


def test_statuses_leave_out_what_is_not_yours(ada: Person, finished: Video):
    mine = ada.sdk.videos.create(prompt=CHEAP)
    answer = ada.http.get("/videos/status", params={"ids": f"{finished.id},{mine.id},nonsense"}).json()
    assert [each["id"] for each in answer["data"]] == [mine.id]
    assert ada.http.get("/videos/status", params={"ids": ",".join(["x"] * 101)}).status_code == 400


def test_a_stranger_finds_nothing(eve: Person, finished: Video):
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"title": "mine"}),
        ("DELETE", "", None),
        ("GET", "/content", None),
        ("GET", "/inputs", None),
        ("GET", "/inputs/0", None),
        ("POST", "/remix", {"prompt": "x"}),
        ("POST", "/restore", None),
        ("POST", "/check_again", None),
        ("POST", "/submit_again", None),
        ("POST", "/give_up", None),
    ):
        answer = eve.http.request(method, f"/videos/{finished.id}{path}", json=body)
        assert answer.status_code == 404, (method, path)
        assert answer.json()["error"]["message"]
    assert (
        eve.http.post("/videos/remix", json={"remix_video_id": finished.id, "prompt": "x"}).status_code == 404
    )


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({}, 400, "prompt"),
        ({"prompt": ""}, 400, "prompt"),
        ({"prompt": "   "}, 400, "prompt"),
        ({"prompt": 7}, 400, "prompt"),
        ({"prompt": "x" * 32_001}, 400, "prompt"),
        ({"prompt": "x", "model": "gpt-9"}, 400, "model"),
        ({"prompt": "x", "model": ["sora-2"]}, 400, "model"),
        ({"prompt": "x", "size": "12x"}, 400, "size"),
        ({"prompt": "x", "size": "99999x1"}, 400, "size"),
        ({"prompt": "x", "size": "1920x1080"}, 400, "size"),
        ({"prompt": "x", "seconds": "5"}, 400, "seconds"),
        ({"prompt": "x", "seconds": "-4"}, 400, "seconds"),
        ({"prompt": "x", "seconds": True}, 400, "seconds"),
        ({"prompt": "x", "provider": "nobody"}, 400, "provider"),
        (
            {"prompt": "x", "input_reference": {"image_url": "https://example.org/a.png"}},
            400,
            "input_reference",
        ),
        (
            {"prompt": "x", "input_reference": {"image_url": "data:image/png;base64,%%%"}},
            400,
            "input_reference",
        ),
        ({"prompt": "x", "input_reference": {"file_id": "no"}}, 400, "input_reference"),
        ({"prompt": "x", "input_reference": "text"}, 400, "input_reference"),
        (
            {"prompt": "x", "input_reference": {"image_url": "data:image/png;base64,aGVsbG8="}},
            400,
            "input_reference",
        ),
    ],
)
def test_bad_wishes_are_refused_before_anything_is_stored(ada: Person, body, status, param):
    answer = ada.http.post("/videos", json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (status, param), answer.text
    assert ada.http.get("/videos").json()["data"] == []


def test_bodies_that_are_none(ada: Person):
    for content, kind in (
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"[" * 99_999, "application/json"),
    ):
        answer = ada.http.post("/videos", content=content, headers={"content-type": kind})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_json")
    broken = ada.http.post(
        "/videos", content=b"x", headers={"content-type": "multipart/form-data; boundary=b"}
    )
    assert broken.status_code == 400
    assert ada.http.post("/videos", content=b"", headers={"content-type": "text/plain"}).status_code == 400


def test_too_large_is_413(ada: Person):
    huge = b"\x89PNG\r\n\x1a\n" + bytes(21 * 1024 * 1024)
    assert (
        ada.http.post("/videos", data={"prompt": "x"}, files={"input_reference": ("a.png", huge)}).status_code
        == 413
    )
    assert ada.http.post("/uploads", files={"file": ("a.png", huge)}).status_code == 413


def test_a_reference_in_every_form(ada: Person):
    """A file, a data URL and an uploaded picture all become the first frame, cut to the size."""
    upload = ada.http.post("/uploads", files={"file": ("a.png", PNG, "image/png")}).json()
    assert (upload["width"], upload["height"]) == (900, 500)
    assert ada.http.get(f"/uploads/{upload['id']}").headers["content-type"] == "image/png"
    url = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    made = [
        ada.http.post(
            "/videos", data={"prompt": CHEAP}, files={"input_reference": ("a.png", PNG, "image/png")}
        ),
        ada.http.post("/videos", json={"prompt": CHEAP, "input_reference": {"image_url": url}}),
        ada.http.post("/videos", json={"prompt": CHEAP, "input_reference": {"file_id": upload["id"]}}),
        ada.http.post(
            "/videos", data={"prompt": CHEAP, "input_reference": json.dumps({"file_id": upload["id"]})}
        ),
    ]
    for answer in made:
        assert answer.status_code == 200, answer.text
        sent = ada.http.get(f"/videos/{answer.json()['id']}/inputs/0")
        assert sent.content.startswith(b"\x89PNG")


def test_an_idempotency_key_makes_one_video(ada: Person):
    """A hundred equal requests at once are one video; another body under the key is refused."""
    headers = {"Idempotency-Key": "one"}

    def send(_: int) -> httpx.Response:
        return ada.http.post("/videos", json={"prompt": CHEAP}, headers=headers)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(send, range(100)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1
    other = ada.http.post("/videos", json={"prompt": "twice"}, headers=headers)
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")
    assert len(ada.http.get("/videos").json()["data"]) == 1


@pytest.mark.parametrize("word", ["forbidden-test", "forbidden-late-test"])
def test_moderation_is_said_in_the_providers_words(ada: Person, word: str):
    """At once or while it renders, the refusal arrives verbatim and costs nothing."""
    video = ada.sdk.videos.create(prompt=f"{word} in a quiet street")

    def failed() -> bool:
        return ada.sdk.videos.retrieve(video.id).status == "failed"

    wait_until(failed)
    seen = ada.sdk.videos.retrieve(video.id)
    assert seen.error
    assert (seen.error.code, seen.error.message) == (
        "moderation_blocked",
        "Your request was blocked by our moderation system.",
    )
    assert ada.http.get(f"/videos/{video.id}").json()["charged"] is False
    assert ada.http.get(f"/videos/{video.id}/content").status_code == 404


def test_what_is_not_ready_is_409(ada: Person):
    video = ada.sdk.videos.create(prompt="not yet")
    assert ada.http.get(f"/videos/{video.id}/content").status_code == 409
    assert ada.http.post(f"/videos/{video.id}/remix", json={"prompt": "x"}).status_code == 409
    assert ada.http.post(f"/videos/{video.id}/give_up").status_code == 409


@pytest.mark.parametrize(
    ("asked", "status", "length", "content_range"),
    [
        ("bytes=0-0", 206, 1, "bytes 0-0/{n}"),
        ("bytes=0-99", 206, 100, "bytes 0-99/{n}"),
        ("bytes=100-", 206, -100, "bytes 100-{last}/{n}"),
        ("bytes=-7", 206, 7, "bytes {suffix}-{last}/{n}"),
        ("bytes=0-999999999", 206, 0, "bytes 0-{last}/{n}"),
        ("bytes=999999999-", 416, None, "bytes */{n}"),
        ("bytes=nonsense", 200, 0, None),
        ("pages=1-2", 200, 0, None),
    ],
)
def test_ranges(owner: Person, finished: Video, asked, status, length, content_range):
    url = f"/videos/{finished.id}/content"
    whole = owner.http.get(url).content
    answer = owner.http.get(url, headers={"Range": asked})
    assert answer.status_code == status
    if content_range:
        numbers = {"n": len(whole), "last": len(whole) - 1, "suffix": len(whole) - 7}
        assert answer.headers["content-range"] == content_range.format(**numbers)
    if length is not None:
        assert len(answer.content) == (length if length > 0 else len(whole) + length)


def test_conditions(owner: Person, finished: Video):
    url = f"/videos/{finished.id}/content"
    head = owner.http.head(url)
    etag = head.headers["etag"]
    assert (head.status_code, head.content, head.headers["accept-ranges"]) == (200, b"", "bytes")
    assert owner.http.get(url, headers={"If-None-Match": etag}).status_code == 304
    assert owner.http.get(url, headers={"If-None-Match": 'W/"x", *'}).status_code == 304
    assert owner.http.get(url, headers={"If-None-Match": '"x"'}).status_code == 200
    assert owner.http.get(url, headers={"If-Match": '"x"'}).status_code == 412
    assert owner.http.get(url, headers={"Range": "bytes=0-1", "If-Range": etag}).status_code == 206
    assert owner.http.get(url, headers={"Range": "bytes=0-1", "If-Range": '"x"'}).status_code == 200
    saved = owner.http.head(url, params={"download": 1}).headers["content-disposition"]
    assert saved.startswith('attachment; filename="a paper boat on a pond.mp4"')
    assert owner.http.get(url, params={"variant": "poster"}).status_code == 400


def test_models_and_manual(ada: Person, studio: RunningStudio):
    models = {model.id: model for model in ada.sdk.models.list()}
    assert {"sora-2", "sora-2-pro"} <= models.keys()
    manual = httpx.get(f"{studio.url}/api/docs", trust_env=False, timeout=PATIENCE, verify=NO_TLS)
    assert "/api/videos/{video_id}/content" in manual.text
    assert "http://" not in manual.text.replace(studio.url, "")
    schema = httpx.get(
        f"{studio.url}/api/openapi.json", trust_env=False, timeout=PATIENCE, verify=NO_TLS
    ).json()
    assert schema["openapi"].startswith("3.")


def test_errors_have_one_shape(ada: Person, studio: RunningStudio):
    for method, path, status in (
        ("GET", "/nowhere", 404),
        ("PUT", "/videos", 405),
        ("GET", "/videos/video_1", 404),
        ("GET", "/videos?limit=101", 400),
        ("GET", "/videos?order=sideways", 400),
        ("GET", "/videos?after=video_1", 400),
        ("GET", "/videos?status=done", 400),
        ("GET", "/uploads/1", 400),
    ):
        answer = ada.http.request(method, path)
        assert answer.status_code == status, (method, path, answer.text)
        assert answer.json()["error"].keys() == {"message", "type", "param", "code"}
        assert answer.headers["x-request-id"]
    unknown = httpx.get(
        f"{studio.url}/api/videos", headers={"Authorization": "Bearer x"}, trust_env=False, verify=NO_TLS
    )
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (401, "invalid_api_key")


def test_many_wishes_at_once_are_all_taken_once(ada: Person):
    """Sixty wishes in a moment: all accepted, all asked of the provider."""
    with ThreadPoolExecutor(20) as pool:
        ids = list(pool.map(lambda number: ada.sdk.videos.create(prompt=f"{CHEAP} {number}").id, range(60)))

    def all_taken() -> bool:
        page = ada.http.get("/videos", params={"limit": 100}).json()["data"]
        return len(page) == 60 and all(video["phase"] == "failed" for video in page)

    wait_until(all_taken)
    assert len({*ids}) == 60


def test_two_people_make_videos_side_by_side(ada: Person, eve: Person):
    with ThreadPoolExecutor(2) as pool:
        hers, theirs = pool.map(lambda person: make(person, prompt="side by side"), (ada, eve))
    assert hers.id != theirs.id
    assert [video.id for video in eve.sdk.videos.list()] == [theirs.id]
