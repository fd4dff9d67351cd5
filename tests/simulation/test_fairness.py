"""The queue between people, carried by the real background work: nobody starves, and weights are kept."""

from asyncio import CancelledError
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from sora_studio.domain.profile import RateLimit
from sora_studio.domain.tasks import TaskName
from sora_studio.domain.video import Phase
from tests.simulation.loop import VirtualLoop
from tests.simulation.provider import Accepted
from tests.simulation.tables import Job, Video
from tests.simulation.test_bursts import FAIR, Burst

SENT = 1_000  # jobs over which shares are compared
WAITING = 20  # wishes that each of the three has at any time
PLACES = 3  # jobs that the provider makes at a time
ADA, BOB, EVE, ZOE = (UUID(int=number) for number in range(1, 5))
WEIGHTS = {ADA: 1.0, BOB: 2.0, EVE: 4.0}
LENGTHS = {ADA: (12, 12, 4), BOB: (4, 8), EVE: (4, 12, 8)}  # seconds of video, in turn


class Crowd(Burst):
    """Three people want more than the provider makes; a fourth comes in between, with one wish."""

    def __init__(self, media: Path) -> None:
        super().__init__(media, RateLimit(per_second=100, burst=100, jobs=PLACES))
        self.provider.weather = replace(FAIR, renders=2.0, fails=1.0)  # so that no files are copied
        self.tables.weights = WEIGHTS
        self.sent: list[tuple[UUID, int]] = []  # whose, and seconds of video
        self.came = 0  # how many had been sent when the fourth one came

    def _wish_all(self) -> None:
        for owner_id, lengths in LENGTHS.items():
            for number in range(WAITING):
                self._ask(owner_id, lengths[number % len(lengths)])
        self.plan()

    def _ask(self, owner_id: UUID, seconds: int) -> None:
        prompt = f"{owner_id.int} {self.rng.random()}"
        video = Video(self._new_id(), owner_id, prompt, seconds=str(seconds))
        start = self.tables.join(owner_id, video.provider, seconds)
        job = Job(self._new_id(), video.id, self.now(), due_at=self.now(), virtual_start=start)
        self.tables.jobs = self.tables.jobs | {job.id: job}
        self.tables.videos = self.tables.videos | {video.id: video}
        self.auditor.wished[prompt] += 1
        self.auditor.prompt_of[video.id] = prompt

    def _taken(self, taken: Accepted) -> None:
        super()._taken(taken)
        owner = UUID(int=int(taken.submission.prompt.split()[0]))
        self.sent.append((owner, int(taken.submission.seconds)))
        making = [job for job in self.tables.jobs.values() if job.phase in (Phase.QUEUED, Phase.IN_PROGRESS)]
        self.auditor._check(len(making) < PLACES, "more at a time than the provider makes", len(making))
        if owner in LENGTHS:
            self._ask(owner, LENGTHS[owner][len(self.sent) % len(LENGTHS[owner])])
        if len(self.sent) == SENT // 2:
            self.came = len(self.sent)
            self._ask(ZOE, 8)
        if len(self.sent) == SENT:
            self.main.cancel()
        ended = {job.video_id for job in self.tables.jobs.values() if job.phase is Phase.FAILED}
        if len(ended) > WAITING:  # they would make it slow
            self.later(0, lambda: self._forget(ended))

    def _forget(self, ended: set[UUID]) -> None:
        tables = self.tables
        tables.jobs = {key: job for key, job in tables.jobs.items() if job.video_id not in ended}
        tables.videos = {key: video for key, video in tables.videos.items() if key not in ended}

    async def run(self) -> None:
        self._begin()
        for holder in self._holders:
            self._start_process(holder)
        self._wish_all()
        for process in self.processes:
            process.wake(TaskName.SUBMIT)
        await self.pass_time(1e6)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Crowd:
    loop = VirtualLoop()
    world = Crowd(tmp_path_factory.mktemp("crowd"))
    with capture_logs(), suppress(CancelledError):  # which is how it ends
        loop.run_until_complete(world.run())
    world.end()
    assert len(world.sent) >= SENT
    assert world.auditor.broken == []
    return world


def test_over_a_thousand_jobs_everybody_has_their_share(crowd: Crowd):
    seconds = Counter[UUID]()
    for owner_id, length in crowd.sent:
        seconds[owner_id] += length
    whole = sum(seconds[owner_id] for owner_id in WEIGHTS)
    for owner_id, weight in WEIGHTS.items():
        assert seconds[owner_id] / whole == pytest.approx(weight / sum(WEIGHTS.values()), rel=0.05)


def test_who_comes_with_one_wish_does_not_wait_for_the_many(crowd: Crowd):
    """At most one of each other person goes before, and what was on its way already."""
    turn = next(number for number, (owner_id, _) in enumerate(crowd.sent) if owner_id == ZOE)
    assert turn - crowd.came <= len(WEIGHTS) + PLACES
