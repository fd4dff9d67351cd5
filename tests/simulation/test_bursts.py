"""Hundreds of wishes at once: what the provider has finished waits neither behind them nor for the clock."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from structlog.testing import capture_logs

from bench.lab.metric import percentile
from sora_studio.domain.profile import RateLimit
from sora_studio.domain.tasks import TaskName
from sora_studio.domain.video import Phase
from tests.simulation.loop import VirtualLoop
from tests.simulation.provider import Accepted, Weather
from tests.simulation.tables import Job, Video
from tests.simulation.world import World

WISHES = 300
RENDERS = 5.0  # seconds
SECONDS = 80.0  # seconds that are looked at

FAIR = Weather(
    faults=0.0,
    lists_lag=0.0,
    list_lacks=0.0,
    shows_twice=False,
    renders=RENDERS,
    lives=3600.0,
    never_ends=0.0,
    refuses=0.0,
    fails=0.0,
    tags=True,
    skew=0.0,
    tells_prompts=True,
)


class Burst(World):
    """A world without faults in which everybody wishes at the same moment."""

    def __init__(self, media: Path, rate_limit: RateLimit) -> None:
        super().__init__(1, media)
        self.database_faults, self.stormy = 0.0, False
        self._holders = self._holders[:1]
        self.provider.weather = FAIR
        self.provider.profile = replace(self.provider.profile, rate_limit=rate_limit)
        self.told: dict[str, float] = {}

    def _wish_all(self) -> None:
        jobs, videos = {}, {}
        for number in range(WISHES):
            video = Video(self._new_id(), UUID(int=7), f"wish {number}")
            start = self.tables.join(video.owner_id, video.provider, 4)
            job = Job(
                self._new_id(),
                video.id,
                self.now(),
                price_micros=1,
                due_at=self.now(),
                virtual_start=start,
            )
            jobs[job.id], videos[video.id] = job, video
            self.auditor.wished[video.prompt] += 1
            self.auditor.prompt_of[video.id] = video.prompt
        self.tables.jobs, self.tables.videos = jobs, videos
        self._check_jobs()
        self.plan()

    def _check_books(self) -> None:
        """Leave the books of hundreds to the other worlds: they are read as a whole, with each change."""

    def _taken(self, taken: Accepted) -> None:
        """Tell once, when it is done, as a server with webhooks does."""
        self.auditor.taken(taken)

        def tell() -> None:
            self.told[taken.remote_id] = self.loop.time()
            self._hint(taken.remote_id, taken.remote_id)

        self.later((taken.ends - self.now() + timedelta(milliseconds=1)).total_seconds(), tell)

    async def run(self) -> None:
        self._begin()
        for holder in self._holders:
            self._start_process(holder)
        self._wish_all()
        for process in self.processes:
            process.wake(TaskName.SUBMIT)
        await self.pass_time(SECONDS)

    def delays(self, phase: Phase) -> Iterator[float]:
        """Yield how long after its webhook each job came to a phase; what still waits counts until now."""
        came = {details[3]: at for at, what, details in self.trace if what == "phase" and details[2] is phase}
        for remote_id, told in self.told.items():
            yield came.get(remote_id, SECONDS) - told


def test_what_is_done_is_seen_and_saved_at_once(tmp_path: Path):
    """With the default budget; the wishes have their share of it, too."""
    loop = VirtualLoop()
    world = Burst(tmp_path, RateLimit())
    with capture_logs():
        loop.run_until_complete(world.run())
    world.end()

    assert not world.auditor.broken
    assert len(world.told) >= 0.25 * SECONDS * RateLimit().per_second
    assert percentile([*world.delays(Phase.SAVING)], 0.95) <= 1.0
    assert percentile([*world.delays(Phase.COMPLETED)], 0.95) <= 3.0
