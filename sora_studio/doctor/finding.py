"""What the doctor finds."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    SKIPPED = "skipped"  # it could not be looked at now
    WARNING = "warning"  # the studio works, and something may go wrong
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """What one check has found."""

    check: str  # its name, for programs
    level: Level
    text: str
    remedy: str = ""
    fix: Callable[[], None] | None = field(default=None, repr=False, compare=False)
    fixed: bool = False

    def mended(self) -> "Finding":
        """Do what can be done about it; what cannot stays as it is."""
        if self.fix is None:
            return self
        try:
            self.fix()
        except OSError as error:
            return replace(self, remedy=f"It could not be mended: {error.strerror}. {self.remedy}".strip())
        return replace(self, fixed=True)


def fine(check: str, text: str) -> Finding:
    """Say that a check has found nothing wrong."""
    return Finding(check, Level.OK, text)


def skipped(check: str, why: str) -> Finding:
    """Say that a check was not made."""
    return Finding(check, Level.SKIPPED, why)


def warning(check: str, text: str, remedy: str = "") -> Finding:
    """Say that something may go wrong."""
    return Finding(check, Level.WARNING, text, remedy)


def problem(check: str, text: str, remedy: str = "", *, fix: Callable[[], None] | None = None) -> Finding:
    """Say that something is wrong."""
    return Finding(check, Level.PROBLEM, text, remedy, fix)
