"""A second start, with everything installed and built: how long until the studio can serve."""

import asyncio
import http.client
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable

import psutil

from bench.lab import bare
from bench.lab.lab import Lab
from bench.lab.metric import Metric, time_ratio_at_most
from bench.lab.pairs import paired
from tests.support.studio import free_port, start

MOST = time_ratio_at_most(3)

_PATIENCE = 60.0
_GLANCE = 0.005


async def measure(lab: Lab) -> list[Metric]:
    """Start the studio and a bare Reflex app in turn; the first start of each, to warm up, is not counted."""
    folder = await asyncio.to_thread(bare.build)
    data_dir = lab.folder / "startup"
    with tempfile.TemporaryFile() as output:
        plain = _Starts(lambda port: bare.start(folder, port), "/")
        ours = _Starts(lambda port: start(data_dir, port, {}, output.fileno()), "/readyz")
        wall = await paired("startup", "s", MOST, plain.one, ours.one)
    worked, base = (statistics.median(starts.worked[1:]) for starts in (ours, plain))
    n = len(ours.worked) - 1
    return [wall, Metric("startup.cpu", worked, "s of processor", MOST, base, worked / base, n=n)]


class _Starts:
    """Starts of one program; `worked` keeps the processor time each spent until it was ready."""

    def __init__(self, begin: Callable[[int], subprocess.Popen[bytes]], path: str) -> None:
        self._begin, self._path = begin, path
        self.worked: list[float] = []

    async def one(self) -> float:
        """Start it, tell after how many seconds it is ready, and end it."""
        port = free_port()
        began = time.perf_counter()
        process = self._begin(port)
        try:
            while not await asyncio.to_thread(_is_ready, port, self._path):
                assert process.poll() is None, f"it ended with {process.returncode}"
                assert time.perf_counter() - began < _PATIENCE, "it never became ready"
                await asyncio.sleep(_GLANCE)
            seconds = time.perf_counter() - began
            times = psutil.Process(process.pid).cpu_times()
            self.worked.append(times.user + times.system)
            return seconds
        finally:
            process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(process.wait, _PATIENCE)


def _is_ready(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
