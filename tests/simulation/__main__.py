"""Replay a seed: `python -m tests.simulation SEED`; or run many: `python -m tests.simulation FIRST LAST`."""

import sys
import time

from tests.simulation.world import Entry, simulate


def replay(seed: int) -> bool:
    """Print everything that happens in a seed's world, and what was broken."""
    broken, trace = simulate(seed)
    _print(*map(_line, trace), *(f"BROKEN {promise}" for promise in broken))
    return not broken


def sweep(first: int, last: int) -> bool:
    """Run seeds one after another and print those that break something."""
    start, failed = time.process_time(), 0
    for seed in range(first, last + 1):
        if broken := simulate(seed)[0]:
            failed += 1
            _print(seed, *(f"    {promise}" for promise in broken))
    count = last - first + 1
    each = 1000 * (time.process_time() - start) / count
    _print(f"{count} seeds, {failed} broken, {each:.1f} ms of processor time each")
    return not failed


def _print(*lines: object) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def _line(entry: Entry) -> str:
    at, what, details = entry
    return f"{at:10.3f}  {what}  {'  '.join(map(str, details))}"


if __name__ == "__main__":
    numbers = [*map(int, sys.argv[1:])]
    sys.exit(not (replay(*numbers) if len(numbers) == 1 else sweep(*numbers)))
