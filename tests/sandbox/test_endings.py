"""However a sandbox ends, nothing that was accepted is lost, and nothing stays behind."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import openai
import psutil
import pytest

from tests.support.sandbox import running_sandbox, start_sandbox, wait_for_sandbox, wait_for_video
from tests.support.source import ROOT
from tests.support.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.filterwarnings("ignore:The Sora API is scheduled:DeprecationWarning")

_PARENT = """
import os, sys, time
from pathlib import Path
from tests.support.sandbox import start_sandbox
child = start_sandbox(Path(sys.argv[1]), speed=0.001, workers=1, parent_pid=os.getpid())
print(child.stdout.readline(), child.pid, flush=True)
time.sleep(600)
"""


def test_a_killed_sandbox_goes_on_where_it_was(tmp_path: Path):
    """SIGKILL in the middle of a rendering; the next start makes the same video, and a key still means it."""
    key = {"Idempotency-Key": "one click"}
    with running_sandbox(tmp_path, speed=0.001, workers=1) as sandbox, sandbox.client() as client:
        running = client.videos.create(
            prompt="A city at night, then nothing", size="1280x720", extra_headers=key
        )
        waiting = client.videos.create(prompt="forbidden-late-test")
        wait_until(lambda: client.videos.retrieve(running.id).progress > 0)
        orphans = sandbox.workers()
        sandbox.kill()
        wait_until(lambda: not any(worker.is_running() for worker in orphans))

    with (
        running_sandbox(tmp_path, port=sandbox.port, expires_after=2, canned=True) as again,
        again.client() as client,
    ):
        assert client.videos.create(prompt="other words", extra_headers=key).id == running.id
        done = wait_for_video(client, running)
        assert (done.status, done.created_at) == ("completed", running.created_at)
        assert client.videos.download_content(running.id).content[4:8] == b"ftyp"
        assert wait_for_video(client, waiting).status == "failed"
        assert [video.id for video in client.videos.list()] == [waiting.id, running.id]

        def expired() -> bool:
            try:
                client.videos.download_content(running.id)
            except openai.NotFoundError as error:
                return error.code == "video_expired"
            return False

        wait_until(expired)
        assert client.videos.retrieve(running.id).status == "completed"


def test_finished_videos_outlive_a_restart(tmp_path: Path):
    with running_sandbox(tmp_path) as sandbox, sandbox.client() as client:
        video = client.videos.create(prompt="forbidden-late-test")
        wait_for_video(client, video)
    with running_sandbox(tmp_path) as again, again.client() as client:
        assert client.videos.retrieve(video.id).status == "failed"


def test_sigterm_ends_it_in_time_with_its_workers(tmp_path: Path):
    with running_sandbox(tmp_path, speed=0.001, workers=2) as sandbox, sandbox.client() as client:
        for _ in range(3):
            client.videos.create(prompt="a dog")
        wait_until(lambda: len(sandbox.workers()) == 2)
        workers = sandbox.workers()
        began = time.monotonic()

        assert sandbox.end() == 0
        assert time.monotonic() - began < 10  # what the studio promises of everything; 3 s on an idle machine
        assert not any(worker.is_running() for worker in workers)


def test_a_signal_in_the_moment_of_its_start_ends_it(tmp_path: Path):
    """When the port is announced, uvicorn does not handle signals yet."""
    starting = start_sandbox(tmp_path)
    assert starting.stdout is not None
    starting.stdout.readline()
    starting.terminate()

    assert starting.wait(timeout=PATIENCE) == 0
    starting.communicate()


def test_it_ends_when_its_parent_is_killed(tmp_path: Path):
    """The studio was killed: its sandbox and the workers do not stay behind."""
    command = [sys.executable, "-c", _PARENT, str(tmp_path)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert parent.stdout is not None
    words = (parent.stdout.readline() + parent.stdout.readline()).split()
    child = psutil.Process(int(words[-1]))
    with openai.OpenAI(
        base_url=next(word for word in words if word.startswith("http")), api_key="any"
    ) as client:
        wait_until(child.is_running)
        video = client.videos.create(prompt="a dog")
        wait_until(lambda: client.videos.retrieve(video.id).progress > 0)
    family = [child, *child.children(recursive=True)]
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()

    wait_until(lambda: not any(_lives(process) for process in family))


def test_one_data_directory_has_one_sandbox(tmp_path: Path):
    with running_sandbox(tmp_path):
        second = start_sandbox(tmp_path)

        assert second.wait(timeout=PATIENCE) != 0
        second.communicate()


def test_a_taken_port_is_an_error_not_a_wait(tmp_path: Path):
    with running_sandbox(tmp_path / "one") as sandbox:
        second = start_sandbox(tmp_path / "other", port=sandbox.port)
        with pytest.raises(AssertionError, match="did not start"):
            wait_for_sandbox(second, tmp_path)
        assert second.wait(timeout=PATIENCE) != 0
        second.communicate()


def _lives(process: psutil.Process) -> bool:
    """Tell whether a process runs; one that only waits to be collected does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
