"""The changelog keeps the form of Keep a Changelog, and its newest release is the project's version."""

import re
import tomllib
from datetime import date

from tests.support.source import ROOT

_CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
_RELEASES = re.findall(r"(?m)^## \[(\d+\.\d+\.\d+)\] - (\S+)$", _CHANGELOG)
_KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


def test_what_comes_next_is_on_top():
    """A change has a place to go; below it are the releases with their dates, newest first."""
    titles = re.findall(r"(?m)^## (.+)$", _CHANGELOG)
    days = [date.fromisoformat(day) for _, day in _RELEASES]

    assert titles == ["[Unreleased]", *(f"[{version}] - {day}" for version, day in _RELEASES)]
    assert days == sorted(days, reverse=True)


def test_changes_are_sorted_by_kind():
    """Each kind has its heading, in the order that readers know."""
    for section in _CHANGELOG.split("\n## ")[1:]:
        kinds = re.findall(r"(?m)^### (.+)$", section)

        assert set(kinds) <= set(_KINDS)
        assert kinds == sorted(set(kinds), key=_KINDS.index)


def test_the_newest_release_is_the_version():
    """Until there is one, any version may be announced."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert [version] == [newest for newest, _ in _RELEASES[:1]] or not _RELEASES
