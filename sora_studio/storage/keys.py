"""Keys of stored files: plain paths, never a client's file name."""

import re

from sora_studio.domain.errors import FileMissing, StorageError

SPOOL = "tmp"
"""What no key begins with."""

_KEY = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*")
_LONGEST = 200


def is_key(text: str) -> bool:
    """Tell whether a file of this name is one of ours."""
    return (
        len(text) <= _LONGEST
        and _KEY.fullmatch(text) is not None
        and ".." not in text
        and text.partition("/")[0] != SPOOL
    )


def require_key(text: str) -> str:
    """Return a key; keys are the studio's own, so a wrong one is a bug.

    Raises:
        StorageError: It is none.
    """
    if not is_key(text):
        message = f"{text[:_LONGEST]!r} is not a storage key."
        raise StorageError(message)
    return text


def missing(key: str) -> FileMissing:
    """Say that a file is not there."""
    return FileMissing(f"The file {key} is missing from storage.")
