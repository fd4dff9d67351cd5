"""Makes a backup, beside a running studio or without one."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import structlog

from sora_studio.config import ConfigError, Settings
from sora_studio.config.folders import sync_folder
from sora_studio.db.backups import nothing_erased, open_snapshot
from sora_studio.domain.errors import StorageError
from sora_studio.domain.ports import Storage, StoredFile
from sora_studio.services.backups.manifest import (
    DATA,
    DUMP,
    FILES,
    PARTIAL,
    Backup,
    Entry,
    Manifest,
    name_of,
    readable_backups,
    write_list,
    write_manifest,
)
from sora_studio.subprocesses import pg_tools
from sora_studio.subprocesses.lock import InUse, alone_in

_PLAIN = ("instance",)
_SECRET = ("secret_key", "setup_code", "providers.toml", "models")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Origin:
    """A studio of which a backup is made."""

    settings: Settings
    storage: Storage
    url: str  # of its database itself, no pooler


async def create_backup(
    origin: Origin, target: Path, *, secrets: bool = True, keep: int | None = None
) -> Backup:
    """Make a backup, and return it; what an earlier one in the target has of the files is not copied again.

    It appears in one step when it is whole. What one that was cut off left behind is taken away. It blocks
    its event loop now and then: a studio makes it in one of its own.

    Args:
        origin: The studio.
        target: The directory of all backups; made if it is missing.
        secrets: Whether the signing key and the providers go in. Without the key nobody stays logged in.
        keep: How many backups are left in the target afterwards, the newest; None: all.

    Raises:
        ConfigError: Something cannot be used, or pg_dump failed.
        Unavailable: The database cannot be reached.
        StorageError: A file cannot be read.
    """
    target = target.resolve()
    if target.is_relative_to(origin.settings.media_path.resolve()):
        message = f"{target} is among the studio's own files; choose another place."
        raise ConfigError(message)
    try:
        with alone_in(target):
            return await _create(origin, target, secrets=secrets, keep=keep)
    except InUse as error:
        message = f"Another backup is being made in {target}."
        raise ConfigError(message) from error
    except OSError as error:
        message = f"The backup in {target} cannot be written: {error.strerror or error}."
        raise ConfigError(message) from error


async def _create(origin: Origin, target: Path, *, secrets: bool, keep: int | None) -> Backup:
    for cut_off in target.glob(f"*{PARTIAL}"):
        shutil.rmtree(cut_off)
    earlier, broken = readable_backups(target)
    if broken:
        _log.warning("backups_unreadable", paths=[*map(str, broken)])
    now = datetime.now(UTC)
    directory = target / name_of(now)
    partial = directory.with_name(directory.name + PARTIAL)
    partial.mkdir(mode=0o700)
    async with nothing_erased(origin.url):
        async with open_snapshot(origin.url) as snapshot:
            await pg_tools.dump(origin.url, partial / DUMP, snapshot=snapshot.id)
        entries = await _copy_files(origin.storage, target / FILES, earlier[-1:])
    manifest = Manifest(
        created_at=now,
        version=version("sora-studio"),
        revision=snapshot.revision,
        postgres=snapshot.server_version,
        people=snapshot.people,
        videos=snapshot.videos,
        files=len(entries),
        bytes=sum(each.bytes for each in entries),
        dump=Entry.of(partial / DUMP, DUMP),
        listing=write_list(partial, entries),
        data=_copy_data(origin.settings, partial / DATA, (*_PLAIN, *(_SECRET if secrets else ()))),
    )
    write_manifest(partial, manifest)
    _sync(partial)
    partial.rename(directory)
    sync_folder(target)
    made = Backup(directory, manifest)
    if keep is not None:
        _thin_out(target, [*earlier, made][-max(1, keep) :])
    return made


async def _copy_files(storage: Storage, files: Path, earlier: list[Backup]) -> list[Entry]:
    """Copy what is stored, and return what each file is."""
    known = _known(earlier)
    since = earlier[0].manifest.created_at if earlier else datetime.min.replace(tzinfo=UTC)
    entries: list[Entry] = []
    async for page in storage.list_pages():
        for file in page:
            entry = _kept(file, files, known, since) or await _copied(storage, file.key, files / file.key)
            if entry is not None:
                entries.append(entry)
    return entries


def _known(earlier: list[Backup]) -> dict[str, Entry]:
    """Return what earlier backups have; one with a damaged list helps nothing, and hinders nothing."""
    try:
        return {entry.key: entry for backup in earlier for entry in backup.entries()}
    except ConfigError as error:
        _log.warning("backups_unreadable", reason=str(error))
        return {}


def _kept(file: StoredFile, files: Path, known: Mapping[str, Entry], since: datetime) -> Entry | None:
    """Return what is known of a file that an earlier backup has as it is."""
    entry, copy = known.get(file.key), files / file.key
    same = entry is not None and entry.bytes == file.bytes and file.modified_at < since
    return entry if same and copy.is_file() and copy.stat().st_size == file.bytes else None


async def _copied(storage: Storage, key: str, copy: Path) -> Entry | None:
    """Have a file in the backup whole or not at all; None if it has gone meanwhile, as temporary ones do.

    On the same disk it is the same file under another name: files are replaced, and never changed.
    """
    copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = copy.with_name(copy.name + PARTIAL)
    partial.unlink(missing_ok=True)
    try:
        async with storage.materialise(key) as path:
            try:
                partial.hardlink_to(path)
            except OSError:
                shutil.copyfile(path, partial)
    except (StorageError, FileNotFoundError):
        partial.unlink(missing_ok=True)
        if await storage.stat(key) is None:
            return None
        raise
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(copy)
    return Entry.of(copy, key)


def _copy_data(settings: Settings, data: Path, names: tuple[str, ...]) -> list[Entry]:
    """Copy what the data directory has besides database and files."""
    data.mkdir(mode=0o700)
    named = {name: settings.data_dir / name for name in names}
    if "providers.toml" in named:
        named |= {
            "providers.toml": settings.providers_file or named["providers.toml"],
            "models": settings.cards_dir,
        }
    found = {
        f"{name}/{path.name}" if place.is_dir() else name: path
        for name, place in named.items()
        for path in ([*place.glob("*.toml")] if place.is_dir() else [place])
        if path.is_file()
    }
    for name, path in found.items():
        copy = data / name
        copy.parent.mkdir(mode=0o700, exist_ok=True)
        shutil.copyfile(path, copy)
    return [Entry.of(data / name, name) for name in found]


def _thin_out(target: Path, kept: list[Backup]) -> None:
    """Remove all but some backups, and the files that none of these names.

    While one is there that cannot be read, all files stay: it may name any of them.
    """
    found, broken = readable_backups(target)
    for backup in found:
        if backup.directory not in {each.directory for each in kept}:
            shutil.rmtree(backup.directory)
    try:
        named = {entry.key for backup in kept for entry in backup.entries()}
    except ConfigError:
        return
    if broken:
        return
    files = target / FILES
    for path in [*files.rglob("*")]:
        if path.is_file() and path.relative_to(files).as_posix() not in named:
            path.unlink()


def _sync(directory: Path) -> None:
    for path in directory.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
    sync_folder(directory)
