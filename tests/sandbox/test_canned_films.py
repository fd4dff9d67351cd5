"""With --canned, jobs get a real film of their size and length that was rendered once for all."""

import io
from pathlib import Path
from typing import Any

import av
import httpx
import pytest
from PIL import Image

from tests.support.plain_http import NO_TLS
from tests.support.sandbox import RunningSandbox, running_sandbox
from tests.support.waiting import PATIENCE, wait_until


def _film(box: RunningSandbox, **sent: Any) -> bytes:
    """Create a video by a form, and return its file when it is completed."""
    with httpx.Client(base_url=box.base_url, timeout=PATIENCE, verify=NO_TLS) as http:
        video_id = http.post("/videos", **sent).json()["id"]
        wait_until(lambda: http.get(f"/videos/{video_id}").json()["status"] == "completed")
        return http.get(f"/videos/{video_id}/content").content


def _form(prompt: str, size: str = "128x72", seconds: str = "1") -> dict[str, str]:
    return {"prompt": prompt, "size": size, "seconds": seconds}


def test_films_of_one_size_and_length_are_one_film_for_all_sandboxes(tmp_path: Path):
    canned = tmp_path / "canned"
    options: dict[str, Any] = {"dialect": "sglang", "canned": True, "canned_films_dir": canned}
    with running_sandbox(tmp_path / "one", **options) as box:
        films = [_film(box, data=_form(prompt)) for prompt in ("a dog", "a cat")]
        upright = _film(box, data=_form("a dog", "72x128", "2"))
    rendered_at = (canned / "128x72x1/video.mp4").stat().st_mtime_ns
    with running_sandbox(tmp_path / "other", **options) as box:
        films.append(_film(box, data=_form("a bird")))

    assert len(set(films)) == 1
    assert [_shape(films[0]), _shape(upright)] == [(128, 72, 24), (72, 128, 48)]
    assert (canned / "128x72x1/video.mp4").stat().st_mtime_ns == rendered_at
    assert sorted(film.name for film in canned.iterdir()) == ["128x72x1", "72x128x2"]


def test_a_job_with_a_reference_is_rendered(tmp_path: Path):
    picture = io.BytesIO()
    Image.new("RGB", (128, 72), (200, 30, 60)).save(picture, "PNG")
    files = {"input_reference": ("a.png", picture.getvalue(), "image/png")}
    with running_sandbox(tmp_path, dialect="sglang", canned=True) as box:
        own = _film(box, data=_form("a dog"), files=files)

        assert own != _film(box, data=_form("a dog"))
    with av.open(io.BytesIO(own), "r") as file:
        first = next(file.decode(video=0)).to_ndarray(format="rgb24")
    assert first.mean((0, 1)) == pytest.approx((200, 30, 60), abs=8)


def test_a_slow_one_shows_its_progress(tmp_path: Path):
    """At a speed at which others take no time."""
    seen: list[int] = []

    def completed() -> bool:
        video = http.get(f"/videos/{video_id}").json()
        seen.append(video["progress"])
        return video["status"] == "completed"

    with (
        running_sandbox(tmp_path, dialect="sglang", canned=True) as box,
        httpx.Client(base_url=box.base_url, timeout=PATIENCE, verify=NO_TLS) as http,
    ):
        video_id = http.post("/videos", data=_form("a snail, slow-test")).json()["id"]
        wait_until(completed)

    assert len(set(seen)) > 4
    assert seen == sorted(seen)


def test_without_it_every_prompt_is_rendered(tmp_path: Path):
    with running_sandbox(tmp_path, dialect="sglang") as box:
        assert _film(box, data=_form("a dog")) != _film(box, data=_form("a cat"))


def _shape(film: bytes) -> tuple[int, int, int]:
    """Return width, height and the number of frames."""
    with av.open(io.BytesIO(film), "r") as file:
        video = file.streams.video[0]
        return video.width, video.height, video.frames
