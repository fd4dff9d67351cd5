"""A second start, with everything installed and built: how long until the studio can serve."""

import asyncio
import http.client
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable

from bench.lab import bare
from bench.lab.lab import Lab
from bench.lab.metric import Metric, time_ratio_at_most
from bench.lab.pairs import Timed, paired
from tests.support.studio import free_port, start

_PATIENCE = 60.0
_GLANCE = 0.005

Start = Callable[[int], subprocess.Popen[bytes]]


async def measure(lab: Lab) -> list[Metric]:
    """Start the studio and a bare Reflex app in turn; the first start of each, to warm up, is not counted."""
    folder = await asyncio.to_thread(bare.build)
    data_dir = lab.folder / "startup"
    with tempfile.TemporaryFile() as output:
        return [
            await paired(
                "startup",
                "s",
                time_ratio_at_most(3),
                _until_ready(lambda port: bare.start(folder, port), "/"),
                _until_ready(lambda port: start(data_dir, port, {}, output.fileno()), "/readyz"),
            )
        ]


def _until_ready(start_at: Start, path: str) -> Timed:
    """Return what starts a program, tells after how many seconds it is ready, and ends it."""

    async def run() -> float:
        port = free_port()
        began = time.perf_counter()
        process = start_at(port)
        try:
            while not await asyncio.to_thread(_is_ready, port, path):
                assert process.poll() is None, f"it ended with {process.returncode}"
                assert time.perf_counter() - began < _PATIENCE, "it never became ready"
                await asyncio.sleep(_GLANCE)
            return time.perf_counter() - began
        finally:
            process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(process.wait, _PATIENCE)

    return run


def _is_ready(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
