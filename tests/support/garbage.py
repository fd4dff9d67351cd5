"""What stands when the tests are collected stays: the garbage collector need not walk over it again."""

import gc


def pytest_collection_finish() -> None:
    """Take the modules, and all that they hold, out of the collector's sight."""
    gc.collect()
    gc.freeze()
