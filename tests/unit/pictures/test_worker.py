"""The bounds of worker processes."""

import multiprocessing
import resource
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial

import psutil
import pytest

from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.video import Size
from sora_studio.services.pictures import fit_picture, inspect_picture, limit_worker, worker
from tests.support.films import picture
from tests.support.source import ROOT
from tests.support.waiting import PATIENCE, wait_until


@worker.bounded
def think_for_ever():
    """Stand for a decoder that never comes back."""
    while True:
        pass


def limit_tightly():
    """Bound a worker to what is left of this second."""
    worker.CPU_SECONDS = 1
    limit_worker()


def pool(initializer) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer)


def test_work_is_done_within_the_bounds():
    with pool(limit_worker) as workers:
        assert workers.submit(fit_picture, picture((64, 36), "PNG"), Size(32, 18)).result()[:4] == b"\x89PNG"
        with pytest.raises(InvalidInput) as caught:
            workers.submit(inspect_picture, b"GIF89a").result()
        assert (caught.value.param, caught.value.code) == ("input_reference", "invalid_image")
        with pytest.raises(MemoryError):
            workers.submit(bytearray, worker.MEMORY_BYTES).result()
        soft, hard = workers.submit(resource.getrlimit, resource.RLIMIT_CPU).result()
        assert worker.CPU_SECONDS <= soft <= worker.CPU_SECONDS + 30
        assert hard == resource.RLIM_INFINITY


def test_work_that_never_ends_is_ended():
    with pool(limit_tightly) as workers, pytest.raises(BrokenProcessPool):
        workers.submit(think_for_ever).result(timeout=PATIENCE)


def test_what_people_send_is_ended_sooner():
    with pool(partial(limit_worker, 1)) as workers:
        assert workers.submit(abs, -1).result() == 1
        with pytest.raises(BrokenProcessPool):
            workers.submit(think_for_ever).result(timeout=PATIENCE)


def test_a_worker_ends_with_its_studio():
    """Also when the studio is killed."""
    studio = subprocess.Popen([sys.executable, "-c", _STUDIO], stdout=subprocess.PIPE, cwd=ROOT)
    assert studio.stdout
    with studio.stdout:
        worker_id = int(studio.stdout.readline())
    studio.kill()
    studio.wait()
    wait_until(lambda: not psutil.pid_exists(worker_id))


_STUDIO = """
import multiprocessing, os, time
from concurrent.futures import ProcessPoolExecutor
from sora_studio.services.pictures import limit_worker

if __name__ == "__main__":
    pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), limit_worker)
    print(pool.submit(os.getpid).result(), flush=True)
    time.sleep(60)
"""


def test_this_process_is_not_bounded():
    before = resource.getrlimit(resource.RLIMIT_CPU)
    inspect_picture(picture((8, 8), "PNG"))
    assert resource.getrlimit(resource.RLIMIT_CPU) == before
