"""Checks of the backups."""

from datetime import datetime, timedelta
from pathlib import Path

from sora_studio.config import ConfigError, Settings
from sora_studio.doctor.finding import Finding, fine, problem, warning
from sora_studio.doctor.machine import as_words
from sora_studio.services.backups.daily import target_of
from sora_studio.services.backups.manifest import DATA, DUMP, Backup, Entry, readable_backups

OLD = timedelta(hours=26)
"""A day, and time to make one."""

_BY_HAND = "sora-studio backup TARGET, and look for backup_failed in the log."


def check_backups(settings: Settings, now: datetime) -> list[Finding]:
    """Look whether the newest backup is there, of today, and whole."""
    if settings.backups is None:
        text = "The studio makes no backups by itself (SORA_STUDIO_BACKUPS=off)."
        return [warning("backups", text, "Make sure that something else does.")]
    target = target_of(settings, settings.backups)
    try:
        backups, broken = readable_backups(target)
    except OSError as error:
        return [problem("backups", f"{target} cannot be read: {error.strerror}.")]
    found = [_broken(broken)] if broken else []
    if not backups:
        return [warning("backups", f"There is no backup in {target} yet.", _BY_HAND), *found]
    return [_age(backups[-1], now), _whole(backups[-1]), *found]


def _broken(directories: list[Path]) -> Finding:
    text = f"{len(directories)} backups have a manifest that cannot be read, {directories[0]} for one."
    remedy = "Files that no backup names stay until it is gone: remove its directory when you are sure."
    return problem("backup_manifests", text, remedy)


def _age(newest: Backup, now: datetime) -> Finding:
    age = now - newest.manifest.created_at
    if age > OLD:
        return problem("backups", f"The newest backup is {as_words(age)} old.", _BY_HAND)
    return fine("backups", f"The newest backup is {as_words(age)} old.")


def _whole(newest: Backup) -> Finding:
    """Compare sizes; `backup verify` reads every byte."""
    manifest = newest.manifest
    try:
        wanted = [
            (newest.directory / DUMP, manifest.dump),
            *((newest.directory / DATA / each.key, each) for each in manifest.data),
            *((newest.files / each.key, each) for each in newest.entries()),
        ]
    except ConfigError as error:
        return problem("backup_files", str(error), _BY_HAND)
    wrong = [path for path, entry in wanted if not _fits(path, entry)]
    if wrong:
        text = f"{len(wrong)} files of the newest backup are missing or cut short, {wrong[0]} for one."
        return problem("backup_files", text, _BY_HAND)
    return fine("backup_files", f"The newest backup has all of its {len(wanted)} files.")


def _fits(path: Path, entry: Entry) -> bool:
    try:
        return path.stat().st_size == entry.bytes
    except OSError:
        return False
