"""What there is to know of the providers: who they are, what they offer, how they are doing."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sora_studio.db.engine import Database
from sora_studio.db.provider_queues import ProviderPauses, ProviderQueues
from sora_studio.domain.errors import NotFound
from sora_studio.domain.profile import Profile
from sora_studio.domain.provider_health import ProviderHealth
from sora_studio.domain.tasks import TaskName, Wake
from sora_studio.services.catalog import ProviderCatalog


@dataclass(frozen=True)
class ProviderStatus:
    """One provider, as it is now."""

    profile: Profile
    health: ProviderHealth
    waiting: int  # wishes that were not sent yet, everybody's
    making: int  # jobs that are there
    paused_at: datetime | None = None  # None: it is not paused


class Pauses:
    """Has providers wait and go on, for every process of the studio."""

    def __init__(self, db: Database, names: Collection[str], wake: Wake) -> None:
        self._db, self._names, self._wake = db, names, wake

    async def pause(self, name: str) -> None:
        """Send nothing new to a provider; what it makes is looked at and saved all the same.

        Raises:
            NotFound: There is no such provider.
            Unavailable: The database cannot be reached.
        """
        self._must_exist(name)
        async with self._db.transaction() as tx:
            await ProviderPauses(tx).add(name)

    async def resume(self, name: str) -> None:
        """Let a provider go on: what waited for it is sent within twenty seconds.

        Raises:
            NotFound: There is no such provider.
            Unavailable: The database cannot be reached.
        """
        self._must_exist(name)
        async with self._db.transaction() as tx:
            await ProviderPauses(tx).remove(name)
        self._wake(TaskName.SUBMIT)

    def _must_exist(self, name: str) -> None:
        if name not in self._names:
            message = f"There is no provider {name[:80]!r}. Configured: {', '.join(self._names)}."
            raise NotFound(message)


class ProviderService:
    """Tells how the providers are doing; nobody is asked for it."""

    def __init__(
        self,
        *,
        db: Database,
        catalog: ProviderCatalog,
        healths: Mapping[str, Callable[[], ProviderHealth]],
        wake: Wake,
    ) -> None:
        self._db, self._catalog, self._healths = db, catalog, healths
        self.pauses = Pauses(db, tuple(healths), wake)

    async def all(self) -> tuple[ProviderStatus, ...]:
        """Return every provider, the default first.

        Raises:
            Unavailable: The database cannot be reached.
        """
        async with self._db.transaction() as tx:
            lengths, pauses = await ProviderQueues(tx).lengths(), await ProviderPauses(tx).all()
        self._catalog.know_paused(pauses)
        return tuple(
            ProviderStatus(
                profile,
                self._healths[profile.name](),
                *lengths.get(profile.name, (0, 0)),
                pauses.get(profile.name),
            )
            for profile in self._catalog.profiles()
        )

    async def look_for_pauses(self) -> None:
        """Learn which providers are paused, by this process or another one.

        Raises:
            Unavailable: The database cannot be reached.
        """
        async with self._db.transaction() as tx:
            self._catalog.know_paused(await ProviderPauses(tx).all())
