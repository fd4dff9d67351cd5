"""API keys as the profile shows them and reads them from its form, in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sora_studio.domain.account import Scope
from sora_studio.domain.api_key import (
    LIFETIME_DAYS,
    ApiKeyView,
    KeyWish,
    budget_of,
    clean_scopes,
    confirmation_limit,
    lifetime_of,
)
from sora_studio.domain.budget import BudgetStatus
from sora_studio.domain.errors import NotFound
from sora_studio.domain.ids import public_key_id
from sora_studio.domain.money import as_amount, decimal
from sora_studio.ui.form_data import text

SCOPES = (
    (Scope.VIDEOS_READ, "see videos and files", True),
    (Scope.VIDEOS_WRITE, "make and change videos (this costs)", True),
    (Scope.VIDEOS_DELETE, "delete videos", False),
    (Scope.USAGE_READ, "read what was spent", False),
    (Scope.WEBHOOKS_WRITE, "manage webhooks", False),
)
"""What the form offers, in words, and whether it is chosen at first."""

EXPIRY: Mapping[str, str] = {
    str(LIFETIME_DAYS): f"in {LIFETIME_DAYS} days",
    "30": "in 30 days",
    "365": "in a year",
    "": "never",
}
_SOON = timedelta(days=7)
_WORDS = {scope: words for scope, words, _ in SCOPES}


@dataclass(frozen=True)
class Listed:
    """One key as the profile shows it."""

    id: str  # public
    name: str
    last4: str
    scopes: str
    ends: str
    asks: str  # empty: never
    project: str  # empty: it reaches all that its person does
    budget: str  # how it stands; empty: there is none
    limit: str  # the budget's dollars
    used_at: str  # ISO 8601; empty: never
    used_from: str


def read_wish(data: Mapping[str, Any]) -> KeyWish:
    """Read the form.

    Raises:
        InvalidInput: Nothing is chosen that the key may do, or an amount is none.
        NotFound: The project is none.
    """
    days = text(data, "expires")
    return KeyWish(
        name=text(data, "key_name"),
        scopes=clean_scopes(scope for scope, _, _ in SCOPES if data.get(scope)),
        confirm_above_micros=confirmation_limit(dollars(data, "confirm_above")),
        project_id=_project(text(data, "project")),
        budget_micros=budget_of(dollars(data, "budget")),
        lifetime=lifetime_of(int(days) if days in EXPIRY and days else None if days == "" else LIFETIME_DAYS),
    )


def dollars(data: Mapping[str, Any], name: str) -> str | None:
    """Read an amount of dollars; None: the field is empty."""
    return text(data, name).strip().removeprefix("$") or None


def _project(word: str) -> UUID | None:
    try:
        return UUID(word) if word else None
    except ValueError as error:
        message = "There is no such project."
        raise NotFound(message) from error


def listed(found: Iterable[ApiKeyView]) -> list[Listed]:
    """Write down what the profile says of keys."""
    now = datetime.now(UTC)
    return [
        Listed(
            id=public_key_id(each.id),
            name=each.name,
            last4=each.last4,
            scopes=f"May {' · '.join(_WORDS.get(scope, scope) for scope in each.scopes)}",
            ends=_ends(each.expires_at, now),
            asks=_asks(each.confirm_above_micros),
            project=each.project_name,
            budget=_standing(each.budget),
            limit=decimal(each.budget.budget.amount_micros) if each.budget else "",
            used_at=each.last_used_at.isoformat(timespec="seconds") if each.last_used_at else "",
            used_from=each.last_used_address,
        )
        for each in found
    ]


def _asks(limit: int | None) -> str:
    return "" if limit is None else f"Asks before a video that costs more than {as_amount(limit)}"


def _standing(budget: BudgetStatus | None) -> str:
    if budget is None:
        return ""
    held = f" · {as_amount(budget.held_micros)} on hold" if budget.held_micros else ""
    left = as_amount(budget.left_micros) if budget.left_micros else "nothing"
    return f"Budget {as_amount(budget.budget.amount_micros)} · {left} left{held}"


def _ends(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "Never expires"
    day = f"{at.day} {at:%B %Y}"
    if at <= now:
        return f"Expired on {day}"
    return f"Expires soon, on {day}" if at - now < _SOON else f"Expires on {day}"
