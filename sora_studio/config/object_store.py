"""Where an object store is, and how one gets in."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import SecretStr

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)*", re.ASCII)


def bucket_url(url: str) -> str:
    """Check that a URL names a bucket, and maybe what keys in it begin with; the slash at its end is dropped.

    Raises:
        ValueError: It does not.
    """
    parts, trimmed = urlsplit(url), url.rstrip("/")
    prefix = urlsplit(trimmed).path.removeprefix("/")
    is_bucket = parts.scheme == "s3" and _BUCKET.fullmatch(parts.netloc)
    if not is_bucket or (prefix and not _PREFIX.fullmatch(prefix)) or parts.query or parts.fragment:
        message = "must be a URL such as s3://bucket or s3://bucket/prefix"
        raise ValueError(message)
    return trimmed


@dataclass(frozen=True)
class AccessKey:
    """What signs requests."""

    id: str
    secret: SecretStr
    token: SecretStr | None  # of keys that are for a while only


@dataclass(frozen=True)
class ObjectStore:
    """A part of a bucket that is the studio's own."""

    url: str  # s3://bucket/prefix
    region: str
    endpoint: str | None  # None: Amazon's
    public_endpoint: str | None  # where browsers reach it; None: they do not
    key: AccessKey | None  # None: the role of this machine

    @property
    def bucket(self) -> str:
        """Return the name of the bucket."""
        return urlsplit(self.url).netloc

    @property
    def prefix(self) -> str:
        """Return what all keys begin with; empty where the bucket is all ours."""
        return urlsplit(self.url).path.removeprefix("/")
