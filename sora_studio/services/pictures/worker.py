"""Bounds for the processes that open files from outside."""

import functools
import os
import resource
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import connection, parent_process
from threading import Thread
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

MEMORY_BYTES = 3 * 1024**3
CPU_SECONDS = 120  # for one piece of work
UPLOAD_CPU_SECONDS = 30  # for what people send: pictures, and films of a few seconds

_cpu_seconds = 0  # none: this is no worker


def limit_worker(cpu_seconds: int | None = None) -> None:
    """Bound this process; the initializer of a pool of workers. What exceeds a bound ends the process.

    Args:
        cpu_seconds: For one piece of work. None: `CPU_SECONDS`.

    So does the end of the studio, however it comes; without this, a worker would wait for work for ever.
    """
    global _cpu_seconds  # noqa: PLW0603 - one process, one truth; a pool hands nothing else to its workers
    _cpu_seconds = cpu_seconds or CPU_SECONDS
    with suppress(ValueError, OSError):  # macOS knows no bound for memory
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, resource.RLIM_INFINITY))
    Thread(target=_end_with_studio, daemon=True).start()


def _end_with_studio() -> None:
    studio = parent_process()
    if studio is not None:
        connection.wait([studio.sentinel])
        os._exit(1)


def bounded(work: Callable[P, T]) -> Callable[P, T]:
    """Give each call in a limited process its own CPU time: the kernel's bound counts a whole life."""

    @functools.wraps(work)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        if _cpu_seconds:
            usage = resource.getrusage(resource.RUSAGE_SELF)
            until = int(usage.ru_utime + usage.ru_stime) + _cpu_seconds
            resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
        return work(*args, **kwargs)

    return run
