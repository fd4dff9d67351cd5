"""The API in this process, over services in memory."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import structlog
from fastapi import FastAPI

from sora_studio import container
from sora_studio.api.app import create_api
from sora_studio.domain.ids import new_id
from tests.support.fakes import FakeStudio


@pytest.fixture
def studio(tmp_path: Path) -> FakeStudio:
    return FakeStudio(tmp_path)


@pytest.fixture(scope="session")
def api() -> FastAPI:
    return create_api()


@pytest.fixture
def owner_id() -> UUID:
    return new_id()


@pytest.fixture
async def anonymous(api: FastAPI, studio: FakeStudio) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client without a session."""
    transport: Any = httpx.ASGITransport(api, raise_app_exceptions=False)
    quiet = structlog.testing.capture_logs()  # unset, structlog draws tracebacks with every variable in them
    with quiet, container.using(studio.services()):
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield client


@pytest.fixture
async def http(anonymous: httpx.AsyncClient, studio: FakeStudio, owner_id: UUID) -> httpx.AsyncClient:
    """Return the owner's client."""
    anonymous.headers["Authorization"] = f"Bearer {studio.accounts.token(owner_id)}"
    return anonymous
