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
    with pytest.raises(StorageError, match="is not a storage key"):
        storage.locate(key)
    with pytest.raises(StorageError, match="is not a storage key"):
        await storage.keep(Path("/nowhere/tmp/x"), key)
    with pytest.raises(StorageError, match="is not a storage key"):
        await storage.drop(key)


@pytest.mark.parametrize("key", ["a", "0", "videos/0b1c/video.mp4", "tmp.mp4", "a/tmp/b"])
def test_plain_keys_are_understood(key):
    with pytest.raises(StorageError, match="missing"):
        LocalStorage(Path("/nowhere")).locate(key)
