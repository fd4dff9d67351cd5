"""One process of the studio: the real background work, on tables in memory and a provider that is simulated.

Everything that it waits for goes through `cross`, where it can freeze, and die.
"""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, cast
from uuid import UUID

from sora_studio.domain.errors import MediaError, Unavailable
from sora_studio.domain.media import MediaFacts
from sora_studio.domain.problem import Problem
from sora_studio.domain.tasks import PeriodicTask, TaskName
from sora_studio.domain.video import Phase
from sora_studio.providers.rate_limited import RateLimitedProvider
from sora_studio.scheduler import Scheduler, _Guarded
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.disk_space import DiskSpace
from sora_studio.services.jobs.background import Options, assemble
from sora_studio.services.resources import Resources
from sora_studio.services.worker_pool import WorkerPool
from sora_studio.storage.local import LocalStorage
from tests.simulation.provider import BODY, Host, Line, Provider
from tests.simulation.tables import IN_MEMORY, MemoryDatabase, Tables, Transaction

RUNNING: ContextVar["Process | None"] = ContextVar("RUNNING", default=None)
"""Whose code runs: tasks inherit it from the code that starts them."""

WORKS_ON = {
    TaskName.SUBMIT: frozenset({Phase.SUBMITTING}),
    TaskName.REFRESH: frozenset({Phase.QUEUED, Phase.IN_PROGRESS, Phase.NEEDS_ATTENTION}),
    TaskName.RECONCILE: frozenset({Phase.SUBMIT_UNKNOWN}),
    TaskName.ARCHIVE: frozenset({Phase.SAVING}),
}


class Wakeable(Scheduler):
    """The real scheduler without its clock: the world says when a task is due."""

    def __init__(self) -> None:
        self._elsewhere = None  # every process of a world works
        self._tasks: dict[TaskName, _Guarded] = {}
        self._woken: set[asyncio.Task[None]] = set()
        self._open = False

    def start(self, *tasks: PeriodicTask) -> None:
        self._tasks = {task.name: _Guarded(task) for task in tasks}
        self._open = True

    def wake(self, name: TaskName) -> None:
        if name is not TaskName.AGENDA:  # which asks the database what the world knows
            super().wake(name)

    def halt(self) -> None:
        """Let nothing new start."""
        self._open = False


class Desk(WorkerPool):
    """Looks at simulated films, in this process."""

    def __init__(self, cross: Callable[[str], Any]) -> None:
        self._cross = cross

    async def run(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        del kwargs
        await self._cross(getattr(work, "__name__", "work"))
        source = cast("Path", args[0])
        if not source.read_bytes().startswith(BODY):
            raise MediaError("This is no film.")
        for made in args[1:]:
            if isinstance(made, Path):
                made.write_bytes(b"a picture")
        return MediaFacts(1280, 720, 4.0)


class Spacious(DiskSpace):
    """A disk with room: to look at the real one takes a thread."""

    async def trouble(self) -> Problem | None:
        return None


class World(Host, Protocol):
    """What a process needs to know of the world."""

    tables: Tables
    down: bool  # the database
    database_faults: float

    def server_of(self, holder: UUID) -> str:
        """Return which server a process asks."""
        ...

    def committed(self, process: "Process", transaction: Transaction) -> None:
        """Check what a transaction did and plan when something is due."""
        ...

    def plan(self) -> None:
        """Plan the next second in which a task finds something."""
        ...


class Process:
    """The background work of one process, run by a scheduler without a clock."""

    def __init__(self, world: World, server: Provider, holder: UUID, media: Path) -> None:
        self.world, self.holder = world, holder
        self.tasks: dict[asyncio.Task[Any], None] = {}
        self.dead = False
        self.thawed: asyncio.Future[None] | None = None
        self.mishaps: dict[int, Callable[[], None]] = {}  # what happens at the nth crossing
        self._crossings = 0
        self.scheduler = Wakeable()
        storage, clock = LocalStorage(media), asyncio.get_running_loop().time
        line = Line(server, self, world.server_of(holder))
        on = Resources(
            db=MemoryDatabase(world.tables, self),
            catalog=ProviderCatalog(
                {server.profile.name: RateLimitedProvider(line, clock=clock, sleep=world.pass_time)}
            ),
            storage=storage,
            disk_space=Spacious(storage),
            worker_pool=Desk(self.cross),
            holder=holder,
        )
        self.work = assemble(on, self.scheduler.wake, Options(stores=IN_MEMORY, clock=clock))

    def run(self, work: Callable[[], object]) -> None:
        """Do something as this process; what it starts belongs to it."""
        token = RUNNING.set(self)
        try:
            work()
        finally:
            RUNNING.reset(token)

    def start(self) -> None:
        """Begin: what the process before this one held is let go of first."""
        self.run(lambda: asyncio.get_running_loop().create_task(self._start()))

    async def _start(self) -> None:
        while True:
            try:
                await self.work.claims.release()
            except Unavailable:  # the supervisor starts it again
                await self.world.pass_time(1)
            else:
                break
        self.scheduler.start(*self.work.tasks())
        for name in WORKS_ON:
            self.scheduler.wake(name)

    def wake(self, name: TaskName) -> None:
        self.run(lambda: self.scheduler.wake(name))

    async def stop(self) -> None:
        """End in an orderly way, as on SIGTERM."""
        self.scheduler.halt()
        await self.work.close()
        self.kill()

    def kill(self) -> None:
        """End at once, as by SIGKILL."""
        self.dead = True
        self.scheduler.halt()
        for task in [*self.tasks]:
            task.cancel()
        self.world.log("died", str(self))

    def freeze(self, seconds: float) -> None:
        if self.dead or self.thawed:
            return
        self.thawed = asyncio.get_running_loop().create_future()
        self.world.log("froze", str(self), round(seconds))
        self.world.later(seconds, self.thaw)

    def thaw(self) -> None:
        if self.thawed:
            self.thawed.set_result(None)
            self.thawed = None
            self.world.log("woke up", str(self))
            self.world.plan()

    async def cross(self, port: str) -> None:
        """Pass from the process to the outside or back: here it freezes and dies."""
        self._crossings += 1
        if mishap := self.mishaps.pop(self._crossings, None):
            self.world.log("at", port, self._crossings)
            mishap()
        while self.thawed and not self.dead:
            await asyncio.shield(self.thawed)
        if self.dead:
            raise asyncio.CancelledError

    # The link to the database.

    def now(self) -> datetime:
        return self.world.now()

    async def before(self) -> None:
        if self.world.rng.random() < 0.6:  # otherwise before anybody else does anything
            await self.world.pass_time(self.world.rng.uniform(0.0005, 0.005))
        await self.cross("transaction")
        self._fault()

    async def after(self, transaction: Transaction) -> None:
        self.world.committed(self, transaction)
        await self.cross("committed")
        self._fault()

    def _fault(self) -> None:
        world = self.world
        if world.down or (world.stormy and world.rng.random() < world.database_faults):
            raise Unavailable("The database is away.")

    def __str__(self) -> str:
        return f"process {self.holder.hex[-4:]}"
