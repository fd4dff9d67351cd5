"""What a library stores, and what limits a person or a project, in the words of pages and forms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.limits import GIGABYTE, LimitChange, Limits, QuotaWord, StorageUse
from sora_studio.domain.text import file_size
from sora_studio.ui.form_data import text

OWN = "own"
"""Of the choice between the studio's quota, one of their own, and none."""

_NEAR = 80  # per cent from which a bar warns


@dataclass(frozen=True)
class StorageLine:
    """How much of its quota a library uses."""

    used: str = ""  # `1.2 GB of 20 GB`; without a quota: `1.2 GB`
    part: int = 0  # per cent, 100 at most
    near: bool = False
    bounded: bool = False  # there is a quota


@dataclass(frozen=True)
class LimitsForm:
    """What the form of the limits of a person or a project holds."""

    quota: str = QuotaWord.DEFAULT.value  # or `OWN`
    gigabytes: str = ""
    weight: str = "1"


def to_storage_line(use: StorageUse) -> StorageLine:
    """Write down how much a library stores."""
    used, quota = file_size(use.used_bytes), use.quota_bytes
    if quota is None:
        return StorageLine(used)
    return StorageLine(f"{used} of {file_size(quota)}", use.part, use.part >= _NEAR, bounded=True)


def to_limits_form(limits: Limits) -> LimitsForm:
    """Write down limits as their form holds them."""
    quota, weight = limits.storage_quota, f"{limits.queue_weight:g}"
    if isinstance(quota, QuotaWord):
        return LimitsForm(quota, weight=weight)
    return LimitsForm(OWN, f"{quota / GIGABYTE:g}", weight)


def limit_change(data: Mapping[str, Any]) -> LimitChange:
    """Read a form of limits.

    Raises:
        InvalidInput: A number is none.
    """
    chosen = text(data, "quota")
    if chosen == OWN:
        return LimitChange(_weight(data), round(_number(data, "gigabytes", "storage") * GIGABYTE))
    return LimitChange(_weight(data), QuotaWord(chosen) if chosen in set(QuotaWord) else None)


def _weight(data: Mapping[str, Any]) -> float:
    return _number(data, "weight", "weight")


def _number(data: Mapping[str, Any], name: str, called: str) -> float:
    written = text(data, name).strip().replace(",", ".")
    try:
        number = float(written)
    except ValueError:
        number = float("nan")
    if not 0 <= number <= _MOST:  # which no NaN is, either
        message = f"Write the {called} as a number, such as 2 or 0.5."
        raise InvalidInput(message, name)
    return number


_MOST = 1_000_000
