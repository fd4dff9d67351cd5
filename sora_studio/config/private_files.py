"""Who else on this machine can read what is the studio's: looked at before every start."""

import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from sora_studio.config.providers_file import secret_files
from sora_studio.config.settings import Settings

_OTHERS = stat.S_IRWXO
_NOT_US = stat.S_IRWXG | stat.S_IRWXO
_POSTGRES = "postgres"
_PASS = stat.S_IXGRP  # PostgreSQL's user, where it is not ours, passes through the data directory


def close_to_others(data_dir: Path) -> tuple[list[Path], list[Path]]:
    """Close everything in the data directory to everybody but its owner.

    What is below a directory that was closed already has been out of reach, so it is not looked at: only the
    first start after the modes were wrong reads the whole tree. PostgreSQL looks after its own.

    Returns:
        What was closed, and what could not be.
    """
    closed: list[Path] = []
    still_open: list[Path] = []
    for path, closed_mode in _open_ones(data_dir, is_top=True):
        try:
            path.chmod(closed_mode)
        except OSError:  # not ours, or a file system without modes
            still_open.append(path)
        else:
            closed.append(path)
    return closed, still_open


def open_to_others(data_dir: Path) -> list[Path]:
    """Return what `close_to_others` would close."""
    return [path for path, _ in _open_ones(data_dir, is_top=True)]


def open_secrets(settings: Settings, named: Iterable[Path]) -> list[Path]:
    """Return the files with secrets, outside the data directory, that any user of this machine can read.

    Args:
        settings: Name the file of providers, which names more.
        named: What else holds one.
    """
    providers = settings.providers_file or settings.data_dir / "providers.toml"
    theirs = [path for path in secret_files(providers) if settings.data_dir not in path.parents]
    return [path for path in (*named, *theirs) if _mode(path) & _OTHERS]


def _open_ones(place: Path, *, is_top: bool) -> Iterator[tuple[Path, int]]:
    """Yield what others could get at in a place, and the mode that closes it: itself first."""
    mode = _mode(place)
    kept = _PASS if is_top and mode & stat.S_IRWXG == _PASS else 0
    is_open = bool(mode & _NOT_US & ~kept)
    if is_open:
        yield place, mode & ~_NOT_US | kept
    if not (is_open or is_top):
        return
    for path in _entries(place):
        if path.is_symlink() or (is_top and path.name == _POSTGRES):
            continue
        if path.is_dir():
            yield from _open_ones(path, is_top=False)
        elif path.is_file() and (mode := _mode(path)) & _NOT_US:
            yield path, mode & ~_NOT_US


def _entries(place: Path) -> list[Path]:
    try:
        return [*place.iterdir()]
    except OSError:  # somebody else's, who keeps us out as well
        return []


def _mode(path: Path) -> int:
    """Return the mode of a file; that of a closed one when it has just gone."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return 0
