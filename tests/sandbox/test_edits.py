"""What starts from a film: edits, extensions, characters."""

import io
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest

from sora_sandbox.film import VIDEO
from sora_sandbox.film.render import RenderSpec, render
from sora_sandbox.job_store import JobSpec, VideoRecord
from sora_sandbox.service import Sandbox
from sora_sandbox.settings import SandboxSettings
from tests.support.sandbox import RunningSandbox
from tests.support.waiting import eventually, wait_until


def _completed(http: httpx.Client, answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    video_id = answer.json()["id"]
    wait_until(lambda: http.get(f"/videos/{video_id}").json()["status"] == "completed")
    return http.get(f"/videos/{video_id}").json()


@pytest.fixture
def parent(http: httpx.Client) -> dict[str, Any]:
    fields = {"prompt": "a dog", "size": "1280x720", "seconds": "4"}
    return _completed(http, http.post("/videos", json=fields))


def _extend(http: httpx.Client, video_id: str, seconds: str = "4", prompt: str = "it runs") -> httpx.Response:
    return http.post(
        "/videos/extensions", json={"prompt": prompt, "seconds": seconds, "video": {"id": video_id}}
    )


def _film(folder: Path, seconds: int, size: tuple[int, int] = (128, 72)) -> bytes:
    list(render(RenderSpec(("a dog",), *size, seconds), folder))
    return (folder / VIDEO).read_bytes()


@pytest.mark.parametrize("form", [False, True])
def test_an_edit_is_a_job_of_its_own(
    box: RunningSandbox, http: httpx.Client, parent: dict[str, Any], form: bool
):
    if form:
        sent: dict[str, Any] = {"files": {"prompt": (None, "in red"), "video[id]": (None, parent["id"])}}
    else:
        sent = {"json": {"prompt": "in red", "video": {"id": parent["id"]}}}
    edit = _completed(http, http.post("/videos/edits", **sent))

    assert (edit["prompt"], edit["size"], edit["seconds"]) == ("in red", "1280x720", "4")
    assert edit["remixed_from_video_id"] == parent["id"]
    assert (box.ledger()[-1]["kind"], box.ledger()[-1]["ancestry"]) == ("edit", ["a dog"])


def test_a_film_can_be_brought_to_be_edited(box: RunningSandbox, http: httpx.Client, tmp_path: Path):
    film = _film(tmp_path, 1, (1280, 720))
    answer = http.post("/videos/edits", data={"prompt": "in red"}, files={"video": ("a.mp4", film)})
    edit = _completed(http, answer)

    assert (edit["size"], edit["seconds"], box.ledger()[-1]["kind"]) == ("1280x720", "4", "edit")
    assert box.ledger()[-1]["has_reference"]


def test_an_extension_adds_up(box: RunningSandbox, http: httpx.Client, parent: dict[str, Any]):
    key = {"Idempotency-Key": "extend-click"}
    body = {"prompt": "it runs", "seconds": "8", "video": {"id": parent["id"]}}
    answers = [http.post("/videos/extensions", json=body, headers=key) for _ in range(2)]
    longer = _completed(http, answers[0])

    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert (longer["seconds"], longer["remixed_from_video_id"]) == ("12", parent["id"])
    assert (box.ledger()[-1]["kind"], box.ledger()[-1]["posts"]) == ("extend", 2)


async def test_an_extension_is_drawn_behind_what_was_there(tmp_path: Path):
    """Without HTTP, where the size is free: a small film is rendered in a tenth of the time."""
    sandbox = Sandbox(_settings(tmp_path))
    sandbox.pool.start()
    try:
        spec = JobSpec("a dog", "sora-2", "128x72", "1")
        parent = await _rendered(sandbox, sandbox.create(spec, None, None))
        longer = await _rendered(sandbox, sandbox.extend(parent.id, "it runs", "4", None))
        before, after = (sandbox.content(video.id, "video")[0].read_bytes() for video in (parent, longer))
        sandbox.delete(longer.id)
    finally:
        await sandbox.close()

    assert _seconds(after) == 5
    first, again = _frame(before, 12), _frame(after, 12)
    assert again.shape == (72, 128, 3)
    assert np.abs(again.astype(int) - first.astype(int)).mean() < 8
    assert not list((tmp_path / "references").iterdir())


def test_the_joint_does_not_show(tmp_path: Path):
    """The first new frame is nearly the last old one, and the sound goes on to the end."""
    (tmp_path / "source").mkdir()
    _film(tmp_path / "source", 1)
    source = str(tmp_path / "source" / VIDEO)
    list(render(RenderSpec(("a dog", "it runs"), 128, 72, 3, source=source, source_seconds=1), tmp_path))
    film = (tmp_path / VIDEO).read_bytes()

    assert _seconds(film) == 3
    assert np.abs(_frame(film, 24).astype(int) - _frame(film, 23).astype(int)).mean() < 8
    with av.open(io.BytesIO(film), "r") as file:
        assert sum(frame.samples for frame in file.decode(audio=0)) / 48_000 == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize("seconds", [2, 4])
def test_a_character_is_named_in_the_prompt(http: httpx.Client, tmp_path: Path, seconds: int):
    film = _film(tmp_path, seconds)
    made = http.post("/videos/characters", data={"name": "Mossy"}, files={"video": ("a.mp4", film)}).json()
    body = {"prompt": "Mossy sleeps", "characters": [{"id": made["id"]}]}

    assert made["id"].startswith("char_")
    assert set(made) == {"id", "name", "created_at"}
    assert http.get(f"/videos/characters/{made['id']}").json() == made
    assert http.post("/videos", json=body).status_code == 200
    refused = http.post("/videos", json={**body, "prompt": "mossy sleeps"})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "characters")
    assert http.post("/videos", json={**body, "characters": body["characters"] * 3}).status_code == 400
    assert http.post("/videos", json={**body, "characters": ["Mossy"]}).status_code == 400
    assert http.post("/videos", json={**body, "characters": [{"id": "char_no"}]}).status_code == 404


