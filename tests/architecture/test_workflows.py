"""The workflows run what a developer can run here, on the Pythons that we support."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from tests.support.source import ROOT

_WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
_TARGETS = set(re.findall(r"(?m)^([\w./-]+):(?!=)", (ROOT / "Makefile").read_text()))
_MAKE = re.compile(r"make(?: [A-Z]+=\S+)* ([\w./-]+)(?: [A-Z]+=\S+)*")
_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
_PYTHONS = [
    f"3.{minor}" for minor in range(30) if f"3.{minor}.0" in SpecifierSet(_PROJECT["requires-python"])
]


def _steps(path: Path, key: str) -> list[Any]:
    """Return what the steps of a workflow have under a key."""
    jobs = yaml.safe_load(path.read_text())["jobs"].values()
    return [step[key] for job in jobs for step in job["steps"] if key in step]


def _is_ours(command: str) -> bool:
    """Tell whether a command is .ci/run or makes a target that exists."""
    made = _MAKE.fullmatch(command)
    return command == ".ci/run" or (made is not None and made[1] in _TARGETS)


@pytest.mark.parametrize("path", _WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_runs_our_commands_and_nothing_else(path: Path):
    """What fails there can be repeated here, by the same line."""
    foreign = [command for command in _steps(path, "run") if not _is_ours(command)]

    assert _steps(path, "run")
    assert foreign == []


def test_what_has_to_pass_consists_of_our_commands():
    """What .ci/run makes are targets that exist."""
    made = set(re.findall(r"(?m)^(?:[A-Z]+=\S+ )*make ([\w./-]+)", (ROOT / ".ci/run").read_text()))

    assert made
    assert made <= _TARGETS


def test_every_supported_python_has_to_pass():
    """The matrix is what pyproject.toml promises."""
    job = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]["run"]

    assert job["strategy"]["matrix"]["python"] == _PYTHONS


@pytest.mark.parametrize("path", _WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_uses_a_supported_python(path: Path):
    """One that we no longer support would fail in the installer, at night."""
    versions = {str(step["python-version"]) for step in _steps(path, "with") if "python-version" in step}

    assert versions
    assert versions <= {*_PYTHONS, "${{ matrix.python }}"}
