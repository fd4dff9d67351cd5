"""The ledger: what was reserved, spent and given back, line by line, for good."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class EntryKind(StrEnum):
    """What an entry does to the money of an attempt."""

    RESERVE = "reserve"  # puts its price on hold
    SETTLE = "settle"  # the provider took it: the hold ends and its price is spent
    RELEASE = "release"  # the hold ends and nothing is spent
    CORRECT = "correct"  # adds to what was spent, or takes away: another price, a refund, a late find


@dataclass(frozen=True)
class Entry:
    """One line, never changed and never deleted; it refers to nothing, and outlives videos and accounts."""

    id: int  # grows; where several are written at a time, not in the order in which they are seen
    job_id: UUID
    kind: EntryKind
    micros: int | None  # negative only in a correction; None: nobody knew the price
    at: datetime
    reserved_at: datetime  # of the attempt: the window in which it counts
    user_id: UUID | None
    project_id: UUID | None
    provider: str
    model: str
    api_key_id: UUID | None  # None: it came from a page
    seconds: int  # of video