def test_what_makes_no_character(http: httpx.Client, tmp_path: Path):
    short = _film(tmp_path, 1)

    def refused(name: str, film: bytes | None) -> str:
        files = {"video": ("a.mp4", film)} if film is not None else {"other": (None, "")}
        answer = http.post("/videos/characters", data={"name": name}, files=files)
        assert answer.status_code == 400
        return answer.json()["error"]["param"]

    assert refused("", short) == refused("x" * 81, short) == "name"
    assert refused("Mossy", short) == refused("Mossy", b"no film") == "video"
    assert http.get("/videos/characters/char_unknown").status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "status", "param"),
    [
        ("edits", {"video": {"id": "video_unknown"}, "prompt": "b"}, 404, "video_id"),
        ("edits", {"video": {}, "prompt": "b"}, 400, "video"),
        ("edits", {"video": "a", "prompt": "b"}, 400, "video"),
        ("edits", {"prompt": "b"}, 400, "video"),
        ("edits", {"video": {"id": "a"}}, 400, "prompt"),
        ("extensions", {"video": {"id": "video_unknown"}, "prompt": "b", "seconds": "4"}, 404, "video_id"),
        ("extensions", {"video": {"id": "a"}, "prompt": "b", "seconds": "5"}, 400, "seconds"),
        ("extensions", {"video": {"id": "a"}, "prompt": "b", "size": "1280x720"}, 400, "size"),
    ],
)  # fmt: skip
def test_what_cannot_be_edited_or_extended(http: httpx.Client, path: str, body: Any, status: int, param: str):
    answer = http.post(f"/videos/{path}", json=body)

    assert (answer.status_code, answer.json()["error"]["param"]) == (status, param)


def test_an_unfinished_video_cannot_be_edited_or_extended(box: RunningSandbox, http: httpx.Client):
    box.fault(job="stuck")
    video_id = http.post("/videos", json={"prompt": "a dog"}).json()["id"]
    for answer in (
        _extend(http, video_id),
        http.post("/videos/edits", json={"prompt": "b", "video": {"id": video_id}}),
    ):
        assert answer.json()["error"]["code"] == "video_not_completed"


def _settings(data_dir: Path) -> SandboxSettings:
    return SandboxSettings(
        data_dir=data_dir,
        speed=100,
        api_key=None,
        expires_after=3600,
        max_queued=10,
        workers=1,
        parent_pid=None,
        webhook_url=None,
        webhook_secret=None,
        dialect="openai",
        faults=False,
        canned=False,
        canned_films_dir=data_dir / "canned",
        allowed_hosts=(),
    )


async def _rendered(sandbox: Sandbox, job: VideoRecord) -> VideoRecord:
    await eventually(lambda: sandbox.get(job.id).status == "completed")
    return sandbox.get(job.id)


def _seconds(film: bytes) -> int:
    with av.open(io.BytesIO(film), "r") as file:
        return round(file.streams.video[0].frames / 24)


def _frame(film: bytes, index: int) -> np.ndarray:
    with av.open(io.BytesIO(film), "r") as file:
        return next(f.to_ndarray(format="rgb24") for n, f in enumerate(file.decode(video=0)) if n == index)
