"""The background work as its scheduler and those who wake it know it: names and intervals."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class TaskName(StrEnum):
    """The periodic tasks."""

    AGENDA = "agenda"
    SUBMIT = "submit"
    REFRESH = "refresh"
    RECONCILE = "reconcile"
    ARCHIVE = "archive"
    HEARTBEAT = "heartbeat"
    PURGE = "purge"
    SCRUB = "scrub"
    MODELS = "models"
    WEBHOOKS = "webhooks"
    USAGE = "usage"
    BACKUP = "backup"
    INSTANCE = "instance"


Wake = Callable[[TaskName], None]
"""Has a task run now, or once more right after the run that is under way."""


@dataclass(frozen=True)
class PeriodicTask:
    """One piece of background work, how often it runs, and how long after the start for the first time."""

    name: TaskName
    every: timedelta | None  # None: once after the start, and whenever it is woken
    run: Callable[[], Awaitable[object]]
    after: timedelta = timedelta()
