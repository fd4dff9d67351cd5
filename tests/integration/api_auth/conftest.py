"""The routes of accounts over HTTP, behind what checks where a request comes from."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from sora_studio import container
from sora_studio.api.app import create_api
from sora_studio.config import load
from sora_studio.db.engine import Database
from sora_studio.security_log import SecurityLog
from sora_studio.services.people.accounts import AccountService
from sora_studio.web.asgi import guarded
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
        settings = load({"SORA_STUDIO_PUBLIC_URL": public_url, "SORA_STUDIO_ALLOWED_HOSTS": "studio.lan"})
        api = guarded(create_api(settings), settings, SecurityLog())
        transport = httpx.ASGITransport(api, raise_app_exceptions=False)
        clients.append(httpx.AsyncClient(transport=transport, base_url=url))
        return clients[-1]

    yield client
    for each in clients:
        await each.aclose()


@pytest.fixture
def http(browse: Browse) -> httpx.AsyncClient:
    """Return a client without cookies."""
    return browse()
