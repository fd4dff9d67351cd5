"""A provider that fails on request, and the studio in front of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.harness import StudioHarness, opened_lab
from tests.support.sandbox import Box, running


@pytest.fixture(scope="session")
async def box() -> AsyncIterator[Box]:
    """One sandbox for all; a lab sees its own part of the ledger."""
    async with running(faults=True) as box:
        yield box


@pytest.fixture
async def harness(box: Box, database_url: str, tmp_path: Path) -> AsyncIterator[StudioHarness]:
    async with opened_lab(box, database_url, tmp_path / "data") as harness:
        yield harness
