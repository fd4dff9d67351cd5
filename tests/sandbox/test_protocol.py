"""The protocol as the official SDK and plain HTTP see it."""

import base64
import io
import re
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI
from openai.types import Video
from PIL import Image

from tests.support.plain_http import NO_TLS
from tests.support.sandbox import RunningSandbox, running_sandbox, wait_for_video
from tests.support.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.filterwarnings("ignore:The Sora API is scheduled:DeprecationWarning")


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory):
    """A sandbox that renders one video for a long time, so that everything else waits."""
    with running_sandbox(tmp_path_factory.mktemp("quiet"), speed=0.001, workers=1, faults=True) as sandbox:
        yield sandbox


@pytest.fixture
def http(quiet: RunningSandbox):
    with httpx.Client(base_url=quiet.base_url, timeout=PATIENCE, verify=NO_TLS) as http:
        yield http


def test_a_finished_video_has_every_field(finished: Video):
    assert re.fullmatch(r"video_[0-9a-f]{48}", finished.id)
    assert (finished.object, finished.model, finished.seconds, finished.size) == (
        "video",
        "sora-2",
        "4",
        "1280x720",
    )
    assert (finished.progress, finished.error, finished.prompt) == (100, None, "Sunset over a calm ocean")
    assert finished.completed_at is not None
    assert finished.expires_at == finished.completed_at + 3_600
    assert finished.created_at <= finished.completed_at


def test_progress_is_real_and_says_when_to_ask_again(tmp_path: Any):
    with running_sandbox(tmp_path, speed=1, workers=1) as sandbox, sandbox.client() as client:
        video = client.videos.create(prompt="A lighthouse", size="1280x720")
        seen: list[tuple[str, int]] = [(video.status, video.progress)]

        def moved() -> bool:
            answer = client.videos.with_raw_response.retrieve(video.id)
            now = answer.parse()
            assert int(answer.headers["openai-poll-after-ms"]) == 1_000
            seen.append((now.status, now.progress))
            return len({progress for _, progress in seen}) > 4

        wait_until(moved)
        client.videos.delete(video.id)

    assert seen[0] == ("queued", 0)
    assert seen[-1][0] == "in_progress"
    assert [progress for _, progress in seen] == sorted(progress for _, progress in seen)
    assert seen[-1][1] < 30


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_the_sdk_pages_through_the_list(quiet: RunningSandbox, order: Any):
    with quiet.client() as client:
        made = [client.videos.create(prompt=f"{order} {index}").id for index in range(5)]
        listed = [video.id for video in client.videos.list(limit=2, order=order)]

    wanted = made if order == "asc" else made[::-1]
    assert [video_id for video_id in listed if video_id in made] == wanted
    assert len(set(listed)) == len(listed)


def test_a_page_names_its_ends(http: httpx.Client):
    for _ in range(3):
        http.post("/videos", json={"prompt": "a dog"})
    page = http.get("/videos", params={"limit": 2}).json()

    assert page["object"] == "list"
    assert (page["first_id"], page["last_id"]) == (page["data"][0]["id"], page["data"][1]["id"])
    assert page["has_more"] is True
    nothing = http.get("/videos", params={"limit": 0}).json()
    assert (nothing["data"], nothing["first_id"], nothing["last_id"]) == ([], None, None)


def test_both_formats_make_the_same_video(http: httpx.Client):
    fields = {"prompt": "a dog", "model": "sora-2-pro", "size": "1792x1024", "seconds": "8"}
    answers = [
        http.post("/videos", json=fields),
        http.post("/videos", files={k: (None, v) for k, v in fields.items()}),
    ]

    for answer in answers:
        assert answer.status_code == 200
        assert {name: answer.json()[name] for name in fields} == fields
        assert answer.json()["status"] in {"queued", "in_progress"}
        assert set(answer.json()) == {
            "id", "object", "created_at", "completed_at", "expires_at", "status", "progress", "model",
            "prompt", "size", "seconds", "remixed_from_video_id", "error",
        }  # fmt: skip


def test_a_reference_may_be_a_file_or_a_data_url(http: httpx.Client):
    image = _image((720, 1280), "WEBP")
    url = "data:image/webp;base64," + base64.b64encode(image).decode()
    answers = [
        http.post(
            "/videos", data={"prompt": "a"}, files={"input_reference": ("a.webp", image, "image/webp")}
        ),
        http.post("/videos", json={"prompt": "a", "input_reference": {"image_url": url}}),
        http.post("/videos", files={"prompt": (None, "a"), "input_reference[image_url]": (None, url)}),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]


