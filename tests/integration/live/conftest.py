"""The app that the guard and the live push are tested with."""

from collections.abc import AsyncIterator

import pytest

from sora_studio.db.engine import Database
from tests.support.accounts import account_service
from tests.support.probe import Probe, probing


@pytest.fixture
async def probe(database: Database) -> AsyncIterator[Probe]:
    async with probing(database, account_service(database)) as running:
        yield running
