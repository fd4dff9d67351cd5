"""What an admin sets in the studio itself; the environment wins where it says something."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sora_studio.db.engine import Transaction
from sora_studio.db.settings import SettingRepository
from sora_studio.domain.settings import SettingName, SettingView, StoredSetting, Value
from sora_studio.domain.sign_up import INVITE, OPEN, SignUpPolicy

_FRESH = 5.0
"""Seconds after which another process's change counts here, too."""


@dataclass(frozen=True)
class SessionPolicy:
    """How long sessions last, and how many a person may have."""

    idle: timedelta = timedelta(days=14)  # without any request
    lifetime: timedelta = timedelta(days=90)
    most: int = 50


class StudioSettings:
    """The values that count now."""

    def __init__(
        self,
        *,
        pinned: Mapping[SettingName, Value] | None = None,
        sign_up: SignUpPolicy = OPEN,
        sessions: SessionPolicy | None = None,
    ) -> None:
        """Prepare them; nothing is read yet.

        Args:
            pinned: What the environment sets.
            sign_up: Who may open an account as long as nobody has said so.
            sessions: How long sessions last as long as nobody has said so.
        """
        self._pinned = dict(pinned or {})
        self._base = sessions or SessionPolicy()
        self._defaults: Mapping[SettingName, Value] = {
            SettingName.SIGN_UP: str(sign_up),
            SettingName.SESSION_IDLE_DAYS: self._base.idle.days,
            SettingName.SESSION_DAYS: self._base.lifetime.days,
            SettingName.REQUIRE_TWO_FACTOR: False,
            SettingName.STORAGE_GB_PER_PERSON: 0,
            SettingName.STORAGE_GB_PER_PROJECT: 0,
        }
        self._stored: dict[str, StoredSetting] = {}
        self._read_at = -_FRESH

    @property
    def session_policy(self) -> SessionPolicy:
        """Return how long sessions last, as it was read last."""
        days = {
            field: timedelta(int(value))
            for field, name in (
                ("idle", SettingName.SESSION_IDLE_DAYS),
                ("lifetime", SettingName.SESSION_DAYS),
            )
            if (value := self._said(name)) is not None
        }
        return replace(self._base, **days)

    @property
    def requires_two_factor(self) -> bool:
        """Tell whether everybody has to have a second factor, as it was read last."""
        return bool(self._value(SettingName.REQUIRE_TWO_FACTOR))

    @property
    def storage_gb_per_person(self) -> int:
        """Return what a person's own library may store, as it was read last; 0: as much as it likes."""
        return int(self._value(SettingName.STORAGE_GB_PER_PERSON))

    @property
    def storage_gb_per_project(self) -> int:
        """Return what a project may store, as it was read last; 0: as much as it likes."""
        return int(self._value(SettingName.STORAGE_GB_PER_PROJECT))

    async def sign_up(self, tx: Transaction) -> SignUpPolicy:
        """Return who may open an account, as the database says now."""
        await self.read(tx)
        return SignUpPolicy.parse(str(self._value(SettingName.SIGN_UP)))

    async def keep_fresh(self, tx: Transaction) -> None:
        """Read again what was read too long ago: another process may have changed it."""
        if time.monotonic() - self._read_at >= _FRESH:
            await self.read(tx)

    async def read(self, tx: Transaction) -> None:
        """Read what has been changed."""
        self._stored = await SettingRepository(tx).all()
        found = self._stored.get(SettingName.SIGN_UP)
        if found and not _is_policy(found.value):  # from before a rule: nobody comes in uninvited
            self._stored[SettingName.SIGN_UP] = replace(found, value=str(INVITE))
        self._read_at = time.monotonic()

    def is_pinned(self, name: SettingName) -> bool:
        """Tell whether the environment sets it."""
        return name in self._pinned

    def views(self) -> tuple[SettingView, ...]:
        """Return every setting as it counts now."""
        return tuple(
            SettingView(name, self._value(name), self.is_pinned(name), self._changed_at(name))
            for name in SettingName
        )

    def _value(self, name: SettingName) -> Value:
        said = self._said(name)
        return self._defaults[name] if said is None else said

    def _said(self, name: SettingName) -> Value | None:
        """Return what the environment or an admin says; None: nobody does."""
        stored = self._stored.get(name)
        return self._pinned.get(name, stored.value if stored else None)

    def _changed_at(self, name: SettingName) -> datetime | None:
        stored = self._stored.get(name)
        return stored.changed_at if stored else None


def _is_policy(value: Value) -> bool:
    try:
        SignUpPolicy.parse(str(value))
    except ValueError:
        return False
    return True
