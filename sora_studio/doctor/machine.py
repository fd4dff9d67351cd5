"""Checks of the machine: its disk, its limits, and what is built on it."""

import resource
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from sora_studio.config import Settings
from sora_studio.doctor.finding import Finding, fine, problem, skipped, warning
from sora_studio.domain.errors import StorageError
from sora_studio.domain.ports import Storage
from sora_studio.services.backups.daily import target_of
from sora_studio.services.disk_space import FREE_FLOOR
from sora_studio.web import frontend

_LOW = 0.1  # of the disk
_FILES = 4096  # a studio with a thousand open pages
_WORDS = b"The doctor was here."


async def check_storage(storage: Storage, remedy: str) -> Finding:
    """Store a file, read it, and remove it."""
    key = f"doctor/{uuid4().hex}"
    try:
        path = storage.spool()
        path.write_bytes(_WORDS)
        await storage.put(path, key)
        is_same = await storage.read(key) == _WORDS
        await storage.delete(key)
    except (StorageError, OSError) as error:
        return problem("storage", f"A file cannot be stored. {error}", remedy)
    if not is_same:
        return problem("storage", "A file that was stored is another one when it is read.")
    return fine("storage", "Files can be stored and read.")


def check_disk_space(storage: Storage, *, floor: int = FREE_FLOOR) -> Finding:
    """Look whether another video could be saved."""
    free, size = storage.free_bytes(), storage.size_bytes()
    left = f"{free / 1e9:.1f} of {size / 1e9:.1f} GB are left"
    if free < floor:
        return problem("disk_space", f"The disk is full: {left}, and nothing new is made.", "Make room.")
    if free < size * _LOW:
        return warning("disk_space", f"The disk is nearly full: {left}.", "Make room.")
    return fine("disk_space", f"{left} for videos.")


def check_open_files(most: int | None = None) -> Finding:
    """Look how many connections this user may have open; a start raises the limit as far as it may.

    Args:
        most: How far that is; None: as it is here.
    """
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1] if most is None else most
    if hard != resource.RLIM_INFINITY and hard < _FILES:
        text = f"A process may open {hard} files: so few people can be connected."
        return warning("open_files", text, "Raise the limit: ulimit -n, or LimitNOFILE in systemd.")
    return fine("open_files", "A process may open enough files.")


def check_front_end(*, is_built: bool | None = None, is_current: bool | None = None) -> Finding:
    """Look whether what browsers get is built of the present code.

    Args:
        is_built: None: as it is here.
        is_current: The same.
    """
    if not (frontend.is_built() if is_built is None else is_built):
        return problem("front_end", "The pages are not built.", "make install")
    if not (frontend.is_current() if is_current is None else is_current):
        return warning("front_end", "The pages are of another version of the code.", "make install")
    return fine("front_end", "The pages are built.")


def check_backup_disk(settings: Settings) -> Finding:
    """Look whether backups outlive the disk."""
    if settings.backups is None:
        return skipped("backup_disk", "There are no daily backups.")
    target = target_of(settings, settings.backups)
    if settings.media_url is None and _device(target) == _device(settings.media_path):
        text = f"Backups are on the disk of the videos ({target}): who loses that disk loses both."
        return warning("backup_disk", text, 'Name another disk: SORA_STUDIO_BACKUPS="to=/mnt/backups".')
    return fine("backup_disk", f"Backups are on a disk of their own ({target}).")


def _device(path: Path) -> int:
    nearest = next(each for each in (path, *path.absolute().parents) if each.exists())
    return nearest.stat().st_dev


def as_words(age: timedelta) -> str:
    """Write a length of time: days, or hours."""
    return f"{age.days} days" if age.days > 1 else f"{age.total_seconds() / 3600:.0f} hours"
