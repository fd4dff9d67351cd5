"""Keys of kept files: plain paths below the root, and nothing else."""

from pathlib import Path

import pytest

from sora_studio.domain.errors import StorageError
from sora_studio.storage.local import LocalStorage


@pytest.mark.parametrize(
    "key",
    [
        *(
            "",
            "/",
            "/etc/passwd",
            "../secret",
            "a/../b",
            "a/..",
            "..",
            ".",
            "./a",
            "a/./b",
            "a//b",
            "a/",
            "a..b",
        ),
        *(
            "tmp",
            "tmp/x",
            "A",
            "a b",
            "a\0b",
            "a\n",
            "ä",
            ".hidden",
            "a/.hidden",
            "a\\b",
            "~root",
            "C:x",
            "a" * 201,
        ),
    ],
)
async def test_odd_keys_are_refused(key):
    storage = LocalStorage(Path("/nowhere"))
    uses = (
        storage.put(Path("/nowhere/tmp/x"), key),
        storage.open(key).__aenter__(),
        storage.read(key),
        storage.materialise(key).__aenter__(),
        storage.stat(key),
        storage.delete(key),
    )
    for use in uses:
        with pytest.raises(StorageError, match="is not a storage key"):
            await use


@pytest.mark.parametrize("key", ["a", "0", "videos/0b1c/video.mp4", "tmp.mp4", "a/tmp/b"])
async def test_plain_keys_are_understood(key):
    with pytest.raises(StorageError, match="missing"):
        await LocalStorage(Path("/nowhere")).read(key)
