"""Plant bugs one by one and see the suite catch them: `python -m tests.planted [--some K --seed N] [NAME …]`.

Every bug gets a copy of the checkout of its own, and the tests that it names are run there: one of them has
to fail, and nothing else counts. Before that all of them pass without any bug, or a catch would mean nothing.
"""

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.planted.bug import Bug, Misfit, bugs
from tests.support.source import ROOT

_ONE_MAY_ESCAPE_IN = 15  # bugs: two of all, none of a few
_AT_A_TIME = 2
_LONGEST = 300  # seconds; the longest test has 120 of its own, and a hang that it ends is a failure
_OF_ALL = 1200  # seconds
_PASSED, _FAILED = 0, 1  # exit codes of pytest; the others mean that it could not test

# The checkout is installed in the environment that runs this, so whose code is tested has to be made sure of.
_PYTEST = """
import pathlib, sys
import pytest, sora_studio
here, imported = pathlib.Path.cwd(), pathlib.Path(sora_studio.__file__)
if not imported.is_relative_to(here):
    sys.exit(f"{imported} is not in {here}")
sys.exit(pytest.main(sys.argv[1:]))
"""


def main(arguments: Sequence[str]) -> int:
    """Plant the bugs that a command line asks for; return an exit code."""
    chosen = choose(bugs(), arguments)
    _print(f"Without a bug: {_healthy(chosen)}")
    start, told = time.monotonic(), dict[str, str]()
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        for bug, (verdict, why, seconds) in zip(chosen, pool.map(_judge, chosen), strict=True):
            told[bug.name] = verdict
            _print(f"{verdict:7}  {bug.name:32} {seconds:4.0f} s  {why}")
    others = [name for name, verdict in told.items() if verdict != "caught"]
    misfits, escaped = [*told.values()].count("misfit"), [*told.values()].count("escaped")
    _print(
        f"{len(chosen)} planted, {len(chosen) - len(others)} caught, {escaped} escaped, {misfits} misfits"
        f"{': ' if others else ''}{', '.join(others)} ({time.monotonic() - start:.0f} s)"
    )
    return int(misfits > 0 or escaped > len(chosen) // _ONE_MAY_ESCAPE_IN)


def choose(among: Sequence[Bug], arguments: Sequence[str]) -> list[Bug]:
    """Return the bugs that a command line asks for, in the order of their numbers.

    Raises:
        SystemExit: It asks for what there is not.
    """
    parser = argparse.ArgumentParser("python -m tests.planted", description="Plant bugs; see them caught.")
    parser.add_argument("names", metavar="NAME", nargs="*", help="a bug by number or name; none: all")
    parser.add_argument("--some", metavar="K", type=int, help="plant only so many of them, drawn by lot")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="of that lot; 0 if not given")
    asked = parser.parse_args(arguments)
    if unknown := {*asked.names} - {name for bug in among for name in (bug.name, bug.name[:2])}:
        parser.error(f"there is no bug {', '.join(sorted(unknown))}")
    named = [bug for bug in among if not asked.names or {bug.name, bug.name[:2]} & {*asked.names}]
    if asked.some is None:
        return named
    if not 1 <= asked.some <= len(named):
        parser.error(f"--some takes a number from 1 to {len(named)}")
    drawn = random.Random(asked.seed).sample(named, asked.some)  # noqa: S311 - the same lot every time
    return [bug for bug in named if bug in drawn]


def _healthy(chosen: Iterable[Bug]) -> str:
    """Run every test that is to catch something, and make sure that all of them pass."""
    tests = sorted({argument for bug in chosen for argument in bug.caught_by})
    with _copy() as tree:
        code, said = _test(tree, ["-n", str(_AT_A_TIME), "--dist", "loadfile", *tests], _OF_ALL)
    if code != _PASSED:
        sys.exit(f"The tests fail without any bug (exit code {code}):\n{said}")
    return said.splitlines()[-1]


def _judge(bug: Bug) -> tuple[str, str, float]:
    """Plant one bug; say what became of it, why, and how many seconds that took."""
    start = time.monotonic()
    try:
        with _copy() as tree:
            bug.plant(tree)
            verdict, why = _verdict(*_test(tree, ["-x", *bug.caught_by]))
    except Misfit as misfit:
        verdict, why = "misfit", str(misfit)
    return verdict, why, time.monotonic() - start


def _verdict(code: int, said: str) -> tuple[str, str]:
    failed = re.search(r"(?m)^FAILED (.+?)(?: - .*)?$", said)
    if code == _FAILED and failed:
        return "caught", failed[1]
    if code == _PASSED:
        return "escaped", said.splitlines()[-1]
    raise Misfit(f"exit code {code} of pytest without a failed test:\n{said[-2000:]}")


def _test(tree: Path, arguments: Sequence[str], longest: float = _LONGEST) -> tuple[int, str]:
    """Run pytest on a tree; return its exit code and what it said.

    Raises:
        Misfit: It came to no end.
    """
    command = [sys.executable, "-c", _PYTEST, "-q", "-p", "no:cacheprovider", *arguments]
    path = {**os.environ, "PYTHONPATH": str(tree)}  # for the processes that tests start, too
    with subprocess.Popen(
        command, cwd=tree, env=path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        try:
            said, _ = run.communicate(timeout=longest)
        except subprocess.TimeoutExpired as error:
            run.send_signal(signal.SIGINT)  # lets it end what it has started
            raise Misfit(f"no end after {longest} seconds") from error
    return run.returncode, said


@contextmanager
def _copy() -> Iterator[Path]:
    """Copy the checkout for the block: what git knows of, as it is now."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    with TemporaryDirectory(prefix="planted-") as folder:
        for name in filter(None, names):
            if (ROOT / name).is_file():
                (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, Path(folder) / name)
        yield Path(folder).resolve()


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
