"""The whole studio as a program, asked over HTTP and by the official SDK."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import httpx
import openai
import pytest

from tests.support.studio import RunningStudio, fresh_data_dir, serving

PASSWORD = "a lamp burns in the projection room"


@pytest.fixture(scope="session")
def studio() -> Iterator[RunningStudio]:
    with (
        fresh_data_dir() as data_dir,
        serving(data_dir, environment={"SORA_STUDIO_SANDBOX_SPEED": "50"}) as running,
    ):
        yield running


@dataclass(frozen=True)
class Person:
    """Somebody with an account, a plain client and the SDK's."""

    email: str
    http: httpx.Client
    sdk: openai.OpenAI


def _sign_up(studio: RunningStudio) -> Person:
    email = f"{uuid4().hex}@example.org"
    body = {"email": email, "password": PASSWORD, "display_name": "Ada"}
    answer = httpx.post(f"{studio.url}/api/auth/signup", json=body, trust_env=False, timeout=30)
    token = answer.raise_for_status().json()["access_token"]
    http = httpx.Client(
        base_url=f"{studio.url}/api",
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
        timeout=30,
    )
    return Person(email, http, openai.OpenAI(base_url=f"{studio.url}/api", api_key=token, max_retries=0))


@pytest.fixture
def ada(studio: RunningStudio) -> Person:
    return _sign_up(studio)


@pytest.fixture
def eve(studio: RunningStudio) -> Person:
    return _sign_up(studio)


@pytest.fixture(scope="session")
def owner(studio: RunningStudio) -> Person:
    """Somebody with one finished video, for tests that only read."""
    return _sign_up(studio)


@pytest.fixture(scope="session")
def finished(owner: Person) -> openai.types.Video:
    return make(owner, prompt="a paper boat on a pond", size="720x1280")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The SDK calls every video method deprecated."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning, module="openai|tests")
        warnings.filterwarnings("ignore", message=".*Sora API.*")
        yield


def make(person: Person, **wish: str) -> openai.types.Video:
    """Ask for a video and wait until it is finished."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        video = person.sdk.videos.create_and_poll(poll_interval_ms=100, **wish)  # type: ignore[arg-type]
    assert video.status == "completed", video
    return video