@pytest.mark.parametrize(
    ("fields", "param", "code", "message"),
    [
        ({}, "prompt", "missing_required_parameter", "Missing required parameter: 'prompt'."),
        ({"prompt": ""}, "prompt", "string_below_min_length", "minimum length 1"),
        ({"prompt": "x" * 32_001}, "prompt", "string_above_max_length", "maximum length 32000"),
        ({"prompt": 7}, "prompt", "invalid_type", "expected a string, but got an integer"),
        ({"prompt": "a", "model": "sora-3"}, "model", "invalid_value", "'sora-2' and 'sora-2-pro'"),
        ({"prompt": "a", "size": "1920x1080"}, "size", "invalid_value", "'720x1280' and '1280x720'"),
        ({"prompt": "a", "size": "big", "model": "sora-2-pro"}, "size", "invalid_value", "value: 'big'"),
        ({"prompt": "a", "seconds": "5"}, "seconds", "invalid_value", "'4', '8', '12', '16' and '20'"),
        ({"prompt": "a", "seconds": 4}, "seconds", "invalid_type", "got an integer"),
        ({"prompt": "a", "fps": "30"}, "fps", "unknown_parameter", "Unknown parameter: 'fps'."),
        ({"prompt": "forbidden-test"}, None, "moderation_blocked", "blocked by our moderation system"),
        ({"prompt": "a", "input_reference": "a.png"}, "input_reference", "invalid_type", "expected a file"),
        ({"prompt": "a", "input_reference": {"file_id": "f"}}, "input_reference",
         "unsupported_value", "stores no uploaded files"),
        ({"prompt": "a", "input_reference": {}}, "input_reference", "invalid_value", "exactly one of"),
        ({"prompt": "a", "input_reference": {"image_url": "http://localhost/a.png"}}, "input_reference",
         "invalid_image_url", "does not fetch URLs"),
        ({"prompt": "a", "input_reference": {"image_url": "data:image/png;base64,%%"}}, "input_reference",
         "invalid_image_url", "not valid base64"),
        ({"prompt": "a", "input_reference": {"image_url": "data:image/png;base64,AAAA"}}, "input_reference",
         "invalid_image", "not a readable image"),
    ],
)  # fmt: skip
def test_wrong_input_is_refused_in_words(
    http: httpx.Client, fields: Any, param: Any, code: str, message: str
):
    before = len(http.get("/videos", params={"limit": 100}).json()["data"])
    answer = http.post("/videos", json=fields)
    error = answer.json()["error"]

    assert (answer.status_code, error["type"], error["param"], error["code"]) == (
        400,
        "invalid_request_error",
        param,
        code,
    )
    assert message in error["message"]
    assert len(http.get("/videos", params={"limit": 100}).json()["data"]) == before


@pytest.mark.parametrize("size", [(1280, 720), (719, 1280)])
def test_a_reference_of_another_size_is_refused_like_the_original_does(
    http: httpx.Client, size: tuple[int, int]
):
    answer = http.post(
        "/videos", data={"prompt": "a"}, files={"input_reference": ("a.png", _image(size, "PNG"))}
    )

    assert answer.status_code == 400
    assert answer.json()["error"] == {
        "message": "Inpaint image must match the requested width and height",
        "type": "invalid_request_error", "param": None, "code": None,
    }  # fmt: skip


@pytest.mark.parametrize("image", [b"", b"GIF89a not", "cut"])
def test_a_reference_that_is_no_whole_image_is_refused(http: httpx.Client, image: Any):
    data = _image((720, 1280), "PNG")[:200] if image == "cut" else image
    answer = http.post("/videos", data={"prompt": "a"}, files={"input_reference": ("a.png", data)})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_image")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/videos/video_unknown", None, 404),
        ("GET", "/videos/video_unknown/content", None, 404),
        ("DELETE", "/videos/video_unknown", None, 404),
        ("POST", "/videos/video_unknown/remix", {"json": {"prompt": "a"}}, 404),
        ("GET", "/nowhere", None, 404),
        ("PUT", "/videos", None, 405),
        ("GET", "/videos?limit=101", None, 400),
        ("GET", "/videos?limit=many", None, 400),
        ("GET", "/videos?order=up", None, 400),
        ("GET", "/videos?after=video_unknown", None, 400),
        ("POST", "/videos", {"content": b"{", "headers": {"content-type": "application/json"}}, 400),
        ("POST", "/videos", {"json": ["prompt"]}, 400),
        ("POST", "/videos", {"content": b"prompt", "headers": {"content-type": "text/plain"}}, 400),
        ("POST", "/videos", {"content": b"", "headers": {"content-type": "multipart/form-data"}}, 400),
    ],
)
def test_every_error_has_the_envelope_and_a_request_id(
    http: httpx.Client, method: str, path: str, body: Any, status: int
):
    answer = http.request(method, path, **(body or {}))

    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
    assert answer.headers["x-request-id"].startswith("req_")


