"""API keys: how one is spelled, and what a person may set of one.

`sst_`, 30 random characters of base62, and 6 that spell the CRC-32 of those: a scanner for leaked secrets can
tell a key from anything else without asking the studio, and a typing error costs nobody a query.
"""

import hashlib
import secrets
import string
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sora_studio.domain.account import Scope
from sora_studio.domain.budget import BudgetStatus
from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.money import AMOUNT_MAX, micros

PREFIX = "sst_"
LIFETIME_DAYS = 90  # when nobody says otherwise
LIFETIME_DAYS_MAX = 3650
OVERLAP_HOURS = 24
OVERLAP_HOURS_MAX = 24 * 7
REQUESTS_MAX = 100_000  # a minute
KEYS_MAX = 100  # of one person

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM, _CHECKSUM = 30, 6  # characters: 178 bits, and enough for 32


@dataclass(frozen=True)
class KeyWish:
    """What somebody wants of a new key."""

    name: str
    scopes: frozenset[Scope]
    lifetime: timedelta | None  # None: it never expires
    requests_per_minute: int | None = None  # None: only those of its person
    confirm_above_micros: int | None = None  # None: no price needs a confirmation
    project_id: UUID | None = None  # the only one that it is to reach; None: all that its person does
    budget_micros: int | None = None  # what it may spend in all; None: what its person may


@dataclass(frozen=True)
class ApiKeyView:
    """A key as its person sees it; the key itself is not known any longer."""

    id: UUID
    name: str
    last4: str
    scopes: tuple[Scope, ...]
    requests_per_minute: int | None
    confirm_above_micros: int | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None  # to within a minute
    last_used_address: str
    overlap_until: datetime | None  # until when what it was before its rotation works, too
    project_id: UUID | None = None
    project_name: str = ""
    budget_id: UUID | None = None  # of the one that its person has set
    budget: BudgetStatus | None = None  # how that stands, where it was asked for


@dataclass(frozen=True)
class FreshKey:
    """A key that was just made, the one time that it is shown."""

    view: ApiKeyView
    key: str = field(repr=False)


def new_key() -> str:
    """Make a key."""
    word = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    return f"{PREFIX}{word}{_checksum(word)}"


def is_key(text: str) -> bool:
    """Tell whether a text is spelled as a key; whether it is one, only the database knows."""
    word, checksum = text.removeprefix(PREFIX)[:_RANDOM], text[len(PREFIX) + _RANDOM :]
    return (
        text.startswith(PREFIX)
        and len(word) == _RANDOM
        and set(word) <= set(_ALPHABET)
        and checksum == _checksum(word)
    )


def sha256_of(key: str) -> str:
    """Return what is stored of a key, in hex: 178 random bits need no slow hash."""
    return hashlib.sha256(key.encode()).hexdigest()


def last4_of(key: str) -> str:
    """Return by what its person knows a key again."""
    return key[-4:]


def clean_scopes(words: Iterable[str]) -> frozenset[Scope]:
    """Read scopes.

    Raises:
        InvalidInput: There is none, or one that nobody knows.
    """
    try:
        scopes = frozenset(map(Scope, words))
    except ValueError as error:
        message = f"A scope is one of {', '.join(Scope)}."
        raise InvalidInput(message, "scopes") from error
    if not scopes:
        message = "Choose what the key may be used for."
        raise InvalidInput(message, "scopes")
    return scopes


def lifetime_of(days: int | None) -> timedelta | None:
    """Return how long a key is to work; None: for ever.

    Raises:
        InvalidInput: Not 1 to 3650 days.
    """
    if days is None:
        return None
    return timedelta(days=_within(days, 1, LIFETIME_DAYS_MAX, "expires_in_days"))


def overlap_of(hours: int) -> timedelta:
    """Return for how long a key works beside the one that replaces it.

    Raises:
        InvalidInput: Not 0 to 168 hours.
    """
    return timedelta(hours=_within(hours, 0, OVERLAP_HOURS_MAX, "overlap_hours"))


def clean_rate(requests_per_minute: int | None) -> int | None:
    """Check a limit of a key's own.

    Raises:
        InvalidInput: Not 1 to 100,000 requests a minute.
    """
    if requests_per_minute is None:
        return None
    return _within(requests_per_minute, 1, REQUESTS_MAX, "requests_per_minute")


def confirmation_limit(amount_usd: str | None) -> int | None:
    """Return above which price of a video a person has to confirm it, in micro-dollars; None: never.

    Raises:
        InvalidInput: No amount of dollars.
    """
    if amount_usd is None:
        return None
    return min(_amount(amount_usd, "confirm_above_usd"), AMOUNT_MAX)  # nothing costs more


def budget_of(amount_usd: str | None) -> int | None:
    """Return what a key may spend in all, in micro-dollars; None: what its person may.

    Raises:
        InvalidInput: No amount of dollars, or more than a budget can have.
    """
    if amount_usd is None:
        return None
    amount = _amount(amount_usd, "budget_usd")
    if amount > AMOUNT_MAX:
        message = f"A budget has at most {AMOUNT_MAX // 1_000_000} dollars."
        raise InvalidInput(message, "budget_usd")
    return amount


def check_scopes(wish: KeyWish) -> None:
    """Make sure that a key can be used for what it is to be used for.

    Raises:
        InvalidInput: It is for one project, and would hear of all that its person makes.
    """
    if wish.project_id is not None and Scope.WEBHOOKS_WRITE in wish.scopes:
        message = (
            "A key for one project cannot manage webhooks: they tell of all that you make. "
            f"Leave out {Scope.WEBHOOKS_WRITE}, or make a key without a project."
        )
        raise InvalidInput(message, "scopes")


def _amount(text: str, param: str) -> int:
    try:
        return micros(text)
    except ValueError as error:
        message = "An amount of dollars has at most six decimals, such as 0.50."
        raise InvalidInput(message, param) from error


def _within(number: int, least: int, most: int, param: str) -> int:
    if not least <= number <= most:
        message = f"{param} is a number from {least} to {most}."
        raise InvalidInput(message, param)
    return number


def _checksum(word: str) -> str:
    number, digits = zlib.crc32(word.encode()), ""
    for _ in range(_CHECKSUM):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
