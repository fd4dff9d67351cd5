"""One sandbox for everything that does not need one of its own, and a few finished videos in it."""

import io
from dataclasses import dataclass

import av
import httpx
import numpy as np
import pytest
from openai import OpenAI
from openai.types import Video
from PIL import Image, ImageDraw

from tests.support.sandbox import RunningSandbox, running_sandbox, wait_for_video

SIZE = (1280, 720)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory):
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def client(sandbox: RunningSandbox):
    with sandbox.client() as client:
        yield client


@pytest.fixture(scope="session")
def faulty(tmp_path_factory: pytest.TempPathFactory):
    with running_sandbox(tmp_path_factory.mktemp("faulty"), faults=True) as box:
        yield box


@pytest.fixture
def box(faulty: RunningSandbox):
    """A sandbox that fails as it is told, without faults but that no job is rendered."""
    faulty.clear()
    faulty.fault(job="instant")
    return faulty


@pytest.fixture
def http(box: RunningSandbox):
    with httpx.Client(base_url=box.base_url, timeout=20) as http:
        yield http


@dataclass(frozen=True)
class Finished:
    """A finished video and its file."""

    video: Video
    mp4: bytes
    prompt: str

    def frames(self) -> list[np.ndarray]:
        """Decode every picture, (height, width, 3)."""
        with av.open(io.BytesIO(self.mp4), "r") as file:
            return [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]


@dataclass(frozen=True)
class Gallery:
    """What is rendered once for all tests that look at pictures."""

    ocean: Finished
    framed: Finished
    reference: Image.Image


@pytest.fixture(scope="session")
def gallery(client: OpenAI) -> Gallery:
    reference = _reference()
    ocean = client.videos.create(prompt="Sunset over a calm ocean", size="1280x720", seconds="4")
    framed = client.videos.create(
        prompt="A paper boat on its way",
        size="1280x720",
        input_reference=("reference.png", _png(reference), "image/png"),
    )
    return Gallery(_finish(client, ocean), _finish(client, framed), reference)


def _finish(client: OpenAI, video: Video) -> Finished:
    done = wait_for_video(client, video, within=90)
    assert done.status == "completed", done.error
    return Finished(done, client.videos.download_content(video.id).content, done.prompt or "")


def _reference() -> Image.Image:
    """Draw something that no scene looks like."""
    image = Image.linear_gradient("L").resize(SIZE)
    image = Image.merge(
        "RGB", (image, image.transpose(Image.Transpose.FLIP_TOP_BOTTOM), Image.new("L", SIZE, 90))
    )
    ImageDraw.Draw(image).ellipse((300, 150, 760, 610), fill=(240, 30, 60))
    return image


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
