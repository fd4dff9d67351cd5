"""Storage quotas: whether a library may store something new, asked before money is spent on it."""

from uuid import UUID

from sora_studio.db.engine import Transaction
from sora_studio.db.limits import LimitRepository
from sora_studio.domain.limits import Limits, StorageUse, quota_of
from sora_studio.services.people.studio_settings import StudioSettings


class StorageQuotas:
    """Compares what libraries store with what they may.

    What is on its way already is kept, however large it turns out to be: it is paid for.
    """

    def __init__(self, settings: StudioSettings | None = None) -> None:
        """Take the settings that count where nothing is set for one person or project; None: no quotas."""
        self._settings = settings or StudioSettings()

    def of_person(self, limits: Limits) -> int | None:
        """Return a person's quota in bytes, by the settings as they were read last; None: there is none."""
        return quota_of(limits.storage_quota_bytes, self._settings.storage_gb_per_person)

    def of_project(self, limits: Limits) -> int | None:
        """Return a project's quota in bytes, by the settings as they were read last; None: there is none."""
        return quota_of(limits.storage_quota_bytes, self._settings.storage_gb_per_project)

    async def use(self, tx: Transaction, user_id: UUID | None, project_id: UUID | None) -> StorageUse:
        """Return what a library stores and may: a project's, or a person's own."""
        await self._settings.keep_fresh(tx)
        limits = LimitRepository(tx)
        if project_id is not None:
            found, used = await limits.of_project(project_id)
            return StorageUse(used, self.of_project(found))
        if user_id is None:
            return StorageUse(0, None)  # nobody's: it goes with the next purge
        found, used = await limits.of_person(user_id)
        return StorageUse(used, self.of_person(found))

    async def require_room(
        self, tx: Transaction, user_id: UUID | None, project_id: UUID | None, more_bytes: int = 0
    ) -> None:
        """Make sure that a library may store something new.

        Args:
            tx: In which it is stored, or paid for.
            user_id: Whose library it is.
            project_id: The project's; None: the person's own.
            more_bytes: How large it is, as far as that is known.

        Raises:
            StorageQuotaExceeded: The quota is used up, or would be.
        """
        use = await self.use(tx, user_id, project_id)
        use.require_room(more_bytes, of_project=project_id is not None)
