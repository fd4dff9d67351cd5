"""A provider that talks to a scripted server."""

from dataclasses import replace
from uuid import UUID

import pytest

from sora_studio.domain.ports import Submission
from sora_studio.domain.profile import Operation
from sora_studio.providers.client import Timeouts
from sora_studio.providers.presets import VIDEOS_API
from sora_studio.providers.videos_api import VideosApiProvider
from tests.support.scripted import IS_SILENT, scripted_server
from tests.support.waiting import PATIENCE

KEY = "sk-secret-of-the-operator"


@pytest.fixture
async def server():
    async with scripted_server() as scripted:
        scripted.retries = 2  # any address may be a gateway's
        yield scripted


@pytest.fixture
def impatient():
    """Have the provider wait briefly for a server that will not answer; one that is slow has longer."""


@pytest.fixture
async def provider(server, request):
    given = getattr(request.node, "callspec", None)
    brief = "impatient" in request.fixturenames or (given and IS_SILENT in given.params.values())
    patience = 1.5 if brief else PATIENCE
    profile = replace(VIDEOS_API, operations=frozenset(Operation))
    timeouts = Timeouts(connect=patience, submit=patience, fetch=patience, content=patience)
    made = VideosApiProvider(profile, server.base_url, KEY, timeouts=timeouts)
    yield made
    await made.close()


@pytest.fixture
def submission():
    return Submission(UUID(int=7), "a dog on the moon", "sora-2", "1280x720", "4")
