"""Environments of other servers' packages, outside the tree: each is installed once and kept."""

import hashlib
import os
import re
import subprocess
import sys
import tarfile
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
    folder = _folder(name)
    if not (folder / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        _pip(name, "install", "--no-deps", "--require-hashes", "-r", _HERE / f"{name}.txt")
        (folder / "installed").touch()
    return folder / "bin"


def source(name: str, package: str) -> Path:
    """Return the source distribution of one of an environment's packages, unpacked: it has the tests, too."""
    environment(name)
    folder = _folder(name) / "source"
    if not (folder / "unpacked").exists():
        folder.mkdir(exist_ok=True)
        lines = (_HERE / f"{name}.txt").read_text()
        wanted = re.search(rf"^{package}==[^\\\n]*(?:\\\n[^\\\n]*)*", lines, re.MULTILINE)
        assert wanted is not None
        (folder / "wanted.txt").write_text(f"{wanted[0]}\n")
        how = ("--no-deps", "--no-binary", package, "--no-build-isolation", "--require-hashes")
        _pip(name, "download", *how, "--dest", folder, "-r", folder / "wanted.txt")
        with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
            archive.extractall(folder, filter="data")
        (folder / "unpacked").touch()
    return next(folder.glob(f"{package}-*/"))


def _folder(name: str) -> Path:
    version = hashlib.sha256((_HERE / f"{name}.txt").read_bytes() + sys.version.encode()).hexdigest()[:12]
    return _CACHE / f"{name}-{version}"


def _pip(name: str, command: str, *arguments: str | Path) -> None:
    pip = [_folder(name) / "bin/python", "-m", "pip", command, "--quiet", *arguments]
    done = subprocess.run(pip, check=False, capture_output=True, text=True)
    if _UNREACHABLE in done.stderr and done.returncode:
        # Without the packages there is nothing to try, and that is no fault of the studio.
        pytest.skip(f"NOT TESTED: no package index for {name}: {done.stderr.strip()[-300:]}")
    assert done.returncode == 0, done.stderr[-2000:]
