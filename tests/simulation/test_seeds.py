"""Simulated worlds, one for each seed. `python -m tests.simulation SEED` shows what happens in one.

`SEEDS=10000 pytest tests/simulation` runs more of them than every test run does, `FIRST=7000` others.
"""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from uuid import uuid4

import pytest

from sora_studio.domain.video import Phase
from sora_studio.services.jobs.claims import Claims
from tests.simulation.loop import VirtualLoop
from tests.simulation.tables import IN_MEMORY, Job, MemoryDatabase, Tables, Transaction, Video
from tests.simulation.world import START, simulate

FIRST, SEEDS = int(os.environ.get("FIRST", "1")), int(os.environ.get("SEEDS", "200"))
_AT_A_TIME = 50


def broken_of(seeds: range) -> dict[int, list[str]]:
    """Run some seeds and return what was broken, by seed."""
    return {seed: broken for seed in seeds if (broken := simulate(seed)[0])}


@pytest.mark.timeout(900)
def test_every_world_keeps_the_promises():
    end = FIRST + SEEDS
    parts = [range(first, min(first + _AT_A_TIME, end)) for first in range(FIRST, end, _AT_A_TIME)]
    broken: dict[int, list[str]] = {}
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        for part in pool.map(broken_of, parts):
            broken |= part

    told = [f"python -m tests.simulation {seed}: {promises[0]}" for seed, promises in broken.items()]
    assert not told, "\n".join(told)


def test_a_seed_decides_everything():
    """The same seed is the same world, or replaying it would show nothing."""
    assert [simulate(seed)[1] for seed in range(20)] == [simulate(seed)[1] for seed in range(20)]


def test_worlds_are_as_rough_as_they_should_be():
    """Enough of them know crashes, frozen processes, lost answers and people's decisions."""
    seen = [{entry[1] for entry in simulate(seed)[1]} for seed in range(1, 61)]

    def share(what: str) -> float:
        return sum(what in happened for happened in seen) / len(seen)

    assert share("accepted") > 0.9
    assert min(map(share, ("died", "froze", "a person decides", "refused", "deleted", "restored"))) > 0.02


class SlowLink:
    """A way to the database on whose way back the process freezes for some seconds."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop, self.freezes = loop, 0.0

    def now(self):
        return START

    async def before(self) -> None:
        """Nothing is in the way."""

    async def after(self, transaction: Transaction) -> None:
        del transaction
        self._loop._now += self.freezes


@pytest.mark.parametrize(("seconds", "may_send"), [(29.0, True), (31.0, False)])
def test_a_process_that_froze_after_it_began_sends_nothing(seconds: float, may_send: bool):
    """Others may have looked for its job and sent it again meanwhile."""
    loop = VirtualLoop()
    link = SlowLink(loop)
    tables = Tables()
    video = Video(uuid4(), uuid4(), "a paper boat")
    job = Job(uuid4(), video.id, START)
    tables.videos, tables.jobs = {video.id: video}, {job.id: job}
    claims = Claims(MemoryDatabase(tables, link), uuid4(), IN_MEMORY)

    async def begin() -> bool:
        (job,) = await claims.take(Phase.SUBMITTING, most=1)
        link.freezes = seconds
        return await claims.begin(job)

    assert loop.run_until_complete(begin()) is may_send
    loop.close()
