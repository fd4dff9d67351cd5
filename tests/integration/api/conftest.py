"""The whole studio as a program, asked over HTTP and by the official SDK."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4

import httpx
import openai
import pytest

from tests.support.plain_http import NO_TLS
from tests.support.receiver import Receiver
from tests.support.studio import RunningStudio, fresh_data_dir, serving
from tests.support.waiting import PATIENCE

PASSWORD = "a lamp burns in the projection room"


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    """Listen for webhooks on this machine."""
    with Receiver() as listening:
        yield listening


@dataclass(frozen=True)
class Person:
    """Somebody with an account, a plain client and the SDK's."""

    email: str
    http: httpx.Client
    sdk: openai.OpenAI


@dataclass(frozen=True)
class Opened:
    """A running studio and its first account, which runs it."""

    studio: RunningStudio
    admin: Person


@pytest.fixture(scope="session")
def opened(receiver: Receiver) -> Iterator[Opened]:
    environment = {
        "SORA_STUDIO_SANDBOX_SPEED": "50",
        "SORA_SANDBOX_CANNED": "1",
        "SORA_STUDIO_WEBHOOK_HOSTS": receiver.host,
        "SORA_STUDIO_SANDBOX_PRICES": "1",
    }
    with (
        fresh_data_dir() as data_dir,
        serving(data_dir, environment=environment) as running,
        _signed_up(running) as admin,
    ):
        yield Opened(running, admin)


@pytest.fixture(scope="session")
def studio(opened: Opened) -> RunningStudio:
    return opened.studio


@pytest.fixture(scope="session")
def admin(opened: Opened) -> Person:
    return opened.admin


@contextmanager
def _signed_up(studio: RunningStudio) -> Iterator[Person]:
    email = f"{uuid4().hex}@example.org"
    body = {"email": email, "password": PASSWORD, "display_name": "Ada"}
    answer = httpx.post(
        f"{studio.url}/api/auth/signup", json=body, trust_env=False, timeout=PATIENCE, verify=NO_TLS
    )
    token = answer.raise_for_status().json()["access_token"]
    base_url, bearer = f"{studio.url}/api", {"Authorization": f"Bearer {token}"}
    with (
        httpx.Client(
            base_url=base_url, headers=bearer, trust_env=False, timeout=PATIENCE, verify=NO_TLS
        ) as http,
        openai.OpenAI(base_url=base_url, api_key=token, max_retries=0) as sdk,
    ):
        yield Person(email, http, sdk)


@pytest.fixture
def ada(studio: RunningStudio) -> Iterator[Person]:
    with _signed_up(studio) as person:
        yield person


@pytest.fixture
def eve(studio: RunningStudio) -> Iterator[Person]:
    with _signed_up(studio) as person:
        yield person


@pytest.fixture(scope="session")
def owner(studio: RunningStudio) -> Iterator[Person]:
    """Somebody with one finished video, for tests that only read."""
    with _signed_up(studio) as person:
        yield person


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
        video = person.sdk.videos.create_and_poll(poll_interval_ms=100, **cast("Any", wish))
    assert video.status == "completed", video
    return video
