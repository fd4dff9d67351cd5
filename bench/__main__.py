"""Run the measurements: `python -m bench`, or some of them by name: `python -m bench library search`.

One JSON line per metric on standard output and at the end of bench/results.jsonl, then a table.
Ends with 1 when a hard gate is missed.
"""

import asyncio
import importlib
import json
import subprocess
import sys
import time
from pathlib import Path

from bench.lab.history import History
from bench.lab.lab import ROWS, Lab, opened
from bench.lab.metric import Metric
from bench.lab.table import table

TARGETS = (
    *("polling", "reading", "idle"),
    *("library", "search", "money", "statements", "metrics", "writes", "refresh", "pictures"),
    *("creating", "pushing", "webhooks", "bursts", "weight", "startup", "shutdown", "rendering", "attacks"),
)
"""Every measurement: the names of the modules beside this one, in the order they run."""

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results.jsonl"


async def run(names: list[str], history: History) -> list[Metric]:
    """Run measurements one after the other, writing down each metric as it comes."""
    metrics: list[Metric] = []
    async with opened() as lab:
        for name in names:
            metrics += await _measure(name, lab, history)
    return metrics


async def _measure(name: str, lab: Lab, history: History) -> list[Metric]:
    began = time.monotonic()
    metrics: list[Metric] = await importlib.import_module(f"bench.{name}").measure(lab)
    for metric in metrics:
        print(json.dumps(history.write(metric), ensure_ascii=False), flush=True)
    print(f"{name} took {time.monotonic() - began:.0f} s", file=sys.stderr)
    return metrics


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def main() -> None:
    """Measure what the command line names, or everything."""
    names = sys.argv[1:] or [*TARGETS]
    if unknown := [name for name in names if name not in TARGETS]:
        sys.exit(f"There is no measurement {', '.join(unknown)}. There are: {', '.join(TARGETS)}.")
    history = History(RESULTS, _commit(), ROWS)
    metrics = asyncio.run(run(names, history))
    print(table(metrics, history))
    missed = [metric.id for metric in metrics if metric.is_missed_gate or history.is_worse(metric)]
    if missed:
        sys.exit(f"Missed: {', '.join(missed)}")


if __name__ == "__main__":
    main()
