"""Environments of other servers' packages, outside the tree: each is installed once and kept."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sora-studio" / "servers"
_UNREACHABLE = "connection broken by"  # as pip says it of the index


def environment(name: str) -> Path:
    """Return the programs of an environment with the packages of `<name>.txt`, installed at the first call.

    They are all that is imported, not all that the server declares; a newer version is written down by
    `uv pip compile --no-deps --generate-hashes` over the names.

    Where the index cannot be reached, the test is skipped, and says so; whatever else goes wrong fails it.
    """
    wanted = _HERE / f"{name}.txt"
    version = hashlib.sha256(wanted.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = _CACHE / f"{name}-{version}"
    if not (folder / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [
            folder / "bin/python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--require-hashes",
            "-r",
            wanted,
        ]
        done = subprocess.run(pip, check=False, capture_output=True, text=True)
        if _UNREACHABLE in done.stderr and done.returncode:
            # Without the packages there is nothing to try, and that is no fault of the studio.
            pytest.skip(f"NOT TESTED: no package index for {name}: {done.stderr.strip()[-300:]}")
        assert done.returncode == 0, done.stderr[-2000:]
        (folder / "installed").touch()
    return folder / "bin"
