"""F44, F47, F50 to F52 together, once for each kind of server: late, twice and out of order."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sora_sandbox.dialects import DIALECTS
from tests.support.disorder import made_in_disorder
from tests.support.harness import StudioHarness, opened_lab
from tests.support.sandbox import running
from tests.support.waiting import comes_true


@pytest.fixture(params=DIALECTS)
async def served(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path
) -> AsyncIterator[StudioHarness]:
    """Run a studio that has found out by itself which server it speaks to."""
    async with (
        running(faults=True, dialect=request.param) as box,
        opened_lab(box, database_url, tmp_path / "data", timeouts=None) as harness,
    ):
        if request.param != "openai":  # which says nothing of itself
            await comes_true(lambda: _knows_models(harness))
        yield harness


async def _knows_models(harness: StudioHarness) -> bool:
    (profile,) = harness.studio.services.videos.profiles()
    return bool(profile.software)


async def test_whatever_comes_late_twice_and_out_of_order_is_one_job(served: StudioHarness):
    await made_in_disorder(served)
    await served.audit()
