"""`sora-studio serve`: everything starts together, and nothing stays behind."""

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from websockets.sync.client import ClientConnection, connect

from sora_studio.subprocesses.lock import alone_in
from tests.support.source import ROOT
from tests.support.studio import answers, free_port, serving
from tests.support.waiting import PATIENCE, wait_until


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_everything(data_dir: Path, number: signal.Signals):
    """Also while a browser keeps its connection."""
    with serving(data_dir, forked=False) as studio, _open_connection(studio.port):
        tree = studio.tree()
        studio.process.send_signal(number)

        assert studio.process.wait(timeout=PATIENCE) == 0
        assert _running(tree) == []
        assert "Traceback" not in studio.log.read_text()


def test_the_next_start_works_after_the_studio_was_killed(data_dir: Path):
    with serving(data_dir, forked=False) as studio:
        tree = studio.tree()
        studio.process.kill()
        studio.process.wait()

        with serving(data_dir, port=studio.port, forked=False) as again:
            assert answers(again.url)
        wait_until(lambda: _running(tree) == [])


def test_the_next_start_works_after_everything_was_killed(data_dir: Path):
    with serving(data_dir, forked=False) as studio:
        for process in studio.tree():
            with suppress(psutil.NoSuchProcess):  # children end when their parent is killed
                process.kill()
        studio.process.wait()

        with serving(data_dir, port=studio.port, forked=False) as again:
            assert answers(again.url)


def test_a_second_studio_on_the_same_data_is_refused(data_dir: Path):
    with alone_in(data_dir):
        said = _refusal(f"--data-dir={data_dir}")

    assert f"Another Sora Studio (process {os.getpid()}) already uses {data_dir}." in said
    assert "Traceback" not in said


def test_a_taken_port_is_refused(data_dir: Path):
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        said = _refusal(f"--data-dir={data_dir}", port=port)

    assert f"port {port}: Address already in use" in said
    assert "Traceback" not in said


def test_wrong_settings_are_refused_all_at_once(data_dir: Path):
    said = _refusal(
        f"--data-dir={data_dir}",
        DATABASE_URL="mysql://x",
        SORA_STUDIO_SECRET_KEY="short",
        SORA_STUDIO_SPEEDD="1",
    )

    assert re.findall(r"(?m)^(\w+) (?:must|is not)", said) == [
        "SORA_STUDIO_SPEEDD",
        "DATABASE_URL",
        "SORA_STUDIO_SECRET_KEY",
    ]
    assert "short" not in said


def _refusal(*arguments: str, port: int | None = None, **environment: str) -> str:
    """Return what a studio says that must not start."""
    command = [
        sys.executable,
        "-m",
        "sora_studio.cli.main",
        "serve",
        f"--port={port or free_port()}",
        *arguments,
    ]
    refused = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert refused.returncode != 0
    return refused.stderr


def _running(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Return those that still run; one that only waits for its parent to notice its end does not."""
    return [each for each in processes if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


def _open_connection(port: int) -> ClientConnection:
    """Open a websocket as a tab does, and keep it."""
    return connect(f"ws://127.0.0.1:{port}/_event/?token=a-tab&EIO=4&transport=websocket")
