"""The ledger: what really happened, for tests to compare with what a client believes."""

import dataclasses
from collections.abc import Mapping

from fastapi import APIRouter, Depends

from sora_sandbox.dependencies import CurrentSandbox, require_api_key
from sora_sandbox.job_store import VideoRecord
from sora_sandbox.operations import OPERATIONS
from sora_sandbox.wire import Json

router = APIRouter(dependencies=[Depends(require_api_key)])


@router.get("/ledger")
async def read_ledger(sandbox: CurrentSandbox) -> Json:
    """Return every job that was ever accepted, deleted ones included, and how many requests came in."""
    by_operation, by_key = sandbox.store.request_counts()
    return {
        "object": "list",
        "data": [_entry(job, by_key) for job in sandbox.store.ledger()],
        "seen": {**dict.fromkeys(OPERATIONS, 0), **by_operation},
        "keys": by_key,
    }


def _entry(job: VideoRecord, posts_by_key: Mapping[str, int]) -> Json:
    entry = dataclasses.asdict(job)
    key = entry.pop("sent_key")
    return {**entry, "idempotency_key": key, "posts": posts_by_key.get(key or "")}
