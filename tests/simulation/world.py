"""One simulated world: a seed decides who wishes what, what breaks when, and who freezes or dies.

First comes a storm in which everything may fail, then calm, in which everything has to come to rest.
"""

import asyncio
import random
import shutil
import tempfile
from collections.abc import Callable, Coroutine
from contextvars import Context
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, TypeVar, cast
from uuid import UUID

from structlog.testing import capture_logs

from sora_studio.db.models import NOBODY, JobRow
from sora_studio.domain.budget import Behaviour, Budget, BudgetScope, Period, Spender
from sora_studio.domain.errors import Unavailable
from sora_studio.domain.profile import Operation, Profile
from sora_studio.domain.tasks import TaskName
from sora_studio.domain.video import TERMINAL, Phase
from sora_studio.services.videos.videos import UNDO_TIME
from tests.simulation.auditor import Auditor
from tests.simulation.ledger import Ledger
from tests.simulation.loop import VirtualLoop
from tests.simulation.process import RUNNING, WORKS_ON, Process
from tests.simulation.provider import MODEL, Accepted, Provider, Weather
from tests.simulation.tables import (
    Job,
    MemoryJobs,
    MemoryWebhookDeliveries,
    Tables,
    Transaction,
    Video,
    changed,
    is_unclear,
)

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
A_DAY = 25 * 3600.0
PRICE = 400_000
REST = 1800.0
"""Seconds of calm in which everything comes to rest, if it ever does; as long again after a decision."""

MOST_COMMITS = 30_000
_HEARTBEAT = 10.0
_SCRATCH = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - files that nobody keeps

T = TypeVar("T")
Entry = tuple[float, str, tuple[object, ...]]


