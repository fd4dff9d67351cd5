"""`make load`: people who ask for videos, with live tabs, at a studio of several instances; then the audit.

It opens a studio of its own beside a provider that renders in seconds; --folder drives one that runs.
Ends with 1 when something is wrong.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from bench.load.run import Load, run
from production.stack import Plan


def main() -> None:
    """Read the command line, and run it."""
    usual = Load()
    parser = argparse.ArgumentParser(prog="make load", description=__doc__)
    numbers = {
        "people": "how many",
        "wishes": "of each",
        "tabs": "that are open all the time",
        "seconds": "over which the wishes are spread",
    }
    for name, text in numbers.items():
        kind = type(getattr(usual, name))
        parser.add_argument(f"--{name}", type=kind, default=getattr(usual, name), help=text)
    parser.add_argument("--kill", action="store_true", help="kill -9 each process in turn meanwhile")
    parser.add_argument("--web", type=int, default=2, help="instances with pages")
    parser.add_argument("--work", type=int, default=1, help="instances that work")
    parser.add_argument("--folder", type=Path, help="of a `make production` that runs")
    asked = parser.parse_args()
    load = Load(asked.people, asked.wishes, asked.tabs, asked.seconds, kill=asked.kill)
    with tempfile.TemporaryDirectory(prefix="sora-studio-load-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL's user passes through
        plan = Plan(Path(folder) / "production", port=0, web=asked.web, work=asked.work)
        lines, wrong = asyncio.run(run(load, plan, asked.folder))
    print("\n".join([*lines, *wrong]))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
