"""What a provider says it has taken: the oracle that an audit believes."""

import hashlib
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from sora_studio.domain.video import Status
from tests.support.provider import FakeProvider
from tests.support.waiting import PATIENCE

_DOLLARS_PER_SECOND = {
    ("sora-2-pro", "1792x1024"): 0.5,
    ("sora-2-pro", "1024x1792"): 0.5,
    ("sora-2-pro", "1920x1080"): 0.7,
    ("sora-2-pro", "1080x1920"): 0.7,
}
_OTHERWISE = {"sora-2": 0.1, "sora-2-pro": 0.3}
"""The price list once more, so that an audit does not believe the studio's own."""


@dataclass(frozen=True)
class Accepted:
    """One job that a provider took, and would bill unless it failed."""

    remote_id: str
    key: str | None  # the Idempotency-Key that it came with: the id of our job
    status: str  # one of the API's four words
    model: str
    size: str
    seconds: str
    deleted: bool = False
    sha256: str | None = None  # of the file, where it can still be had
    posts: int | None = None  # how many POSTs came with this key

    @property
    def micros(self) -> int:
        """Return what it costs in micro-dollars; nothing when it failed, or on a server of one's own."""
        model = self.model.removeprefix("openai/")  # as gateways call it
        rate = _DOLLARS_PER_SECOND.get((model, self.size)) or _OTHERWISE.get(model, 0.0)
        return 0 if self.status == "failed" else round(rate * int(self.seconds) * 1_000_000)


def of_sandbox(base_url: str, since: int = 0) -> list[Accepted]:
    """Read a running sandbox's ledger, and hash every file that it still hands out.

    Args:
        base_url: What an SDK is pointed at: ends in /v1. All faults must be cleared.
        since: How many jobs to leave out, the oldest first.
    """
    entries: list[dict[str, Any]] = json.loads(_read(f"{base_url[:-2]}ledger") or b"")["data"]
    return [
        Accepted(
            remote_id=entry["id"],
            key=entry["idempotency_key"],
            status=entry["status"],
            model=entry["model"],
            size=entry["size"],
            seconds=entry["seconds"],
            deleted=entry["deleted_at"] is not None,
            sha256=_hash(_read(f"{base_url}/videos/{entry['id']}/content")),
            posts=entry.get("posts"),
        )
        for entry in entries[since:]
    ]


def of_fake(provider: FakeProvider) -> list[Accepted]:
    """Read what a provider in memory took."""
    return [
        Accepted(
            remote_id=job.remote_id,
            key=provider.keys.get(job.remote_id),
            status=job.status or Status.IN_PROGRESS,
            model=job.model or "",
            size=job.size or "",
            seconds=job.seconds or "",
            deleted=job.remote_id in provider.deleted,
            sha256=_hash(provider.files.get(job.remote_id)),
        )
        for job in provider.jobs.values()
    ]


def _read(url: str) -> bytes | None:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return answer.read()
    except urllib.error.HTTPError:
        return None  # failed, expired, deleted


def _hash(data: bytes | None) -> str | None:
    return None if data is None else hashlib.sha256(data).hexdigest()
