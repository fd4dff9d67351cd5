"""Makes a studio of a backup, in a place where none has been, whole or not at all."""

import hashlib
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sora_studio.config import ConfigError, Settings
from sora_studio.db.access import find_access
from sora_studio.db.backups import doubt_unsent, has_tables
from sora_studio.db.migrations import is_known, migrate
from sora_studio.domain.errors import StorageError
from sora_studio.domain.ports import Storage
from sora_studio.services.backups.manifest import DATA, Backup, Entry
from sora_studio.storage.opening import open_storage
from sora_studio.subprocesses import pg_tools
from sora_studio.subprocesses.postgres import embedded_postgres

_CHUNK = 1024 * 1024  # bytes


@dataclass(frozen=True)
class Restored:
    """What came of it."""

    backup: Backup
    unclear: int  # wishes that had not been sent, and may have been since


async def restore(settings: Settings, backup: Backup) -> Restored:
    """Restore a backup into an empty data directory, and into an empty database where one is set.

    Files first and the database last, in one transaction; if anything fails, what was written is taken away.

    Args:
        settings: Of the studio that is to be.
        backup: A whole one; each file is compared with what is said of it while it is copied.

    Raises:
        ConfigError: The place is not empty, or the backup is damaged or a newer version's.
        Unavailable: The database cannot be reached.
        StorageError: A file cannot be written.
    """
    if not is_known(backup.manifest.revision):
        message = (
            f"This backup was made by a newer version ({backup.manifest.version}); restore it with that one."
        )
        raise ConfigError(message)
    places = [settings.data_dir.resolve(), settings.media_path.resolve()]
    if taken := next((place for place in places if place.is_dir() and any(place.iterdir())), None):
        message = f"{taken} is not empty. A backup is restored where nothing is yet."
        raise ConfigError(message)
    storage = open_storage(settings)
    if [file async for page in storage.list_pages() for file in page]:
        message = (
            f"{settings.media_url} is not empty. Restore into a bucket or a prefix of its own: "
            "neither inside another studio's nor around it."
        )
        raise ConfigError(message)
    begun: list[str] = []
    try:
        async with _empty_database(settings) as url:
            _restore_data(settings, backup)
            await _restore_files(storage, backup, begun)
            dump = backup.directory / backup.manifest.dump.key
            _require(dump, backup.manifest.dump)
            await pg_tools.restore(url, dump)
            unclear = await doubt_unsent(url)
            await migrate(url)
    except BaseException:
        with suppress(StorageError):
            for key in begun:
                await storage.delete(key)
        for place in places:
            _empty(place)
        raise
    return Restored(backup, unclear)


@asynccontextmanager
async def _empty_database(settings: Settings) -> AsyncIterator[str]:
    if settings.database_url is None:
        async with embedded_postgres(settings.data_dir) as url:
            yield url
        return
    direct = settings.database_direct_url or settings.database_url
    access = await find_access(direct.get_secret_value())
    url = access.direct_url or access.url
    if await has_tables(url):
        message = "A studio has used this database. A backup is restored into an empty one."
        raise ConfigError(message)
    yield url


def _restore_data(settings: Settings, backup: Backup) -> None:
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    for entry in backup.manifest.data:
        path = backup.directory / DATA / entry.key
        _require(path, entry)
        copy = settings.data_dir / entry.key
        copy.parent.mkdir(mode=0o700, exist_ok=True)
        shutil.copyfile(path, copy)


async def _restore_files(storage: Storage, backup: Backup, begun: list[str]) -> None:
    """Store all files; name each before it is there, so that nobody else's is taken away with them."""
    _require(backup.directory / backup.manifest.listing.key, backup.manifest.listing)
    for entry in backup.entries():
        spooled, digest = storage.spool(), hashlib.sha256()
        try:
            with (backup.files / entry.key).open("rb") as file, spooled.open("wb") as copy:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
                    copy.write(chunk)
        except FileNotFoundError as error:
            raise _damaged(backup.files / entry.key) from error
        except OSError as error:
            message = f"{entry.key} cannot be restored: {error.strerror}."
            raise ConfigError(message) from error
        if digest.hexdigest() != entry.sha256:
            raise _damaged(backup.files / entry.key)
        begun.append(entry.key)
        await storage.put(spooled, entry.key)


def _require(path: Path, entry: Entry) -> None:
    """Make sure that a file is what the backup says of it."""
    try:
        same = Entry.of(path, entry.key) == entry
    except OSError:
        same = False
    if not same:
        raise _damaged(path)


def _damaged(path: Path) -> ConfigError:
    return ConfigError(f"{path} is damaged or missing: nothing was restored. `backup verify` tells more.")


def _empty(place: Path) -> None:
    for path in place.iterdir() if place.is_dir() else ():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
