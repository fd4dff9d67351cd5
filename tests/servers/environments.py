"""Environments of other servers' packages, outside the tree: each is installed once and kept."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sora-studio" / "servers"


def environment(name: str) -> Path:
    """Return the programs of an environment with the packages of `<name>.txt`, installed at the first call.

    Where the index cannot be reached, the test is skipped, and says so.
    """
    wanted = _HERE / f"{name}.txt"
    version = hashlib.sha256(wanted.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = _CACHE / f"{name}-{version}"
    if not (folder / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [folder / "bin/python", "-m", "pip", "install", "--quiet", "--no-deps", "--requirement", wanted]
        done = subprocess.run(pip, check=False, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"NOT TESTED: {name} cannot be installed here: {done.stderr.strip()[-300:]}")
        (folder / "installed").touch()
    return folder / "bin"
