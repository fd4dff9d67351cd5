"""A bug as a patch: a sentence about it, the tests that ought to catch it, and the change itself."""

import os
import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.source import ROOT

PATCHES = ROOT / "tests/planted/patches"

_HEAD = re.compile(r"(?P<harm>\S.+?)\n\nCaught by: (?P<tests>[^\n]+)\n\n(?P<diff>diff --git .+)", re.DOTALL)


class Misfit(Exception):
    """A patch that no longer fits the code, or a run that says nothing."""


@dataclass(frozen=True)
class Bug:
    """Something wrong that a tired person might write."""

    name: str
    harm: str
    caught_by: tuple[str, ...]  # arguments for pytest
    diff: str

    @property
    def files(self) -> tuple[str, ...]:
        """Return the files that it changes, as paths within the checkout."""
        return tuple(re.findall(r"(?m)^\+\+\+ b/(\S+)$", self.diff))

    def plant(self, tree: Path) -> None:
        """Change a tree of files.

        Raises:
            Misfit: The patch does not apply, changes nothing, or leaves no Python.
        """
        before = [(tree / file).read_text() for file in self.files]
        applied = subprocess.run(
            ["git", "apply", "--recount", "-"],  # noqa: S607 - whichever git there is
            cwd=tree,
            env={**os.environ, "GIT_CEILING_DIRECTORIES": str(tree.parent)},  # the tree is no repository
            input=self.diff,
            capture_output=True,
            text=True,
            check=False,
        )
        if applied.returncode:
            raise Misfit(f"does not apply: {applied.stderr.strip()}")
        for file, old in zip(self.files, before, strict=True):
            new = (tree / file).read_text()
            if new == old:
                raise Misfit(f"does not change {file}")
            try:
                compile(new, file, "exec")
            except SyntaxError as error:
                raise Misfit(f"leaves no Python in {file}: {error}") from error


def bugs() -> list[Bug]:
    """Read every patch, in the order of their numbers."""
    return [_read(path) for path in sorted(PATCHES.glob("*.patch"))]


def _read(path: Path) -> Bug:
    found = _HEAD.fullmatch(path.read_text())
    if found is None:
        raise Misfit(f"{path.name} has no sentence, no line 'Caught by: …', or no change")
    return Bug(path.stem, " ".join(found["harm"].split()), tuple(shlex.split(found["tests"])), found["diff"])
