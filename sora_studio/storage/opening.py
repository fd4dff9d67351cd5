"""Chooses where the videos' files are."""

from pathlib import Path

from sora_studio.config import Settings
from sora_studio.config.object_store import ObjectStore
from sora_studio.domain.ports import Storage
from sora_studio.storage.keys import SPOOL
from sora_studio.storage.local import LocalStorage


def open_storage(settings: Settings) -> Storage:
    """Return the storage of the settings; nothing is made or asked yet."""
    chosen = settings.object_store
    return open_bucket(settings, chosen) if chosen else LocalStorage(settings.media_path)


def open_bucket(settings: Settings, chosen: ObjectStore) -> Storage:
    """Return the storage in a bucket, whatever the settings say of where the files are."""
    from sora_studio.storage.s3 import S3Storage  # noqa: PLC0415 -- most studios need no object store

    near: Path = settings.data_dir / "cache" / "pictures"
    return S3Storage(settings.media_path / SPOOL, near, chosen)
