"""The clock of the background work: an APScheduler in this process's event loop."""

import asyncio
import time
from contextlib import suppress
from contextvars import Context
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from sora_studio import metrics
from sora_studio.domain.errors import Unavailable
from sora_studio.domain.tasks import PeriodicTask, TaskName, Wake

_log = structlog.get_logger(__name__)


class Scheduler:
    """Runs tasks at their intervals, and at once when they are woken."""

    def __init__(self, elsewhere: Wake | None = None) -> None:
        """Run nothing yet.

        Args:
            elsewhere: Has tasks woken that other instances run. None: all are run here.
        """
        self._elsewhere = elsewhere
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._tasks: dict[TaskName, _Guarded] = {}
        self._woken: set[asyncio.Task[None]] = set()
        self._open = False
        self.last_run = time.monotonic()

    def start(self, *tasks: PeriodicTask) -> None:
        """Begin: each task runs after its first wait, then at its interval."""
        for task in tasks:
            guarded = self._tasks[task.name] = _Guarded(task)
            self._scheduler.add_job(
                self._fire,
                _interval(task.every) if task.every else DateTrigger(),
                args=[guarded],
                id=task.name,
                coalesce=True,
                max_instances=1,
                next_run_time=datetime.now(UTC) + task.after,
                misfire_grace_time=None,  # its default of one second would drop runs of a busy loop
            )
        self._open = True
        self._scheduler.start()

    def wake(self, name: TaskName) -> None:
        """Run a task now, or once more right after the run that is under way; before `start`, do nothing.

        Raises:
            KeyError: There is no such task.
        """
        if self._open and self._elsewhere and name not in self._tasks:
            self._elsewhere(name)
        elif self._open:
            self.last_run = time.monotonic()
            # Of nobody's request: it works for others, too, and its lines must not have the id of one.
            work = self._tasks[name].run()
            task = asyncio.get_running_loop().create_task(work, context=Context())
            self._woken.add(task)
            task.add_done_callback(self._woken.discard)

    async def stop(self) -> None:
        """End: nothing starts from now on, and what runs is cancelled."""
        if not self._open:
            return
        self._open = False
        self._scheduler.shutdown(wait=False)
        for task in self._woken:
            task.cancel()
        await asyncio.gather(*self._woken, return_exceptions=True)

    async def _fire(self, guarded: "_Guarded") -> None:
        self.last_run = time.monotonic()
        if self._open:
            with suppress(asyncio.CancelledError):  # by `stop`; APScheduler would report it as an error
                await guarded.run()


def _interval(every: timedelta) -> IntervalTrigger:
    return IntervalTrigger(seconds=int(every.total_seconds()), jitter=every.total_seconds() / 10)


class _Guarded:
    """A task that never runs twice at a time and outlives its errors."""

    def __init__(self, task: PeriodicTask) -> None:
        self._task = task
        self._running = self._again = False

    async def run(self) -> None:
        if self._running:
            self._again = True
            return
        self._running = self._again = True
        try:
            while self._again:
                self._again = False
                await self._once()
        finally:
            self._running = False

    async def _once(self) -> None:
        try:
            await self._task.run()
            metrics.TASK_RUNS.count(self._task.name, "done")
        except Unavailable as error:
            metrics.TASK_RUNS.count(self._task.name, "unavailable")
            _log.warning("periodic_task_unavailable", task=self._task.name, reason=str(error))
        except Exception:  # noqa: BLE001 - one failed run must not end the background work
            metrics.TASK_RUNS.count(self._task.name, "failed")
            _log.exception("periodic_task_failed", task=self._task.name)
