"""Periodic tasks run at their intervals, and when they are woken."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import structlog

from sora_studio.domain.tasks import PeriodicTask, TaskName
from sora_studio.scheduler import Scheduler
from tests.support.waiting import PATIENCE

HOUR = timedelta(hours=1)
TASK = TaskName.PURGE


class Work:
    """Counts its runs; each goes on until it is told to end."""

    def __init__(self) -> None:
        self.begun, self.ended, self.at_once = 0, 0, 0
        self.most_at_once = 0
        self.may_end = asyncio.Semaphore(0)
        self.moved = asyncio.Condition()
        self.fails = False

    async def run(self) -> None:
        self.begun += 1
        self.most_at_once = max(self.most_at_once, self.begun - self.ended)
        await self._move()
        await self.may_end.acquire()
        self.ended += 1
        await self._move()
        if self.fails:
            raise ValueError("a bug")

    async def until(self, *, begun: int = 0, ended: int = 0) -> None:
        async with self.moved, asyncio.timeout(PATIENCE):
            await self.moved.wait_for(lambda: self.begun >= begun and self.ended >= ended)

    async def _move(self) -> None:
        async with self.moved:
            self.moved.notify_all()


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
async def scheduler(work: Work) -> AsyncIterator[Scheduler]:
    """A scheduler whose one task is due in an hour."""
    scheduler = Scheduler()
    scheduler.start(PeriodicTask(TASK, HOUR, work.run, after=HOUR))
    yield scheduler
    await scheduler.stop()


async def test_a_task_that_is_woken_while_it_runs_runs_once_more(work: Work, scheduler: Scheduler):
    """What it was woken for may have come too late for the run under way."""
    scheduler.wake(TASK)
    await work.until(begun=1)
    for _ in range(3):
        scheduler.wake(TASK)
        await asyncio.sleep(0)
    work.may_end.release()
    await work.until(begun=2)
    work.may_end.release()
    await work.until(ended=2)
    scheduler.wake(TASK)
    await work.until(begun=3)

    assert (work.begun, work.most_at_once) == (3, 1)


async def test_a_run_that_fails_ends_nothing(work: Work, scheduler: Scheduler):
    work.fails = True
    for times in (1, 2):
        scheduler.wake(TASK)
        await work.until(begun=times)
        work.may_end.release()
        await work.until(ended=times)


async def test_nothing_runs_after_the_end(work: Work, scheduler: Scheduler):
    scheduler.wake(TASK)
    await work.until(begun=1)
    await scheduler.stop()
    scheduler.wake(TASK)
    scheduler.wake(TaskName.SCRUB)

    assert (work.begun, work.ended) == (1, 0)


async def test_waking_a_task_that_there_is_not_is_an_error(scheduler: Scheduler):
    """A name that nothing runs under would wait for ever in silence."""
    with pytest.raises(KeyError):
        scheduler.wake(TaskName.SCRUB)


async def test_before_the_start_nothing_is_woken(work: Work):
    """Services are made, and may call, before the scheduler starts."""
    scheduler = Scheduler()
    scheduler.wake(TASK)
    scheduler.start(PeriodicTask(TASK, HOUR, work.run, after=HOUR))
    await scheduler.stop()

    assert work.begun == 0


async def test_a_run_that_the_end_breaks_off_is_no_error(work: Work, caplog: pytest.LogCaptureFixture):
    left = asyncio.Event()

    async def run() -> None:
        try:
            await work.run()
        finally:
            left.set()

    scheduler = Scheduler()
    scheduler.start(PeriodicTask(TASK, HOUR, run))
    await work.until(begun=1)
    await scheduler.stop()
    async with asyncio.timeout(PATIENCE):
        await left.wait()

    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_work_is_not_of_the_request_that_wakes_it(work: Work):
    """It works for others as well: lines about them would have the id of somebody else's request."""
    seen: list[dict[str, object]] = []

    async def look() -> None:
        seen.append(structlog.contextvars.get_contextvars())
        await work.run()

    other = Scheduler()
    other.start(PeriodicTask(TASK, HOUR, look, after=HOUR))
    with structlog.contextvars.bound_contextvars(request_id="4bf92f35"):
        other.wake(TASK)
        await work.until(begun=1)
    work.may_end.release()
    await other.stop()
    assert seen == [{}]
