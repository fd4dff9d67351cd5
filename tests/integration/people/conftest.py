"""The services on accounts, on a real database, and clients of their routes."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from sora_studio import container
from sora_studio.api.app import create_api
from sora_studio.db.engine import Database
from sora_studio.domain.account import Identity, SignedIn
from sora_studio.services.people.assembly import Entrances, People, assemble
from sora_studio.services.people.passwords import Passwords
from sora_studio.services.people.setup_code import SetupCode
from sora_studio.services.people.studio_settings import StudioSettings
from tests.support.accounts import HERE, SIGNING_KEY, services_with, sign_up

URL = "https://studio.example"

Client = Callable[..., httpx.AsyncClient]


def assembled(database: Database, tmp_path: Path, settings: StudioSettings | None = None) -> People:
    """Put the services together with passwords that cost next to nothing."""
    return assemble(
        database,
        signing_key=SIGNING_KEY,
        settings=settings or StudioSettings(),
        entrances=Entrances(SetupCode(tmp_path / "setup_code"), URL),
        passwords=Passwords(cost=4),
    )


@pytest.fixture
async def people(database: Database, tmp_path: Path) -> AsyncIterator[People]:
    """Yield the services, in use."""
    made = assembled(database, tmp_path)
    with container.using(in_use(made)):
        yield made


def in_use(made: People) -> container.Services:
    """Return services of which there are those on accounts."""
    return replace(
        services_with(made.accounts),
        people=made.people,
        invitations=made.invitations,
        two_factor=made.two_factor,
        single_sign_on=made.single_sign_on,
        settings=made.settings,
        audit=made.audit,
    )


@pytest.fixture
async def client(people: People) -> AsyncIterator[Client]:
    """Make clients, each with its own cookies."""
    del people  # in use
    clients: list[httpx.AsyncClient] = []

    def make(signed_in: SignedIn | None = None, url: str = "http://localhost:3000") -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {signed_in.access_token}"} if signed_in else {}
        made = httpx.AsyncClient(
            transport=httpx.ASGITransport(create_api(), raise_app_exceptions=False),
            base_url=url,
            headers=headers,
        )
        clients.append(made)
        return made

    yield make
    for each in clients:
        await each.aclose()


async def join(people: People, name: str) -> Identity:
    """Open an account and return who is in its session."""
    return await people.accounts.identify((await sign_up(people.accounts, name)).access_token, HERE)
