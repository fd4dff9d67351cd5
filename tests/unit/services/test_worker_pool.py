"""The worker pool: whatever ends one process, other people's work comes to its end."""

import asyncio
import gc
import os
import signal
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from sora_studio.domain.errors import MediaError, TooLarge, Unavailable
from sora_studio.services.pictures import limit_worker
from sora_studio.services.worker_pool import WorkerPool
from tests.support.waiting import eventually, wait_until


def die() -> None:
    """Stand for a file that takes more than a process may have."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(mark: Path) -> None:
    """Say that it has begun, and die when told."""
    mark.with_suffix(".begun").touch()
    wait_until(mark.exists)
    die()


def live_the_second_time(mark: Path) -> str:
    """Stand for what is killed by no fault of its own."""
    if not mark.exists():
        mark.touch()
        die()
    return "done"


def work(mark: Path) -> str:
    """Go on until told."""
    mark.with_suffix(".begun").touch()
    wait_until(mark.exists)
    return "done"


@pytest.fixture(params=[1, 2])
def worker_pool(request: pytest.FixtureRequest) -> Iterator[WorkerPool]:
    with closing(WorkerPool(limit_worker, request.param)) as opened:
        yield opened


async def begun(mark: Path) -> None:
    await eventually(mark.with_suffix(".begun").exists)


async def test_only_the_guilty_one_fails(tmp_path: Path):
    """One works beside it, one waits for a place."""
    with closing(WorkerPool(limit_worker, 2)) as worker_pool:
        beside = asyncio.create_task(worker_pool.run(work, tmp_path / "end"))
        await begun(tmp_path / "end")
        guilty = asyncio.create_task(worker_pool.run(die_at, tmp_path / "die"))
        await begun(tmp_path / "die")
        behind = asyncio.create_task(worker_pool.run(abs, -1))
        (tmp_path / "die").touch()
        with pytest.raises(MediaError):
            await guilty
        assert await behind == 1
        (tmp_path / "end").touch()
        assert await beside == "done"


async def test_what_was_killed_by_no_fault_of_its_own_is_done_all_the_same(worker_pool, tmp_path):
    assert await worker_pool.run(live_the_second_time, tmp_path / "mark") == "done"


def stumble(_path: Path) -> None:
    """Stand for a library that a file makes stumble."""
    message = "'NoneType' object has no attribute 'width'"
    raise AttributeError(message)


def stumble_oddly(_path: Path) -> None:
    """Stand for one that has errors of its own."""
    message = "invalid distance too far back"
    raise zlib.error(message)


def refuse(_path: Path) -> None:
    """Stand for work that has an answer of ours."""
    raise TooLarge("The picture has too many pixels.")


async def test_what_a_library_stumbles_over_is_a_damaged_file(worker_pool, tmp_path):
    for clumsy in (stumble, stumble_oddly):
        with pytest.raises(MediaError, match="it is damaged"):
            await worker_pool.run(clumsy, tmp_path)
    with pytest.raises(TooLarge):
        await worker_pool.run(refuse, tmp_path)
    with pytest.raises(FileNotFoundError):
        await worker_pool.run(os.stat, tmp_path / "none")


async def test_nobody_gets_the_process_of_work_that_nobody_waits_for_any_more(tmp_path: Path):
    with closing(WorkerPool(limit_worker, 1)) as worker_pool:
        left = asyncio.create_task(worker_pool.run(die_at, tmp_path / "die"))
        await begun(tmp_path / "die")
        left.cancel()
        with suppress(asyncio.CancelledError):
            await left
        behind = asyncio.create_task(worker_pool.run(abs, -1))
        (tmp_path / "die").touch()
        assert await behind == 1


async def test_a_closed_workshop_says_so(worker_pool, tmp_path):
    task = asyncio.create_task(worker_pool.run(work, tmp_path / "end"))
    await begun(tmp_path / "end")
    worker_pool.close()
    for each in (task, worker_pool.run(abs, -1)):
        with pytest.raises(Unavailable):
            await each


async def test_work_that_nobody_waits_for_ends_without_a_complaint(tmp_path: Path):
    """A stop in the middle of a film is no error: it would be reported each time."""
    complaints: list[object] = []
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    try:
        pool = WorkerPool(limit_worker, 1)
        waiting = asyncio.create_task(pool.run(work, tmp_path / "mark"))
        await eventually((tmp_path / "mark.begun").exists)
        waiting.cancel()
        pool.close()
        await eventually(lambda: pool._free.qsize() == 1)
        await asyncio.gather(waiting, return_exceptions=True)
        gc.collect()
    finally:
        loop.set_exception_handler(before)
    assert complaints == []