def test_a_body_without_end_is_cut_off(http: httpx.Client):
    def endless():
        for _ in range(60):
            yield b"x" * 1024 * 1024

    answer = http.post("/videos", content=endless(), headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")


def test_what_is_not_ready_is_not_found(http: httpx.Client):
    video_id = http.post("/videos", json={"prompt": "a dog"}).json()["id"]
    not_ready = http.get(f"/videos/{video_id}/content")

    assert not_ready.status_code == 404
    assert not_ready.json()["error"]["message"].startswith("Video is not ready yet, use GET /v1/videos/")
    assert http.get(f"/videos/{video_id}/content?variant=gif").status_code == 400
    assert (
        http.post(f"/videos/{video_id}/remix", json={"prompt": "b"}).json()["error"]["code"]
        == "video_not_completed"
    )


def test_a_refusal_can_come_while_the_job_runs(client: OpenAI):
    video = wait_for_video(client, client.videos.create(prompt="Pikachu on the beach"))

    assert video.status == "failed"
    assert video.error is not None
    assert (video.error.code, video.error.message) == (
        "moderation_blocked", "Your request was blocked by our moderation system.",
    )  # fmt: skip
    with pytest.raises(openai.NotFoundError):
        client.videos.download_content(video.id)


def test_deletion_stops_the_rendering(tmp_path: Any):
    with (
        running_sandbox(tmp_path, speed=0.001, workers=1, faults=True) as sandbox,
        sandbox.client() as client,
    ):
        running, waiting = (client.videos.create(prompt=prompt) for prompt in ("a dog", "a cat"))
        wait_until(
            lambda: client.videos.retrieve(running.id).status == "in_progress" and sandbox.workers(),
            within=PATIENCE,
        )
        first = sandbox.workers()
        gone = client.videos.delete(running.id)

        assert (gone.id, gone.deleted, gone.object) == (running.id, True, "video.deleted")
        wait_until(lambda: not any(worker.is_running() for worker in first))
        wait_until(lambda: client.videos.retrieve(waiting.id).status == "in_progress")
        with pytest.raises(openai.NotFoundError):
            client.videos.delete(running.id)
        assert [video.id for video in client.videos.list()] == [waiting.id]
        assert [row["id"] for row in sandbox.ledger()] == [running.id, waiting.id]
        wait_until(lambda: len(list((tmp_path / "unfinished").iterdir())) == 1)


def test_an_idempotency_key_makes_one_video(http: httpx.Client, quiet: RunningSandbox):
    before = len(quiet.ledger())
    key = {"Idempotency-Key": "click-1"}
    answers = [http.post("/videos", json={"prompt": "a dog"}, headers=key) for _ in range(3)]
    other = http.post("/videos", json={"prompt": "a dog"}, headers={"Idempotency-Key": "click-2"})

    assert len({answer.json()["id"] for answer in answers}) == 1
    assert other.json()["id"] != answers[0].json()["id"]
    assert len(quiet.ledger()) == before + 2


def test_a_part_of_a_file_can_be_asked_for(sandbox: RunningSandbox, finished: Video):
    url = f"{sandbox.base_url}/videos/{finished.id}/content"
    whole, part = (
        httpx.get(url, verify=NO_TLS),
        httpx.get(url, headers={"Range": "bytes=100-199"}, verify=NO_TLS),
    )

    assert (part.status_code, part.headers["content-type"]) == (206, "video/mp4")
    assert part.content == whole.content[100:200]


def test_a_remix_knows_its_parent_and_honours_the_key(box: RunningSandbox):
    with box.client() as client:
        picture = ("a.png", _image((1280, 720), "PNG"), "image/png")
        parent = client.videos.create(prompt="A paper boat", size="1280x720", input_reference=picture)
        wait_for_video(client, parent)
        first, second = (
            client.videos.remix(parent.id, prompt="at night", extra_headers={"Idempotency-Key": "remix"})
            for _ in range(2)
        )
        client.videos.delete(first.id)

    assert first.id == second.id
    assert (first.remixed_from_video_id, first.size, first.seconds) == (parent.id, "1280x720", "4")
    row = next(row for row in box.ledger() if row["id"] == first.id)
    assert (row["ancestry"], row["has_reference"]) == (["A paper boat"], True)
    assert not list((box.data_dir / "references").glob(first.id))


def test_a_full_queue_asks_to_come_back(tmp_path: Any):
    with (
        running_sandbox(tmp_path, speed=0.001, workers=1, max_queued=2, faults=True) as sandbox,
        sandbox.client() as client,
    ):
        first = client.videos.create(prompt="a dog")
        wait_until(lambda: client.videos.retrieve(first.id).status == "in_progress")
        for _ in range(2):
            client.videos.create(prompt="a dog")
        with pytest.raises(openai.RateLimitError) as caught:
            client.videos.create(prompt="a dog")

        assert caught.value.code == "rate_limit_exceeded"
        assert int(caught.value.response.headers["retry-after"]) > 0
        assert len(sandbox.ledger()) == 3


def test_a_key_is_asked_for_when_there_is_one(tmp_path: Any):
    with running_sandbox(tmp_path, api_key="sk-right") as sandbox:
        with sandbox.client(api_key="sk-right") as client:
            assert [model.id for model in client.models.list()] == ["sora-2", "sora-2-pro"]
        with (
            sandbox.client(api_key="sk-wrong") as client,
            pytest.raises(openai.AuthenticationError) as caught,
        ):
            client.videos.create(prompt="a dog")
        assert caught.value.code == "invalid_api_key"
        assert httpx.get(f"{sandbox.base_url}/videos", verify=NO_TLS).status_code == 401
        assert httpx.get(f"{sandbox.base_url[:-2]}healthz", verify=NO_TLS).status_code == 200


def _image(size: tuple[int, int], kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, (30, 90, 160)).save(buffer, kind)
    return buffer.getvalue()
