"""What a backup says of itself: written last, so that a backup without one is none."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from sora_studio.config import ConfigError

FILES = "files"
DUMP = "database.dump"
DATA = "data"
PARTIAL = ".partial"

_MANIFEST, _LIST = "manifest.json", "files.jsonl"
_CHUNK = 1024 * 1024  # bytes


class Entry(BaseModel):
    """A file of a backup."""

    key: str  # where it is: in the store, in the backup, or in the data directory
    bytes: int
    sha256: str

    @classmethod
    def of(cls, path: Path, key: str) -> "Entry":
        """Read a file that is there.

        Raises:
            OSError: It cannot be read.
        """
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        return cls(key=key, bytes=path.stat().st_size, sha256=digest.hexdigest())


class Manifest(BaseModel):
    """A whole backup."""

    format: Literal[1] = 1
    created_at: datetime
    version: str  # of the studio
    revision: str  # of the schema
    postgres: str  # the version of the server
    people: int
    videos: int
    files: int
    bytes: int  # of all files
    dump: Entry
    listing: Entry
    data: list[Entry]


@dataclass(frozen=True)
class Backup:
    """One backup in a target."""

    directory: Path
    manifest: Manifest

    @property
    def files(self) -> Path:
        """Return where the files of all backups are."""
        return self.directory.parent / FILES

    def entries(self) -> Iterator[Entry]:
        """Yield its files.

        Raises:
            ConfigError: The list of them is missing or damaged.
        """
        path = self.directory / _LIST
        try:
            with path.open(encoding="utf-8") as lines:
                for line in lines:
                    yield Entry.model_validate_json(line)
        except (OSError, ValueError) as error:  # ValueError: pydantic's, and of bytes that are no text
            message = f"{path} is missing or damaged."
            raise ConfigError(message) from error


def name_of(moment: datetime) -> str:
    """Return the name of the directory of a backup, by which they sort."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H-%M-%S.%fZ")


def write_list(directory: Path, entries: list[Entry]) -> Entry:
    """Write the list of files of a backup, and return what the manifest says of it."""
    path = directory / _LIST
    with path.open("w", encoding="utf-8") as lines:
        lines.writelines(f"{each.model_dump_json()}\n" for each in entries)
    return Entry.of(path, _LIST)


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Make a directory a backup."""
    (directory / _MANIFEST).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")


def all_backups(target: Path) -> list[Backup]:
    """Return the whole backups in a target, the oldest first.

    Raises:
        ConfigError: One has a manifest that this version cannot read.
    """
    return [*map(_open, _directories(target))]


def readable_backups(target: Path) -> tuple[list[Backup], list[Path]]:
    """Return the whole backups in a target, the oldest first, and where those with a broken manifest are."""
    found: list[Backup] = []
    broken: list[Path] = []
    for directory in _directories(target):
        try:
            found.append(_open(directory))
        except ConfigError:
            broken.append(directory)
    return found, broken


def find_backup(source: Path) -> Backup:
    """Return the backup in a directory, or the newest of a target.

    Raises:
        ConfigError: There is none, or this version cannot read it.
    """
    if (source / _MANIFEST).is_file():
        return _open(source)
    found = all_backups(source) if source.is_dir() else []
    if not found:
        message = f"There is no backup in {source}."
        raise ConfigError(message)
    return found[-1]


def _directories(target: Path) -> list[Path]:
    found = (path.parent for path in sorted(target.glob(f"*/{_MANIFEST}")))
    return [directory for directory in found if not directory.name.endswith(PARTIAL)]


def _open(directory: Path) -> Backup:
    path = directory.resolve() / _MANIFEST
    try:
        return Backup(path.parent, Manifest.model_validate_json(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        message = f"{path} is no manifest that this version of the studio can read."
        raise ConfigError(message) from error
