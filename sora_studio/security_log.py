"""What happens as often as somebody outside likes: said once, then counted, so that it fills no log."""

import asyncio
from collections import Counter

import structlog

_MINUTE = 60.0
_KINDS = 1_000  # that are told apart within a minute

_log = structlog.get_logger(__name__)


class SecurityLog:
    """Logs the first security event of a kind at once and, a minute later, how many more there were."""

    def __init__(self, every: float = _MINUTE) -> None:
        """Choose the seconds between two lines of a kind."""
        self._every = every
        self._more: Counter[tuple[str, str, str]] = Counter()

    def note(self, act: str, result: str, *, who: str = "", **details: str) -> None:
        """Count an event.

        Args:
            act: What was tried.
            result: What came of it.
            who: Counted apart from what others did, as long as they are not too many.
            details: Where and what; the first one's are logged.
        """
        kind = (act, result, who if len(self._more) < _KINDS else "")
        if kind in self._more:
            self._more[kind] += 1
            return
        self._more[kind] = 0
        _say(kind, 1, **details)
        asyncio.get_running_loop().call_later(self._every, self._sum_up, kind)

    def _sum_up(self, kind: tuple[str, str, str]) -> None:
        more = self._more.pop(kind)
        if more:
            _say(kind, more)


def _say(kind: tuple[str, str, str], count: int, **details: str) -> None:
    act, result, who = kind
    # Not a warning: log.py sums those up, and we have done so already.
    _log.info("security_event", act=act, result=result, user_id=who, count=count, **details)
