"""What there is to know of the providers: who they are, what they offer, how they are doing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sora_studio.db.engine import Database
from sora_studio.db.provider_queues import ProviderQueues
from sora_studio.domain.profile import Profile
from sora_studio.domain.provider_health import ProviderHealth
from sora_studio.services.catalog import ProviderCatalog


@dataclass(frozen=True)
class ProviderStatus:
    """One provider, as it is now."""

    profile: Profile
    health: ProviderHealth
    waiting: int  # wishes that were not sent yet, everybody's
    making: int  # jobs that are there


class ProviderService:
    """Tells how the providers are doing; nobody is asked for it."""

    def __init__(
        self, *, db: Database, catalog: ProviderCatalog, healths: Mapping[str, Callable[[], ProviderHealth]]
    ) -> None:
        self._db, self._catalog, self._healths = db, catalog, healths

    async def all(self) -> tuple[ProviderStatus, ...]:
        """Return every provider, the default first.

        Raises:
            Unavailable: The database cannot be reached.
        """
        async with self._db.transaction() as tx:
            lengths = await ProviderQueues(tx).lengths()
        return tuple(
            ProviderStatus(profile, self._healths[profile.name](), *lengths.get(profile.name, (0, 0)))
            for profile in self._catalog.profiles()
        )
