"""What an admin does to the studio's own settings."""

from collections.abc import Mapping

from sora_studio.db.engine import Database
from sora_studio.db.settings import SettingRepository
from sora_studio.domain.account import Identity
from sora_studio.domain.audit import Act
from sora_studio.domain.errors import SettingPinned
from sora_studio.domain.ports import Clock
from sora_studio.domain.settings import SettingName, SettingView, clean_setting
from sora_studio.services.people.sessions import SessionService
from sora_studio.services.people.studio_settings import StudioSettings
from sora_studio.services.people.trail import Trail


class SettingService:
    """Use cases of admins on the settings."""

    def __init__(
        self, *, db: Database, settings: StudioSettings, sessions: SessionService, trail: Trail, clock: Clock
    ) -> None:
        self._db, self._settings, self._sessions = db, settings, sessions
        self._trail, self._clock = trail, clock

    async def all(self, who: Identity) -> tuple[SettingView, ...]:
        """Return every setting as it counts now.

        Raises:
            NotAllowed: Only an admin may see them.
        """
        async with self._db.transaction() as tx:
            await self._sessions.require_admin(tx, who)
            await self._settings.read(tx)
        return self._settings.views()

    async def change(self, who: Identity, values: Mapping[SettingName, object]) -> tuple[SettingView, ...]:
        """Change some settings, all of them or none.

        Raises:
            NotAllowed: Only an admin may.
            InvalidInput: A value will not do.
            SettingPinned: The environment sets one of them.
        """
        cleaned = {name: clean_setting(name, value) for name, value in values.items()}
        if pinned := [name for name in cleaned if self._settings.is_pinned(name)]:
            message = f"The environment sets {', '.join(pinned)} (SORA_STUDIO_{pinned[0].upper()}), and wins."
            raise SettingPinned(message)
        about = ", ".join(f"{name} = {value}" for name, value in cleaned.items())
        async with self._trail.recording(Act.SETTING_CHANGE, who, about) as tx:
            await self._sessions.require_admin(tx, who)
            for name, value in cleaned.items():
                await SettingRepository(tx).store(name, value, self._clock(), who.user_id)
        async with self._db.transaction() as tx:
            await self._settings.read(tx)
        return self._settings.views()
