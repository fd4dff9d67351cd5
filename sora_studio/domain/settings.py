"""What an admin may set in the studio itself, and what is fit to be set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.sign_up import SignUpPolicy

IDLE_DAYS_MAX, SESSION_DAYS_MAX = 365, 400
STORAGE_GB_MAX = 1_000_000

Value = str | int | bool
"""What a setting may be."""


class SettingName(StrEnum):
    """What there is to set."""

    SIGN_UP = "sign_up"
    SESSION_IDLE_DAYS = "session_idle_days"
    SESSION_DAYS = "session_days"
    REQUIRE_TWO_FACTOR = "require_two_factor"
    STORAGE_GB_PER_PERSON = "storage_gb_per_person"
    STORAGE_GB_PER_PROJECT = "storage_gb_per_project"


@dataclass(frozen=True)
class StoredSetting:
    """What an admin has set."""

    value: Value
    changed_at: datetime


@dataclass(frozen=True)
class SettingView:
    """A setting as it counts now."""

    name: SettingName
    value: Value
    pinned: bool  # by the environment, which wins
    changed_at: datetime | None  # None: nobody has changed it


def clean_setting(name: SettingName, value: object) -> Value:
    """Return a value as it is stored.

    Raises:
        InvalidInput: It will not do.
    """
    return _CHECKS[name](name, value)


def _policy(name: SettingName, value: object) -> Value:
    try:
        return str(SignUpPolicy.parse(value if isinstance(value, str) else ""))
    except ValueError as error:
        message = "Sign-up must be open, approve, domain:example.org, invite or closed."
        raise InvalidInput(message, name) from error


def _days(most: int) -> Callable[[SettingName, object], Value]:
    def check(name: SettingName, value: object) -> Value:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            message = f"This must be a number of days from 1 to {most}."
            raise InvalidInput(message, name)
        return value

    return check


def _gigabytes(name: SettingName, value: object) -> Value:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= STORAGE_GB_MAX:
        message = f"This must be a number of gigabytes up to {STORAGE_GB_MAX}, or 0 for no limit."
        raise InvalidInput(message, name)
    return value


def _switch(name: SettingName, value: object) -> Value:
    if not isinstance(value, bool):
        message = "This must be true or false."
        raise InvalidInput(message, name)
    return value


_CHECKS: Mapping[SettingName, Callable[[SettingName, object], Value]] = {
    SettingName.SIGN_UP: _policy,
    SettingName.SESSION_IDLE_DAYS: _days(IDLE_DAYS_MAX),
    SettingName.SESSION_DAYS: _days(SESSION_DAYS_MAX),
    SettingName.REQUIRE_TWO_FACTOR: _switch,
    SettingName.STORAGE_GB_PER_PERSON: _gigabytes,
    SettingName.STORAGE_GB_PER_PROJECT: _gigabytes,
}
