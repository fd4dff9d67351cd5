"""Looks whether a backup could be restored: every byte of it is read."""

from collections.abc import Iterator
from pathlib import Path

from sora_studio.config import ConfigError
from sora_studio.services.backups.manifest import DATA, Backup, Entry
from sora_studio.subprocesses import pg_tools


async def verify(backup: Backup) -> list[str]:
    """Return what is wrong with a backup, a sentence each."""
    wrong = [*_wrong(backup)]
    try:
        await pg_tools.check_dump(backup.directory / backup.manifest.dump.key)
    except ConfigError as error:
        wrong += error.problems
    return wrong


def _wrong(backup: Backup) -> Iterator[str]:
    manifest = backup.manifest
    of_its_own = [(backup.directory, manifest.dump), (backup.directory, manifest.listing)]
    of_its_own += [(backup.directory / DATA, entry) for entry in manifest.data]
    for place, entry in of_its_own:
        yield from compare(place / entry.key, entry)
    try:
        for entry in backup.entries():
            yield from compare(backup.files / entry.key, entry)
    except (OSError, ValueError):
        yield "The list of files cannot be read."


def compare(path: Path, entry: Entry) -> Iterator[str]:
    """Say if a file is not what a backup says of it."""
    try:
        found = Entry.of(path, entry.key)
    except OSError as error:
        yield f"{path}: {error.strerror}."
        return
    if found.bytes != entry.bytes:
        yield f"{path}: {found.bytes} bytes instead of {entry.bytes}."
    elif found != entry:
        yield f"{path}: its content has changed."
