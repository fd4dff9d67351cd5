"""How often somebody may do something: moving windows in this process's memory."""

import time
from collections.abc import Mapping

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from sora_studio.domain.errors import LimitReached

LIMITS: Mapping[str, str] = {
    # Failed log-ins. NIST SP 800-63B-4 §3.2.2 allows 100 in a row for an account: after that, strangers are
    # slowed down everywhere, but never shut out, as its owner may be among them. A browser that has logged in
    # before has a count of its own. The right password forgives.
    "login of an account from an address": "10 per 5 minutes",
    "login of an account": "100 per hour",
    "login of an account that many guess, from an address": "3 per hour",
    "login from a known browser": "10 per 5 minutes",
    "login from an address": "200 per 5 minutes",
    # An office, or a test suite, shares one address.
    "signup": "300 per hour",
    # For everybody together: what failed in a browser, before anybody is signed in, too.
    "note": "60 per minute",
    "refusal on the trail": "1000 per hour",
    # Per person.
    "new e-mail address": "10 per hour",  # each tells whether that address has an account
    "password": "10 per 5 minutes",  # wrong answers to "your current password"
    "create": "600 per minute",
    "create by a new account": "100 per minute",  # one that is younger than a day
    "upload": "120 per minute",
}
"""What is limited, by name, in the words of the `limits` library."""


class Throttle:
    """Counts per name and key; several processes count each for itself."""

    def __init__(self, limits: Mapping[str, str] = LIMITS) -> None:
        self._limits: dict[str, RateLimitItem] = {name: parse(limit) for name, limit in limits.items()}
        self._storage = MemoryStorage()
        self._window = MovingWindowRateLimiter(self._storage)

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

    def _refuse(self, name: str, *key: str) -> None:
        reset = self._window.get_window_stats(self._limits[name], name, *key).reset_time
        message = "Too many requests."
        raise LimitReached(message, retry_after=max(1.0, reset - time.time()))
