"""A server's clock against ours, measured by the `Date` of its answers (RFC 9110 §6.6.1)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sora_studio.domain.ports import RemoteJob
from sora_studio.providers.wire import read_http_date

if TYPE_CHECKING:
    from httpx2 import Response

_EXACT = timedelta(seconds=5)  # a date tells whole seconds, and is written before the answer arrives


def skew_of(response: "Response") -> timedelta:
    """Return how far the server's clock is ahead of ours; zero where it is not told, or as good as right."""
    date = read_http_date(response.headers.get("date", ""))
    skew = date - datetime.now(UTC) if date else timedelta()
    return skew if abs(skew) > _EXACT else timedelta()


def by_our_clock(job: RemoteJob, skew: timedelta) -> RemoteJob:
    """Return a job with its times as our clock would have told them."""
    if not skew:
        return job

    def ours(theirs: datetime | None) -> datetime | None:
        try:
            return theirs and theirs - skew
        except OverflowError:
            return None

    return replace(
        job,
        created_at=ours(job.created_at),
        completed_at=ours(job.completed_at),
        expires_at=ours(job.expires_at),
    )
