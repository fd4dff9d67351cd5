"""How often somebody may do something: windows in memory, of which the instances tell each other."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerMinute, parse
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter

from sora_studio.domain.errors import LimitReached
from sora_studio.services.rate_limit_storage import Count, RateLimitStorage

LIMITS: Mapping[str, str] = {
    # Failed log-ins. NIST SP 800-63B-4 §3.2.2 allows 100 in a row for an account: after that, strangers are
    # slowed down everywhere, but never shut out, as its owner may be among them. A browser that has logged in
    # before has a count of its own. The right password forgives.
    "login of an account from an address": "10 per 5 minutes",
    "login of an account": "100 per hour",
    "login of an account that many guess, from an address": "3 per hour",
    "login from a known browser": "10 per 5 minutes",
    "login from an address": "200 per 5 minutes",
    # Wrong codes of a second factor, by somebody who knows the password; the right one forgives the first.
    "second factor": "10 per 10 minutes",
    "second factor in a day": "100 per day",
    "second factor from a known browser": "10 per 10 minutes",
    # An office, or a test suite, shares one address.
    "single sign-on": "120 per 5 minutes",  # each asks the provider
    "log-out by a provider": "3000 per 5 minutes",  # each is verified; it has one address for everybody
    "signup": "300 per hour",
    "setup code": "10 per 10 minutes",  # wrong ones
    "password reset": "60 per hour",
    # For everybody together: what failed in a browser, before anybody is signed in, too.
    "note": "60 per minute",
    "refusal on the trail": "1000 per hour",
    # Per person.
    "new e-mail address": "10 per hour",  # each tells whether that address has an account
    "password": "10 per 5 minutes",  # wrong answers to "your current password"
    "create": "600 per minute",
    "create by a new account": "100 per minute",  # one that is younger than a day
    "upload": "120 per minute",
    "new API key": "60 per hour",
    "new budget": "60 per hour",  # while one is stored, no money is booked
    "new member": "60 per hour",  # each address tells whether it has an account
    "webhook test": "30 per minute",
    # Wrong keys cost a query. Of an office, one forgotten script must not shut the others out: the same wrong
    # key again is refused before it counts among those of its address.
    "wrong API key": "20 per minute",
    "wrong API keys from an address": "300 per minute",
}
"""What is limited, by name, in the words of the `limits` library."""


@dataclass(frozen=True)
class Quota:
    """How many requests somebody may send in a window that begins with the first, and how many are left."""

    name: str
    limit: int
    window: int  # seconds
    remaining: int
    reset: float  # seconds until the window ends
    exceeded: bool  # by the request that was counted


class Throttle:
    """Counts per name and key."""

    def __init__(self, limits: Mapping[str, str] = LIMITS) -> None:
        self._limits: dict[str, RateLimitItem] = {name: parse(limit) for name, limit in limits.items()}
        self._storage = RateLimitStorage()
        self._window = MovingWindowRateLimiter(self._storage)
        self._requests = FixedWindowRateLimiter(self._storage)

    def share(self, tell: Callable[[Count], None]) -> Callable[[Count], None]:
        """Have what is counted here reported to others; return what takes that which they count."""
        self._storage.tell = tell
        return self._storage.hear

    def hit(self, name: str, *key: str) -> None:
        """Count one.

        Raises:
            LimitReached: There were too many already; this one is not counted.
        """
        if not self._window.hit(self._limits[name], name, *key):
            self._refuse(name, *key)

    def check(self, name: str, *key: str) -> None:
        """Make sure that one more would be allowed, without counting it.

        Raises:
            LimitReached: It would not.
        """
        if not self.allows(name, *key):
            self._refuse(name, *key)

    def allows(self, name: str, *key: str) -> bool:
        """Tell whether one more would be allowed, without counting it."""
        return self._window.test(self._limits[name], name, *key)

    def forgive(self, name: str, *key: str) -> None:
        """Start counting from zero."""
        self._storage.clear(self._limits[name].key_for(name, *key))

    def count(self, name: str, per_minute: int, *key: str) -> Quota:
        """Count a request, and say what is left of a limit that differs between people and keys.

        These windows stand still, so that "all of it in 12 seconds" is true, and counting costs the same
        whatever the limit is.
        """
        limit = RateLimitItemPerMinute(per_minute)
        exceeded = not self._requests.hit(limit, name, *key)
        stats = self._requests.get_window_stats(limit, name, *key)
        left = max(0.0, stats.reset_time - time.time())
        return Quota(name, per_minute, limit.get_expiry(), stats.remaining, left, exceeded)

    def _refuse(self, name: str, *key: str) -> None:
        reset = self._window.get_window_stats(self._limits[name], name, *key).reset_time
        message = "Too many requests."
        raise LimitReached(message, retry_after=max(1.0, reset - time.time()))
