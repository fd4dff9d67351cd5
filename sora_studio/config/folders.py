"""What has to be done to a folder so that a rename in it outlives a loss of power."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Write to the disk what a folder lists.

    Raises:
        OSError: The disk refused.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
