"""Anything that people, providers, processes and clocks do, in any order.

`EXAMPLES=300 STEPS=50 pytest tests/stateful` goes further than every test run does. A failure prints
its steps; `SHRINK=1` looks some minutes for fewer of them.
"""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from sora_studio.db.engine import Database
from tests.stateful.machine import Place, StudioMachine

EXAMPLES, STEPS = int(os.environ.get("EXAMPLES", "15")), int(os.environ.get("STEPS", "25"))


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Place]:
    loop = asyncio.new_event_loop()
    place = Place(Database(database_url, pool_size=2), tmp_path / "media", loop)
    yield place
    place.run(place.db.close())
    loop.close()


@pytest.mark.timeout(2400)  # at length, on a slow machine
def test_whatever_happens_the_promises_are_kept(place: Place):
    machine = type("Machine", (StudioMachine,), {"place": place})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize="EXAMPLES" not in os.environ,  # every run of the suite takes the same ways
            phases=[Phase.generate, Phase.shrink] if os.environ.get("SHRINK") else [Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
