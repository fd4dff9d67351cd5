"""The real servers, from the package index: run by `make test-servers`, and by nothing else."""

import os
import subprocess
from collections.abc import Iterator
from functools import partial

import pytest

from sora_studio.domain.profile import Preset
from tests.servers.environments import environment
from tests.support.films import film
from tests.support.sandbox import Box, RunningSandbox
from tests.support.source import ROOT
from tests.support.studio import free_port
from tests.support.waiting import wait_until

collect_ignore_glob = [] if os.environ.get("SERVERS") else ["test_*.py"]


@pytest.fixture(scope="session", params=[Preset.SGLANG, Preset.FASTVIDEO, Preset.VLLM_OMNI])
def kind(request: pytest.FixtureRequest) -> Preset:
    return request.param


@pytest.fixture(scope="session")
def box(kind: Preset, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """Serve a real router; what it is asked beside /v1 is what every sandbox is asked."""
    name, folder = kind.replace("-", "_"), tmp_path_factory.mktemp(kind)
    programs, port = environment(name), free_port()
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "tests/servers"), str(ROOT)]),
    }
    made = film(folder / "film.mp4", seconds=5, fps=16)
    command = [programs / "python", "-m", "mounted", name, str(port), made, folder]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, env=environ, cwd=folder, stdout=log, stderr=subprocess.STDOUT, text=True
        )
    box = RunningSandbox(process, f"http://127.0.0.1:{port}/v1", folder)
    try:
        wait_until(partial(_is_up, box), within=120)
        yield Box(box)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _is_up(box: RunningSandbox) -> bool:
    assert box.process.poll() is None, (box.data_dir / "log").read_text()[-2000:]
    try:
        box.clear()
    except OSError:
        return False
    return True