class World:
    """Everything that a seed decides."""

    def __init__(self, seed: int, media: Path) -> None:
        self.rng = Random(seed)  # noqa: S311 - the same world every time
        self.media = media
        self.trace: list[Entry] = []
        self.unhandled: list[str] = []
        self.stormy, self.down, self.off = True, False, False
        rng = self.rng
        self.database_faults = rng.choice([0.0, 0.0, 0.01, 0.05])
        self.tables = Tables()
        profile = _profile(rng)
        self.provider = Provider(self, profile, _weather(rng, profile))
        self.auditor = Auditor(self.tables, self.provider)
        self.ledger = Ledger(_budgets(rng))
        self.provider.on_taken = self._taken
        self.processes: list[Process] = []
        self._holders = [self._new_id() for _ in range(rng.choice([1, 1, 2]))]
        self._servers = {holder: f"http://{place}" for place, holder in enumerate(self._holders)}
        if rng.random() < 0.5:  # or all of them ask the same one, as they should
            self._servers = dict.fromkeys(self._holders, "http://0")
        self._planned = float("inf")
        self._rested = 0.0
        self._decisions = self._restores = 0
        self._heartbeats: set[UUID] = set()

    # What everybody may ask.

    def now(self) -> datetime:
        return START + timedelta(seconds=self.loop.time())

    def log(self, what: str, *details: object) -> None:
        self.trace.append((self.loop.time(), what, details))

    async def pass_time(self, seconds: float) -> None:
        """Let time go by."""
        future = self.loop.create_future()
        timer = self.loop.call_later(seconds, _settle, future)
        try:
            await future
        finally:
            timer.cancel()

    def later(self, seconds: float, do: Callable[[], object]) -> None:
        """Do something in a while, whatever becomes of the process that asked for it."""
        self.loop.call_later(seconds, do, context=Context())

    def server_of(self, holder: UUID) -> str:
        """Return which server a process asks."""
        return self._servers[holder]

    # Its course.

    def _begin(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.main = cast("asyncio.Task[None]", asyncio.current_task())
        self.loop.set_task_factory(_owned_task)
        self.loop.set_exception_handler(self._on_unhandled)

    async def run(self) -> None:
        self._begin()
        storm = self.rng.choice([60, 150, 300]) * self.rng.uniform(0.8, 1.2)
        for holder in self._holders:
            self._start_process(holder)
        self._plan_storm(storm)
        await self.pass_time(storm)
        self._calm()
        since = self.now()
        await self._come_to_rest()
        if any(taken.never_ends for taken in self.provider.ledger):
            await self._pass_a_day()
        self.auditor.finish(self.media, since, self.unhandled)

    def _plan_storm(self, storm: float) -> None:
        rng = self.rng
        same = rng.random() < 0.4
        for number in range(rng.randint(1, 5)):
            prompt = "the same" if same else f"wish {number}"
            self.later(rng.uniform(0, storm * 0.7), lambda prompt=prompt: self._wish(prompt))
        for _ in range(rng.choice([0, 0, 1, 2])):
            self._outage(rng.uniform(0, storm), rng.uniform(5, 120))
        if rng.random() < 0.15:
            start = rng.uniform(0, storm)
            self.later(start, lambda: setattr(self.provider, "misled", True))
            self.later(start + rng.uniform(60, 400), lambda: setattr(self.provider, "misled", False))
        if rng.random() < 0.15:
            start = rng.uniform(0, storm)
            self.later(start, lambda: setattr(self, "down", True))
            self.later(start + rng.uniform(1, 40), lambda: setattr(self, "down", False))
        profile = self.provider.profile
        if rng.random() < 0.03 and not (profile.list_is_complete or profile.honours_idempotency_key):
            # A server that forgets what it took keeps neither promise.
            self.later(rng.uniform(0, storm), self.provider.restart)
        for _ in range(rng.choice([0, 1, 2, 4])):
            self.later(rng.uniform(0, storm), self._mishap)

    def _outage(self, start: float, seconds: float) -> None:
        self.later(start, lambda: setattr(self.provider, "down", True))
        self.later(start + seconds, lambda: setattr(self.provider, "down", False))

    def _calm(self) -> None:
        self.stormy = self.down = self.provider.down = self.provider.misled = False
        for process in self.processes:
            process.mishaps.clear()
            process.thaw()
        for holder in self._holders:
            if all(process.dead or process.holder != holder for process in self.processes):
                self._start_process(holder)
        self.log("calm")
        self.plan()

    async def _come_to_rest(self) -> None:
        since, decisions = self.loop.time(), self._decisions
        while self._moving() and self.loop.time() < since + self._patience():
            await self.pass_time(5)
            self._decide_all()
            if self._decisions > decisions:
                decisions, since = self._decisions, self.loop.time()

    def _patience(self) -> float:
        """Return how long it takes until everything has ended: a file is asked for until it expires.

        It may be gone earlier: the server forgets it, or deletes it with the video of an equal wish.
        """
        is_gone = any(taken.lost or taken.deleted for taken in self.provider.ledger)
        return REST + self.provider.weather.lives * is_gone

    def _moving(self) -> bool:
        """Tell whether a job has yet to end that can."""
        if self._restores:
            return True
        for job in self.tables.jobs.values():
            if not job.current or job.phase in TERMINAL:
                continue
            taken = self.provider.by_id.get(job.remote_id or "")
            endless = taken and taken.never_ends and not taken.lost
            if not endless and self.tables.videos[job.video_id].deleted_at is None:
                return True
        return False

    async def _pass_a_day(self) -> None:
        """Let the studio be off for a day: what never ends is a person's to decide then."""
        self.off = True
        for process in self.processes:
            if not process.dead:
                process.kill()
        await self.pass_time(A_DAY)
        self.off = False
        self._start_process(self._holders[0])
        for _ in range(12):
            await self.pass_time(10)
            self._decide_all(give_up=True)

    def end(self) -> None:
        """Let go of what still runs, and of the loop."""
        loop = self.loop
        loop.set_exception_handler(lambda _loop, _context: None)
        for process in self.processes:
            process.kill()
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    # Processes.

    def _start_process(self, holder: UUID) -> None:
        process = Process(self, self.provider, holder, self.media)
        self.processes = [*(each for each in self.processes if not each.dead), process]
        self.log("started", str(process))
        process.start()
        self.plan()

    def _mishap(self, within: int = 25) -> None:
        """Let a process die or freeze at one of the next times that it waits for something."""
        alive = [process for process in self.processes if not process.dead]
        if not alive:
            return
        process = self.rng.choice(alive)
        crossing = process._crossings + self.rng.randint(1, within)
        if self.rng.random() < 0.4:
            seconds = self.rng.choice([10, 40, 150, 400]) * self.rng.uniform(0.8, 1.2)
            process.mishaps[crossing] = partial(process.freeze, seconds)
        elif self.rng.random() < 0.8:
            process.mishaps[crossing] = partial(self._kill, process)
        else:
            process.run(lambda: self.loop.create_task(self._stop(process)))

    async def _stop(self, process: Process) -> None:
        try:
            await process.stop()
        except Unavailable:
            process.kill()
        finally:
            self._restart_later(process.holder)

    def _kill(self, process: Process) -> None:
        self._restart_later(process.holder)
        process.kill()

    def _restart_later(self, holder: UUID) -> None:
        def restart() -> None:
            if not self.off and all(process.dead or process.holder != holder for process in self.processes):
                self._start_process(holder)

        self.later(self.rng.uniform(0, 60), restart)

    # Periodic tasks.

    def committed(self, process: Process, transaction: Transaction) -> None:
        """Check what a process did, and plan when something is due."""
        self.auditor.written(transaction.fences)
        self._check_jobs()
        if process.holder not in self._heartbeats and process.work.claims._held:
            self._heartbeats.add(process.holder)
            self.later(_HEARTBEAT, lambda: self._heartbeat(process.holder))
        self.plan()

    def _check_jobs(self, *, decided: bool = False) -> None:
        for job_id, new in self.tables.jobs.items():
            old = self._seen.get(job_id)
            if old and old is not new:
                if old.phase is not new.phase:
                    self.log("phase", job_id, old.phase, new.phase, new.remote_id)
                self.auditor.job_changed(old, new, decided=decided)
        self._check_books()
        self._seen = self.tables.jobs
        if self.tables.commits == MOST_COMMITS:
            self.auditor.broken.append("it never stops working")
            self.main.cancel()

    def _check_books(self) -> None:
        if self._seen is not self.tables.jobs:
            self.ledger.book(self._seen, self.tables.jobs, self.tables.videos)
            self.auditor.broken += self.ledger.findings(self.tables.jobs)

    _seen: dict[UUID, Job] = {}  # noqa: RUF012 - replaced as a whole, never changed

    def _heartbeat(self, holder: UUID) -> None:
        self._heartbeats.discard(holder)
        for process in self.processes:
            if process.holder == holder and not process.dead and process.work.claims._held:
                self._heartbeats.add(holder)
                self.later(_HEARTBEAT, lambda: self._heartbeat(holder))
                process.wake(TaskName.HEARTBEAT)

    def plan(self) -> None:
        """Plan the next second in which a task finds something: the others would change nothing."""
        due = self._next_due()
        if due is None or all(process.dead or process.thawed for process in self.processes):
            return
        at = max((due - START).total_seconds(), self.loop.time() + 0.001, self._rested)
        if at < self._planned - 1e-6:
            self._planned = at
            self.loop.call_at(at, self._tick, at, context=Context())

    def _next_due(self) -> datetime | None:
        moments = [due for job in self.tables.jobs.values() if (due := self._due(job))]
        return START if self.tables.trash else min(moments, default=None)

    def _due(self, job: Job) -> datetime | None:
        """Say from when on a task finds something to do for a job."""
        deleted = self.tables.videos[job.video_id].deleted_at
        if deleted is not None and not is_unclear(job):
            return max(deleted + UNDO_TIME, job.lease_until or deleted) + timedelta(seconds=0.01)
        if job.due_at is None or not job.current or job.phase in TERMINAL:
            return None
        return max(job.due_at, job.lease_until) if job.lease_until else job.due_at

    def _tick(self, at: float) -> None:
        if at != self._planned:
            return
        self._planned, self._rested = float("inf"), at + 0.9
        now, videos = self.now(), self.tables.videos
        jobs = [job for job in self.tables.jobs.values() if (due := self._due(job)) and due <= now]
        phases = {job.phase for job in jobs if videos[job.video_id].deleted_at is None or is_unclear(job)}
        names = [name for name, works_on in WORKS_ON.items() if works_on & phases]
        if self.tables.trash or any(videos[job.video_id].deleted_at for job in jobs):
            names.append(TaskName.PURGE)
        for process in self.rng.sample(self.processes, len(self.processes)):
            if not process.dead and not process.thawed:
                for name in names:
                    process.wake(name)
        self.plan()

    # People.

    def _wish(self, prompt: str) -> None:
        rng, tables = self.rng, self.tables
        video = Video(self._new_id(), UUID(int=7), prompt)
        aside = timedelta(seconds=rng.choice([0, 0, -3600, 3600, 40]))  # the clock of a process may be wrong
        if not self.ledger.admits(Spender(video.owner_id, video.provider), PRICE, self.now() + aside):
            self.log("a budget refuses", prompt)
            return
        start = tables.join(video.owner_id, video.provider, int(video.seconds))
        job = Job(self._new_id(), video.id, self.now() + aside, price_micros=PRICE, virtual_start=start)
        tables.videos, tables.jobs = tables.videos | {video.id: video}, tables.jobs | {job.id: job}
        tables.commits += 1
        self.auditor.wished[prompt] += 1
        self.auditor.prompt_of[video.id] = prompt
        self.log("wished", job.id, prompt)
        if rng.random() < 0.15:
            self._mishap(within=8)  # somewhere between the claim and the written answer
        self._check_jobs()
        for process in self.processes:
            if not process.dead and rng.random() < 0.8:
                process.wake(TaskName.SUBMIT)
        self.plan()
        if rng.random() < 0.12:
            self.later(rng.expovariate(1 / 20), lambda: self._delete(video.id))

    def _delete(self, video_id: UUID) -> None:
        video = self.tables.videos.get(video_id)
        if video is None:
            return
        self._put(changed(video, deleted_at=self.now()))
        self.log("deleted", video_id)
        if self.rng.random() < 0.4:
            self._restores += 1
            self.later(self.rng.uniform(0, 58), lambda: self._restore(video_id))
        else:
            self.auditor.let_go.add(video_id)
        self.plan()

    def _restore(self, video_id: UUID) -> None:
        self._restores -= 1
        self._put(changed(self.tables.videos[video_id], deleted_at=None))
        self.log("restored", video_id)
        self.plan()

    def _put(self, video: Video) -> None:
        self.tables.videos = self.tables.videos | {video.id: video}
        self.tables.commits += 1

    def _decide_all(self, *, give_up: bool = False) -> None:
        for job in [*self.tables.jobs.values()]:
            if job.current and job.phase is Phase.NEEDS_ATTENTION:
                self._decide(job, give_up=give_up or self._decisions > 6)

    def _decide(self, job: Job, *, give_up: bool) -> None:
        """Let a person decide."""
        transaction: Any = Transaction(self.tables, self.now())
        jobs = MemoryJobs(transaction)
        choice = "give_up" if give_up else self.rng.choice(["check_again", "submit_again", "give_up"])
        spender = Spender(self.tables.videos[job.video_id].owner_id, job.provider)
        if choice == "submit_again" and not self.ledger.admits(spender, PRICE, self.now()):
            choice = "give_up"
        self._decisions += 1
        self.log("a person decides", job.id, choice, job.problem_code)
        prompt = self.tables.videos[job.video_id].prompt
        if choice == "submit_again":
            self.auditor.sent_again[prompt] += 1
        if choice == "give_up":
            self.auditor.let_go.add(job.video_id)
        attempt = JobRow(
            id=self._new_id(),
            video_id=job.video_id,
            provider=job.provider,
            price_micros=job.price_micros,
            created_at=self.now(),
            virtual_start=self.tables.shares.get((job.provider, NOBODY), 0.0),
        )
        _at_once(getattr(jobs, choice)(attempt if choice == "submit_again" else job.video_id))
        transaction.commit()
        self._check_jobs(decided=True)
        self.plan()

    # The provider's hints.

    def _taken(self, taken: Accepted) -> None:
        self.auditor.taken(taken)
        if taken.never_ends:
            return
        rendered = (taken.ends - self.now()).total_seconds()
        for number in range(self.rng.choice([0, 1, 1, 3])):
            wait = self.rng.choice([0.001, rendered, rendered + self.rng.uniform(0, 60)])
            delivery = f"{taken.remote_id}-{self.rng.choice([0, number])}"
            self.later(wait, lambda delivery=delivery: self._hint(delivery, taken.remote_id))

    def _hint(self, delivery: str, remote_id: str) -> None:
        """Do what the route for webhooks does."""
        transaction: Any = Transaction(self.tables, self.now())
        deliveries = MemoryWebhookDeliveries(transaction)
        due = _at_once(deliveries.remember(delivery, remote_id)) and _at_once(deliveries.apply([remote_id]))
        transaction.commit()
        self._check_jobs()
        if due and any(due):
            for process in self.processes[:1]:
                if not process.dead:
                    process.wake(TaskName.REFRESH)
        self.plan()

    def _new_id(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128))

    def _on_unhandled(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        del loop
        error = context.get("exception")
        if not isinstance(error, Unavailable):
            self.unhandled.append(f"{context.get('message')}: {error!r}")


def simulate(seed: int) -> tuple[list[str], list[Entry]]:
    """Run a seed's world to its end.

    Returns:
        The promises that were not kept, and everything that happened.
    """
    random.seed(seed)
    media = Path(tempfile.mkdtemp(prefix="simulation-", dir=_SCRATCH))
    loop = VirtualLoop()
    world = World(seed, media)
    try:
        with capture_logs() as logs:
            loop.run_until_complete(world.run())
        world.unhandled += [str(log) for log in logs if log["event"] == "periodic_task_failed"]
    except asyncio.CancelledError:
        pass
    finally:
        world.end()
        shutil.rmtree(media, ignore_errors=True)
    return [*world.auditor.broken, *world.unhandled], world.trace


def _owned_task(
    loop: asyncio.AbstractEventLoop, coro: Any, context: Context | None = None
) -> asyncio.Task[Any]:
    """Make a task that belongs to the process whose code starts it."""
    task = asyncio.Task(coro, loop=loop, context=context)
    if process := RUNNING.get():
        process.tasks[task] = None
        task.add_done_callback(lambda task: process.tasks.pop(task, None))
    return task


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _at_once(work: Coroutine[Any, Any, T]) -> T:
    """Run what never waits."""
    try:
        work.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("It waits.")


def _profile(rng: Random) -> Profile:
    can_list = rng.random() < 0.9
    return Profile(
        name="simulated",
        label="Simulated",
        models=(MODEL,),
        operations=frozenset({Operation.DELETE, *([Operation.LIST] if can_list else [])}),
        list_is_complete=can_list and rng.random() < 0.4,
        honours_idempotency_key=rng.random() < 0.3,
    )


def _budgets(rng: Random) -> tuple[Budget, ...]:
    """Bound what the studio spends in half of the worlds, closely enough to matter."""
    scope, since = (BudgetScope.STUDIO, ""), START - timedelta(days=1)
    terms = ((rng.randint(1, 5) * PRICE, rng.choice([*Period])) for _ in range(rng.choice([0, 0, 1, 2])))
    return tuple(
        Budget(UUID(int=number), *scope, amount, period, Behaviour.BLOCK, (), since)
        for number, (amount, period) in enumerate(terms)
    )


def _weather(rng: Random, profile: Profile) -> Weather:
    return Weather(
        faults=rng.choice([0.0, 0.05, 0.15, 0.4]),
        lists_lag=rng.choice([0.0, 0.0, 5.0, 40.0]),
        list_lacks=0.0 if profile.list_is_complete else rng.choice([0.0, 0.0, 0.3]),
        shows_twice=rng.random() < 0.1,
        renders=rng.choice([10.0, 60.0, 120.0]),
        lives=rng.choice([3600.0, 3600.0, 3600.0, 60.0, 400.0]),
        never_ends=rng.choice([0.0, 0.0, 0.0, 0.05]),
        refuses=rng.choice([0.0, 0.0, 0.2]),
        fails=rng.choice([0.0, 0.0, 0.2]),
        tags=rng.random() < 0.7,
        skew=rng.choice([0.0, 0.0, -60.0, 60.0]),
        tells_prompts=rng.random() < 0.7,
    )
