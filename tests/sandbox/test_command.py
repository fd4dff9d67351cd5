"""The sandbox is a program of its own, and a command of the studio's."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.source import ROOT
from tests.support.waiting import PATIENCE, wait_until

WAYS_IN = {"sora_sandbox": ["sora_sandbox"], "sora_studio": ["sora_studio.cli.main", "sandbox"]}


@pytest.mark.parametrize("way_in", WAYS_IN.values(), ids=WAYS_IN)
def test_both_ways_in_serve_it_with_the_same_options(way_in: list[str], tmp_path: Path):
    process = _start(way_in, "--port=0", f"--data-dir={tmp_path}", "--dialect=sglang", "--faults")
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("sandbox listening on http://127.0.0.1:")
        wait_until((tmp_path / "sandbox.sqlite3").exists)
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0


@pytest.mark.parametrize("way_in", WAYS_IN.values(), ids=WAYS_IN)
def test_an_unknown_dialect_is_refused_with_the_known_ones(way_in: list[str], tmp_path: Path):
    process = _start(way_in, f"--data-dir={tmp_path}", "--dialect=klingon")
    _, said = process.communicate(timeout=PATIENCE)

    assert process.returncode == 2
    assert "'klingon' is not one of openai, litellm" in said


def test_it_starts_without_the_studio():
    """A program of its own loads nothing of the other."""
    loaded = "import sys, sora_sandbox.app; print([name for name in sys.modules if 'sora_studio' in name])"
    answer = subprocess.run(
        [sys.executable, "-c", loaded], cwd=ROOT, check=True, capture_output=True, text=True
    )

    assert answer.stdout.strip() == "[]"


def _start(way_in: list[str], *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "ignore", "-m", *way_in, *options]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
