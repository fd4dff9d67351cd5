"""One sandbox for everything that does not need one of its own, and a few films that are rendered once."""

from dataclasses import dataclass
from pathlib import Path

import av
import httpx
import numpy as np
import pytest
from openai import OpenAI
from openai.types import Video
from PIL import Image, ImageDraw

from sora_sandbox.film import VIDEO
from sora_sandbox.film.render import RenderSpec, render
from tests.support.plain_http import NO_TLS
from tests.support.sandbox import RunningSandbox, running_sandbox, wait_for_video
from tests.support.waiting import PATIENCE

SIZE = (320, 180)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory):
    with running_sandbox(tmp_path_factory.mktemp("sandbox"), canned=True) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def client(sandbox: RunningSandbox):
    with sandbox.client() as client:
        yield client


@pytest.fixture(scope="session")
def finished(client: OpenAI) -> Video:
    """A completed video, for tests that only read."""
    video = client.videos.create(prompt="Sunset over a calm ocean", size="1280x720", seconds="4")
    return wait_for_video(client, video, within=90)


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
    with httpx.Client(base_url=box.base_url, timeout=PATIENCE, verify=NO_TLS) as http:
        yield http


@dataclass(frozen=True)
class Film:
    """A folder that was rendered into."""

    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / VIDEO

    def frames(self) -> list[np.ndarray]:
        """Decode every picture, (height, width, 3)."""
        with av.open(self.path) as file:
            return [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]


@dataclass(frozen=True)
class Gallery:
    """What is rendered once for all tests that look at pictures, 4 s each."""

    ocean: Film
    framed: Film
    reference: Image.Image


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    folder = tmp_path_factory.mktemp("gallery")
    reference = _reference()
    reference.save(folder / "reference.png")
    ocean = RenderSpec(("Sunset over a calm ocean",), *SIZE, 4)
    framed = RenderSpec(("A paper boat on its way",), *SIZE, 4, reference=str(folder / "reference.png"))
    return Gallery(_render(folder / "ocean", ocean), _render(folder / "framed", framed), reference)


def _render(folder: Path, spec: RenderSpec) -> Film:
    folder.mkdir()
    for _ in render(spec, folder):
        pass
    return Film(folder)


def _reference() -> Image.Image:
    """Draw something that no scene looks like."""
    image = Image.linear_gradient("L").resize(SIZE)
    image = Image.merge(
        "RGB", (image, image.transpose(Image.Transpose.FLIP_TOP_BOTTOM), Image.new("L", SIZE, 90))
    )
    ImageDraw.Draw(image).ellipse((75, 38, 190, 152), fill=(240, 30, 60))
    return image
