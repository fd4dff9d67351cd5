"""The routes of accounts over HTTP, behind what checks where a request comes from."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from fastapi import FastAPI

from sora_studio import container
from sora_studio.api import auth, errors, users
from sora_studio.db.engine import Database
from sora_studio.middleware.origin import SameOrigin
from sora_studio.services.accounts import AccountService
from tests.support.accounts import account_service, services_with

Browse = Callable[..., httpx.AsyncClient]


@pytest.fixture
async def accounts(database: Database) -> AsyncIterator[AccountService]:
    service = account_service(database)
    with container.using(services_with(service)):
        yield service


@pytest.fixture
async def browse(accounts: AccountService) -> AsyncIterator[Browse]:
    """Make clients: each has its own cookies, and follows no redirect."""
    del accounts  # in use
    clients: list[httpx.AsyncClient] = []

    def client(url: str = "http://localhost:3000", public_url: str = "") -> httpx.AsyncClient:
        api = FastAPI()
        errors.add_handlers(api)
        for router in (auth.router, users.router):
            api.include_router(router, prefix="/api")
        api.state.public_url = public_url
        transport = httpx.ASGITransport(SameOrigin(api, public_url), raise_app_exceptions=False)
        clients.append(httpx.AsyncClient(transport=transport, base_url=url))
        return clients[-1]

    yield client
    for each in clients:
        await each.aclose()


@pytest.fixture
def http(browse: Browse) -> httpx.AsyncClient:
    """Return a client without cookies."""
    return browse()
