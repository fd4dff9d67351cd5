"""How calm the machine is, for figures that have no baseline to be compared with."""

import time

_SPIN = 0.3  # seconds of processor time


def slowdown() -> float:
    """Return how many seconds pass while this process works for one: 1 when nobody else does."""
    began, worked = time.perf_counter(), time.process_time()
    while (spent := time.process_time() - worked) < _SPIN:
        pass
    return (time.perf_counter() - began) / spent
