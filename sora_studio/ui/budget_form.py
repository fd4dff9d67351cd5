"""The forms that make and change a budget, read."""

import re
from collections.abc import Mapping
from typing import Any

from sora_studio.domain.budget import Behaviour, BudgetChange, BudgetScope, BudgetTerms, Period
from sora_studio.domain.errors import InvalidInput
from sora_studio.ui.form_data import text

_PER_CENT = re.compile(r"[0-9]{1,4}")


def new_terms(data: Mapping[str, Any], scope: BudgetScope, scope_id: str | None) -> BudgetTerms:
    """Return the budget that a form asks for.

    Raises:
        InvalidInput: A value will not do.
    """
    amount, thresholds = text(data, "amount_usd").strip(), _thresholds(text(data, "thresholds"))
    return BudgetTerms(scope, scope_id, amount, *_period_and_behaviour(data), thresholds)


def changed_terms(data: Mapping[str, Any]) -> BudgetChange:
    """Return the change that a form asks for.

    Raises:
        InvalidInput: A value will not do.
    """
    amount, thresholds = text(data, "amount_usd").strip(), _thresholds(text(data, "thresholds"))
    return BudgetChange(amount, *_period_and_behaviour(data), thresholds)


def _period_and_behaviour(data: Mapping[str, Any]) -> tuple[Period, Behaviour]:
    try:
        return Period(text(data, "period")), Behaviour(text(data, "behaviour"))
    except ValueError as error:
        message = "Choose for how long it counts, and what it does."
        raise InvalidInput(message, "period") from error


def _thresholds(words: str) -> tuple[int, ...]:
    parts = [part for part in re.split(r"[\s,%]+", words) if part]
    if not all(_PER_CENT.fullmatch(part) for part in parts):
        message = "Write the thresholds as per cent with commas, such as 50, 80, 100."
        raise InvalidInput(message, "thresholds")
    return tuple(map(int, parts))
