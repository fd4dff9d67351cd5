"""The locks pin and hash everything, name no package index, and agree with pyproject.toml."""

import json
import re
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.source import ROOT

_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
_RUNTIME = [*_PROJECT["project"]["dependencies"], *_PROJECT["dependency-groups"]["build"]]
_WANTED = {
    "requirements.lock": _RUNTIME,
    "requirements-dev.lock": [*_RUNTIME, *_PROJECT["dependency-groups"]["dev"]],
}
_OF_BUN = {"bun.lock": "package.json", "reflex.lock/bun.lock": "reflex.lock/package.json"}


@pytest.mark.parametrize("lock", _WANTED)
def test_everything_is_pinned_and_hashed(lock: str):
    """pip refuses a lock in which one hash is missing; so do we, earlier."""
    unhashed = [entry for entry in _entries(lock) if "==" not in entry or "--hash=sha256:" not in entry]

    assert unhashed == []


@pytest.mark.parametrize("lock", _OF_BUN)
def test_every_package_of_bun_is_hashed(lock: str):
    """Its entries are `name: [name@version, registry, needs, hash]`; an empty registry is the machine's."""
    packages = _bun_lock(lock)["packages"]

    assert packages
    assert [name for name, entry in packages.items() if entry[1] or not entry[-1].startswith("sha512-")] == []


@pytest.mark.parametrize(("lock", "manifest"), _OF_BUN.items())
def test_the_lock_of_bun_agrees_with_its_manifest(lock: str, manifest: str):
    """`bun install` has been run since a version changed; each is named exactly."""
    wanted = json.loads((ROOT / manifest).read_text())
    locked = _bun_lock(lock)["workspaces"][""]

    for group in ("dependencies", "devDependencies"):
        versions = wanted.get(group, {})
        assert versions == locked.get(group, {})
        assert [version for version in versions.values() if not re.fullmatch(r"v?\d[\w.-]*", version)] == []


@pytest.mark.parametrize("lock", [*_WANTED, *_OF_BUN])
def test_no_index_is_named(lock: str):
    """Where packages come from is the business of the machine."""
    assert not re.search(r"://|--index|--find-links|--extra-index", (ROOT / lock).read_text())


@pytest.mark.parametrize(("lock", "wanted"), _WANTED.items())
def test_the_lock_agrees_with_the_project(lock: str, wanted: list[str]):
    """`make lock` has been run since a dependency changed."""
    pinned = dict(re.findall(r"(?m)^([\w.-]+)==([^\s;\\]+)", (ROOT / lock).read_text()))
    requirements = [Requirement(line) for line in wanted]

    disagreeing = [
        str(requirement)
        for requirement in requirements
        if not requirement.specifier.contains(
            pinned.get(canonicalize_name(requirement.name), "0"), prereleases=True
        )
    ]

    assert disagreeing == []


def test_both_locks_pin_the_same_versions():
    """What is tested is what runs."""
    runtime, everything = (
        set(re.findall(r"(?m)^[\w.-]+==[^\s;\\]+", (ROOT / lock).read_text())) for lock in _WANTED
    )

    assert runtime <= everything


def _entries(lock: str) -> list[str]:
    """Return the requirements of a lock, each with its hashes."""
    return re.sub(r"\\\n\s*", " ", (ROOT / lock).read_text()).strip().splitlines()


def _bun_lock(lock: str) -> dict[str, Any]:
    """Return a lock of Bun, which is JSON but for its trailing commas."""
    content: dict[str, Any] = json.loads(re.sub(r",(\s*[}\]])", r"\1", (ROOT / lock).read_text()))
    return content
