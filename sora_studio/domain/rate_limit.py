"""How much may be asked of a provider, what goes first, and whether it is there; pure, on a monotonic clock.

They are told the time in seconds and never look at a clock of their own.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum

from sora_studio.domain.profile import RateLimit

UNREACHABLE = "unreachable"
"""The code of a request that was never sent: no connection could be had."""

SILENCE = frozenset({UNREACHABLE, "timeout", "connection_lost"})
"""The codes of requests that nobody answered."""

CAREFUL = 300.0
"""Seconds after a 429 without bursts: what was saved up meanwhile would meet a server that is full."""

FAILURES = 5
"""Failures in a row after which a provider is left alone."""

PROBE_FIRST, PROBE_CEILING = 2.0, 15.0
"""Seconds until the first probe, doubled after each that fails, and the most."""

_AN_INSTANT = 1e-6  # seconds: less is the rounding of who has slept for exactly so long
_MEANWHILE = 1.0  # seconds until the answer to a probe under way may be there


@dataclass
class TokenBucket:
    """A token bucket: requests per second on average, some at once after a rest."""

    rate_limit: RateLimit
    at: float  # when `tokens` was true
    tokens: float = 1.0
    refused_at: float | None = None  # the last time that the provider said: too many

    def wait(self, now: float, ahead: float = 0.0) -> float:
        """Return the seconds until one more request may go beside so many others, 0 when it may go now."""
        self._fill(now)
        wait = (1 + ahead - self.tokens) / self.rate_limit.per_second
        return wait if wait > _AN_INSTANT else 0.0

    def saved(self, part: float, now: float) -> float:
        """Return how many requests a part of the burst is, beyond the one that always fits."""
        return part * (self._most(now) - 1)

    def take(self, now: float) -> None:
        """Count a request; taken ahead of time, it makes the next ones wait for longer."""
        self._fill(now)
        self.tokens -= 1

    def change(self, rate_limit: RateLimit, now: float) -> None:
        """Fill at another rate from now on."""
        self._fill(now)
        self.rate_limit = rate_limit
        self._fill(now)

    def refused(self, now: float) -> None:
        """Begin anew without anything saved up: the provider counts otherwise than we do."""
        self._fill(now)
        self.tokens, self.refused_at = min(self.tokens, 0.0), now

    def _fill(self, now: float) -> None:
        saved = self.tokens + (now - self.at) * self.rate_limit.per_second
        self.tokens, self.at = min(saved, self._most(now)), now

    def _most(self, now: float) -> float:
        careful = self.refused_at is not None and now - self.refused_at < CAREFUL
        return 1.0 if careful else float(self.rate_limit.burst)


class Share(IntEnum):
    """What a request is for, the most urgent first."""

    LOOK = 0  # a webhook and a person's eyes wait for it
    FILE = 1  # what was paid for, before it expires
    SUBMIT = 2
    OTHER = 3


KEPT: Mapping[Share, float] = {Share.LOOK: 0.0, Share.FILE: 0.0, Share.SUBMIT: 0.5, Share.OTHER: 0.5}
"""The part of a full bucket that a kind leaves to the more urgent ones, which so find room nearly always."""

FLOORS: Mapping[Share, float] = {Share.LOOK: 0.25, Share.FILE: 0.25, Share.SUBMIT: 0.2, Share.OTHER: 0.1}
"""The part of all requests that a kind gets at least, however many of the others wait."""


SUBMITS_AT_MOST = 0.4
"""The part of all requests that submits get in the long run: each will want a look or two, and its file."""


@dataclass(frozen=True, eq=False)
class Turn:
    """A place among the requests that wait."""

    share: Share


class Turns:
    """A token bucket that several kinds of requests share.

    The more urgent kinds go first and find some tokens saved for them, so no backlog of submits delays them;
    and each kind has a floor, so none of them starves. What one does not use is the others'.
    """

    def __init__(self, bucket: TokenBucket) -> None:
        self.bucket, whole = bucket, bucket.rate_limit
        paced = _for_submits(whole)
        self._submits = TokenBucket(paced, bucket.at, float(paced.burst))
        self._waiting: dict[Share, list[Turn]] = {share: [] for share in Share}
        self._went: dict[Share, float] = dict.fromkeys(Share, -math.inf)  # when the last of a kind did

    def limit(self, whole: RateLimit, now: float) -> None:
        """Let more or less through from now on."""
        for bucket, limit in ((self.bucket, whole), (self._submits, _for_submits(whole))):
            bucket.change(limit, now)

    def join(self, share: Share) -> Turn:
        """Take a place in the queue."""
        turn = Turn(share)
        self._waiting[share].append(turn)
        return turn

    def leave(self, turn: Turn) -> None:
        """Give a place up."""
        self._waiting[turn.share].remove(turn)

    def wait(self, turn: Turn, now: float) -> float:
        """Return the seconds until a request may go, 0 when it may go now, as far as can be told now."""
        place = self._waiting[turn.share].index(turn)
        ahead = place + sum(self._ahead(share, turn, now) for share in Share if share is not turn.share)
        in_order = self.bucket.wait(now, ahead + self.bucket.saved(KEPT[turn.share], now))
        floor = self._went[turn.share] + (place + 1) * self._pause(turn.share) - now
        wait = min(in_order, max(self.bucket.wait(now, place), floor))
        return wait if turn.share is not Share.SUBMIT else max(wait, self._submits.wait(now, place))

    def take(self, turn: Turn, now: float) -> None:
        """Count a request that goes now."""
        self.leave(turn)
        self._went[turn.share] = now
        self.bucket.take(now)
        if turn.share is Share.SUBMIT:
            self._submits.take(now)

    def longest(self, share: Share) -> float:
        """Return the seconds within which the first of a kind goes, however many of the others wait."""
        return self._pause(share) + len(Share) / self.bucket.rate_limit.per_second

    def _ahead(self, share: Share, turn: Turn, now: float) -> int:
        """Count those of another kind that go first: all more urgent ones, and one that its floor owes."""
        waiting = len(self._waiting[share])
        return waiting if share < turn.share else min(waiting, self._went[share] + self._pause(share) <= now)

    def _pause(self, share: Share) -> float:
        """Return how many seconds lie between two of a kind at its floor."""
        return 1 / (FLOORS[share] * self.bucket.rate_limit.per_second)


def _for_submits(whole: RateLimit) -> RateLimit:
    return replace(whole, per_second=whole.per_second * SUBMITS_AT_MOST, burst=max(1, whole.burst // 2))


def share_of(whole: RateLimit, many: int) -> RateLimit:
    """Return what each of so many may ask, so that all of them together ask what one may."""
    return replace(
        whole,
        per_second=whole.per_second / many,
        burst=max(1, whole.burst // many),
        at_once=max(1, whole.at_once // many),
    )


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
