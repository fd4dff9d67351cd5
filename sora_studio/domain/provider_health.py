"""How a provider is doing, as far as this process has seen."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

_KEPT = 200  # requests whose times are remembered


@dataclass(frozen=True)
class ProviderHealth:
    """What there is to say of a provider's answers."""

    left_alone: float = 0.0  # seconds for which nothing is asked, because it does not answer; 0: it is asked
    requests: int = 0  # since the start of the process
    p50: float | None = None  # seconds of the last requests; None: there was none
    p95: float | None = None
    last_error: str = ""  # in the server's words
    last_error_at: datetime | None = None
    is_open: bool = False  # it has not answered; also while it is tried again


@dataclass
class HealthRecord:
    """Remembers the last requests to one provider."""

    requests: int = 0
    last_error: str = ""
    last_error_at: datetime | None = None
    _seconds: deque[float] = field(default_factory=lambda: deque[float](maxlen=_KEPT))

    def answered(self, seconds: float) -> None:
        """Count a request that was answered, whatever the answer was."""
        self.requests += 1
        self._seconds.append(seconds)

    def failed(self, words: str) -> None:
        """Keep what was said last instead of what was asked for."""
        self.last_error, self.last_error_at = words, datetime.now(UTC)

    def read(self, left_alone: float, *, is_open: bool = False) -> ProviderHealth:
        """Return what is known now."""
        taken = sorted(self._seconds)
        return ProviderHealth(
            left_alone,
            self.requests,
            _share(taken, 0.5),
            _share(taken, 0.95),
            self.last_error,
            self.last_error_at,
            is_open,
        )


def _share(ordered: Sequence[float], share: float) -> float | None:
    """Return the time within which that share of the requests was answered (nearest rank)."""
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else None
