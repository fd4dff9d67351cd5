"""Webhooks out: what is said to an endpoint, and when it is said again. Pure."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sora_studio.domain.errors import InvalidInput

ENDPOINTS_MAX = 20  # of one person
URL_MAX = 2048
TIMEOUT = timedelta(seconds=15)  # of one attempt, all of it
OVERLAP = timedelta(hours=24)  # in which a secret that was rotated signs beside the new one

SCHEDULE = (
    timedelta(),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
"""How long after the attempt before each one comes, as Standard Webhooks advises: 75 hours in all."""

_JITTER = 0.1  # of a pause, more at most: what failed together does not come back together
_GONE = 410
SUCCESSES = range(200, 300)
"""What an endpoint answers that has taken a message."""


class EventType(StrEnum):
    """What an endpoint can be told."""

    VIDEO_COMPLETED = "video.completed"
    VIDEO_FAILED = "video.failed"
    VIDEO_NEEDS_ATTENTION = "video.needs_attention"
    BUDGET_THRESHOLD_REACHED = "budget.threshold_reached"


@dataclass(frozen=True)
class EndpointView:
    """An endpoint as its person sees it."""

    id: UUID
    name: str
    url: str
    event_types: tuple[EventType, ...]
    format: str
    secret_hint: str
    created_at: datetime
    updated_at: datetime
    disabled_at: datetime | None  # it answered 410 Gone


@dataclass(frozen=True)
class FreshSecret:
    """An endpoint whose secret was just made, the one time that it is shown."""

    view: EndpointView
    secret: str = field(repr=False)


@dataclass(frozen=True)
class MessageView:
    """One message to an endpoint, and what became of it."""

    id: UUID
    event_type: EventType
    subject: str  # the public id of what it is about
    created_at: datetime
    attempts: int
    delivered_at: datetime | None
    failed_at: datetime | None  # no attempt follows
    next_at: datetime | None
    status_code: int | None  # of the last attempt; None: there was no answer
    error: str | None


@dataclass(frozen=True)
class DueMessage:
    """A claimed message, and what it takes to send it."""

    id: UUID
    fence: int
    endpoint_id: UUID
    url: str
    format: str
    secrets: tuple[str, ...] = field(repr=False)
    event_type: str
    subject: str
    created_at: datetime
    attempts: int  # before this one
    may_hear: bool = True  # whether its person may still see the video


@dataclass(frozen=True)
class Answer:
    """What came of an attempt."""

    status_code: int | None = None  # None: there was no answer
    retry_after: timedelta | None = None
    error: str | None = None

    @property
    def is_success(self) -> bool:
        """Tell whether it was taken: a redirect is none, as nobody follows it."""
        return self.status_code is not None and self.status_code in SUCCESSES

    @property
    def is_gone(self) -> bool:
        """Tell whether the endpoint wants to hear nothing from now on."""
        return self.status_code == _GONE


def payload(event_type: str, created_at: datetime, subject: str) -> bytes:
    """Write the body of a message: thin, so that nothing stale or secret travels."""
    body = {"type": event_type, "created_at": int(created_at.timestamp()), "data": {"id": subject}}
    return json.dumps(body, separators=(",", ":")).encode()


def next_attempt(attempts: int, answer: Answer, chance: float) -> timedelta | None:
    """Say how long to wait after the nth attempt, which failed; None: it was the last.

    Args:
        attempts: So many were made.
        answer: How the last one ended: it may ask for a longer pause, of a day at most.
        chance: 0 to 1, for the jitter.
    """
    if attempts >= len(SCHEDULE):
        return None
    pause = SCHEDULE[attempts] * (1 + _JITTER * chance)
    asked = min(answer.retry_after or timedelta(), SCHEDULE[-1])
    return max(pause, asked)


def clean_event_types(words: Iterable[str]) -> tuple[EventType, ...]:
    """Read event types.

    Raises:
        InvalidInput: There is none, or one that nobody knows.
    """
    chosen = set(words)
    if not chosen or chosen - set(EventType):
        message = f"event_types are some of {', '.join(EventType)}."
        raise InvalidInput(message, "event_types")
    return tuple(each for each in EventType if each in chosen)
