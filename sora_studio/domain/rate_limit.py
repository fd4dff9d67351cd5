"""How much may be asked of a provider, and whether it is there: two small machines over a monotonic clock.

Both are told the time in seconds and never look at a clock of their own.
"""

from dataclasses import dataclass

from sora_studio.domain.profile import RateLimit

SILENCE = frozenset({"unreachable", "timeout", "connection_lost"})
"""The codes of requests that nobody answered."""

CAREFUL = 300.0
"""Seconds after a 429 without bursts: what was saved up meanwhile would meet a server that is full."""

FAILURES = 5
"""Failures in a row after which a provider is left alone."""

PROBE_FIRST, PROBE_CEILING = 2.0, 15.0
"""Seconds until the first probe, doubled after each that fails, and the most."""

_MEANWHILE = 1.0  # seconds until the answer to a probe under way may be there


@dataclass
class TokenBucket:
    """A token bucket: requests per second on average, some at once after a rest."""

    rate_limit: RateLimit
    at: float  # when `tokens` was true
    tokens: float = 1.0
    refused_at: float | None = None  # the last time that the provider said: too many

    def wait(self, now: float) -> float:
        """Return the seconds until one more request may go, 0 when it may go now."""
        self._fill(now)
        return max(0.0, (1 - self.tokens) / self.rate_limit.per_second)

    def take(self, now: float) -> None:
        """Count a request; taken ahead of time, it makes the next ones wait for longer."""
        self._fill(now)
        self.tokens -= 1

    def refused(self, now: float) -> None:
        """Begin anew without anything saved up: the provider counts otherwise than we do."""
        self._fill(now)
        self.tokens, self.refused_at = min(self.tokens, 0.0), now

    def _fill(self, now: float) -> None:
        careful = self.refused_at is not None and now - self.refused_at < CAREFUL
        saved = self.tokens + (now - self.at) * self.rate_limit.per_second
        self.tokens, self.at = min(saved, 1.0 if careful else float(self.rate_limit.burst)), now


@dataclass
class CircuitBreaker:
    """Open after some failures in a row: then nothing is asked but one probe at a time, now and then."""

    failures: int = 0
    probe_at: float | None = None  # None: closed
    probing: bool = False

    def wait(self, now: float) -> float:
        """Return the seconds until somebody may ask, 0 when it may be now."""
        if self.probe_at is None:
            return 0.0
        return _MEANWHILE if self.probing else max(0.0, self.probe_at - now)

    def asked(self) -> None:
        """Know of a request that goes out; of an open circuit it is the probe."""
        self.probing = self.probe_at is not None

    def answered(self) -> None:
        """Close: the provider is there, whatever it said."""
        self.failures, self.probe_at, self.probing = 0, None, False

    def failed(self, now: float) -> None:
        """Count a failure; what was asked before the circuit opened does not count."""
        if self.probe_at is None or self.probing:
            self.failures, self.probing = self.failures + 1, False
            if self.failures >= FAILURES:
                doublings = min(self.failures - FAILURES, 10)
                self.probe_at = now + min(PROBE_FIRST * 2**doublings, PROBE_CEILING)

    def given_up(self) -> None:
        """Let another request probe: the one that did was cut off before there was an answer."""
        self.probing = False
