"""Prometheus' own tool, which says what Prometheus would say."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def promtool(*words: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    beside = Path(sys.executable).parent / "promtool"  # where setup/system.sh puts it
    program = str(beside) if beside.exists() else shutil.which("promtool")
    if program is None:
        pytest.fail("There is no promtool. Run: sh setup/system.sh", pytrace=False)
    return subprocess.run([program, *words], input=text, capture_output=True, text=True, check=False)
