"""Edits, extensions and characters as the official SDK and plain HTTP see them, on the whole studio."""

from pathlib import Path

import pytest
from openai.types import Video

from sora_studio.domain.media import FILM_MAX_BYTES
from tests.integration.api.conftest import Person
from tests.support.films import film, picture

PNG = picture((64, 36), "PNG")
CHEAP = "forbidden-test"
"""A word that the sandbox refuses: a wish that is taken, sent and answered, but not rendered."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    return film(path, size=(1280, 720), seconds=2, fps=6).read_bytes()


def test_an_edit_through_the_sdk(owner: Person, finished: Video):
    body = {"prompt": f"{CHEAP} by night", "video": {"id": finished.id}}
    edit = owner.sdk.post("/videos/edits", body=body, cast_to=Video)
    assert (edit.remixed_from_video_id, edit.seconds, edit.size) == (finished.id, "4", finished.size)
    assert owner.http.get(f"/videos/{edit.id}").json()["kind"] == "edit"


def test_an_extension_through_the_sdk(owner: Person, finished: Video):
    body = {"prompt": f"{CHEAP} goes on", "seconds": "8", "video": {"id": finished.id}}
    longer = owner.sdk.post("/videos/extensions", body=body, cast_to=Video)
    assert (longer.remixed_from_video_id, longer.seconds) == (finished.id, "12")
    seen = owner.http.get(f"/videos/{longer.id}").json()
    assert (seen["kind"], seen["cost_usd"]) == ("extend", 0.8)


def test_a_film_that_comes_along_is_edited_and_extended(ada: Person, clip: bytes):
    """As the official SDK sends it; what comes again under its key is the same video."""
    edits = [
        ada.sdk.videos.edit(prompt=CHEAP, video=clip, extra_headers={"Idempotency-Key": "an edit"})
        for _ in range(2)
    ]
    longer = ada.sdk.videos.extend(prompt=CHEAP, seconds="8", video=clip)
    assert (edits[0].id, edits[0].size, edits[0].seconds) == (edits[1].id, "1280x720", "2")
    assert (longer.seconds, ada.http.get(f"/videos/{longer.id}").json()["cost_usd"]) == ("10", 0.8)
    for video, role in ((edits[0], "edit"), (longer, "extend")):
        (given,) = ada.http.get(f"/videos/{video.id}/inputs").json()["data"]
        assert (given["role"], given["content_type"], given["seconds"]) == (role, "video/mp4", 2.0)
        assert ada.http.get(f"/videos/{video.id}/inputs/0").content == clip
        assert ada.http.get(f"/videos/{video.id}").json()["kind"] == role


@pytest.mark.parametrize("path", ["edits", "extensions"])
def test_what_is_no_film_or_not_taken_is_refused_by_its_field(ada: Person, clip: bytes, path: str):
    wish = {"prompt": CHEAP, "seconds": "4"}
    for fields, file, words in (
        (wish, b"no film", "PNG, JPEG or WebP"),
        (wish, PNG, "has to be an MP4"),
        (wish, clip[: len(clip) // 2], "cut short"),
        (wish | {"model": "sora-2", "provider": "nobody"}, clip, "There is no provider"),
    ):
        answer = ada.http.post(f"/videos/{path}", data=fields, files={"video": ("clip.mp4", file)})
        assert (answer.status_code, words in answer.json()["error"]["message"]) == (400, True), answer.text
    assert ada.http.get("/videos").json()["data"] == []


@pytest.mark.parametrize("path", ["edits", "extensions"])
@pytest.mark.parametrize(
    ("change", "status", "param"),
    [
        ({"video": None}, 400, "video"),
        ({"video": "video_1"}, 400, "video"),
        ({"video": {"id": 7}}, 400, "video"),
        ({"video": {"id": "video_1"}}, 404, None),
        ({"prompt": " "}, 400, "prompt"),
        ({"prompt": None}, 400, "prompt"),
        ({"seconds": "5"}, 400, "seconds"),
        ({"seconds": [4]}, 400, "seconds"),
    ],
    ids=str,
)
def test_bad_wishes(owner: Person, finished: Video, path, change, status, param):
    if param == "seconds" and path == "edits":
        return  # an edit is as long as its source
    body = {"prompt": "x", "seconds": "4", "video": {"id": finished.id}} | change
    answer = owner.http.post(f"/videos/{path}", json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (status, param), answer.text


def test_an_idempotency_key_makes_one_extension(owner: Person, finished: Video):
    body = {"prompt": f"{CHEAP} once", "seconds": 4, "video": {"id": finished.id}}
    key = {"Idempotency-Key": "an extension"}
    answers = [owner.http.post("/videos/extensions", json=body, headers=key) for _ in range(3)]
    assert len({answer.json()["id"] for answer in answers}) == 1
    other = owner.http.post("/videos/extensions", json=body | {"seconds": 8}, headers=key)
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")


def test_a_character_through_the_sdk_and_in_a_video(ada: Person, eve: Person, clip: bytes, tmp_path: Path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(clip)
    nova = ada.sdk.videos.create_character(name="Nova", video=path)
    assert nova.id
    assert (nova.name, nova.id.startswith("char_")) == ("Nova", True)
    assert ada.sdk.videos.get_character(nova.id).name == "Nova"
    listed = ada.http.get("/videos/characters").json()
    assert [(each["id"], each["provider"]) for each in listed["data"]] == [(nova.id, "sandbox")]

    prompt, cast = f"{CHEAP} Nova waves", [{"id": nova.id}]
    wish = {"prompt": prompt, "characters": cast}
    assert ada.http.post("/videos", json=wish).status_code == 200
    video = ada.sdk.videos.create(
        prompt=prompt,
        extra_headers={"Content-Type": "application/json"},
        extra_body={"characters": cast},
    )
    assert video.prompt == prompt
    unnamed = ada.http.post("/videos", json=wish | {"prompt": CHEAP})
    assert (unnamed.status_code, unnamed.json()["error"]["param"]) == (400, "characters")

    assert eve.http.post("/videos", json=wish).status_code == 404
    assert eve.http.get(f"/videos/characters/{nova.id}").status_code == 404
    assert eve.http.delete(f"/videos/characters/{nova.id}").status_code == 404
    gone = ada.http.delete(f"/videos/characters/{nova.id}").json()
    assert gone == {"id": nova.id, "object": "character.deleted", "deleted": True}
    assert ada.http.delete(f"/videos/characters/{nova.id}").status_code == 404


def test_a_character_of_a_video(owner: Person, finished: Video):
    body, key = {"name": "Boat", "video_id": finished.id}, {"Idempotency-Key": "a boat"}
    answers = [owner.http.post("/videos/characters", json=body, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()


def test_films_and_names_that_are_none(ada: Person, clip: bytes):
    for fields, file, status, param in (
        ({"name": "Nova"}, None, 400, "video"),
        ({"name": "Nova", "video": "text"}, None, 400, "video"),
        ({}, clip, 400, "name"),
        ({"name": "x" * 81}, clip, 400, "name"),
        ({"name": "Nova"}, b"GIF89a", 400, "video"),
        ({"name": "Nova", "provider": "nobody"}, clip, 400, "provider"),
        ({"name": "Nova"}, bytes(FILM_MAX_BYTES + 1), 413, "video"),
    ):
        files = {"video": ("clip.mp4", file, "video/mp4")} if file else {"other": ("", b"")}
        answer = ada.http.post("/videos/characters", data=fields, files=files)
        assert (answer.status_code, answer.json()["error"]["param"]) == (status, param), answer.text
    assert ada.http.get("/videos/characters").json()["data"] == []


@pytest.mark.parametrize("characters", ["char_1", {"id": "char_1"}, [7], [{"name": "Nova"}]])
def test_characters_that_are_none(ada: Person, characters):
    answer = ada.http.post("/videos", json={"prompt": CHEAP, "characters": characters})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "characters")


def test_characters_in_a_form_are_not_lost_on_the_way(ada: Person):
    for name in ("characters", "characters[][id]"):
        answer = ada.http.post("/videos", data={"prompt": CHEAP, name: "char_1"})
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "characters")
