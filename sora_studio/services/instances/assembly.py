"""This process among the instances of its studio, put together."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from uuid import UUID

from sora_studio.config import ProviderSettings, Settings
from sora_studio.config.build import VERSION, commit
from sora_studio.db.engine import Database
from sora_studio.domain.errors import StorageError, Unavailable
from sora_studio.domain.instance import BEAT, Instance, ProcessInfo
from sora_studio.domain.ports import Storage
from sora_studio.domain.tasks import PeriodicTask, TaskName
from sora_studio.providers.factory import server_of
from sora_studio.services.instances.messages import Messages
from sora_studio.services.instances.registry import Instances, fingerprints
from sora_studio.services.instances.turns import OnceOnly


@dataclass(frozen=True)
class Membership:
    """Who else is there, how they are told something, and whose turn it is."""

    instances: Instances
    messages: Messages
    once: OnceOnly

    @property
    def own(self) -> Instance:
        """Return this process."""
        return self.instances.own

    def beat(self) -> PeriodicTask:
        """Return what says again and again that this process is there."""
        return PeriodicTask(TaskName.INSTANCE, BEAT, self.instances.beat, after=BEAT)


@asynccontextmanager
async def membership(db: Database, own: Instance) -> AsyncIterator[Membership]:
    """Be one of the instances for the block.

    Raises:
        ConfigError: Another one differs in what all must share.
        Unavailable: The database is away.
    """
    instances = Instances(db, own)
    await instances.join()
    messages = Messages(db, own.id, instances.has_others)
    try:
        yield Membership(instances, messages, OnceOnly(db, own.id))
    finally:
        await messages.close()
        with suppress(Unavailable):  # the others forget it by themselves
            await instances.leave()
            await messages.tell_news()


async def describe(
    settings: Settings,
    chosen: Iterable[ProviderSettings],
    storage: Storage,
    info: ProcessInfo,
    installation: UUID,
) -> Instance:
    """Return what a process says of itself."""
    identity = ""
    with suppress(StorageError):  # readiness reports a disk that refuses
        identity = await asyncio.to_thread(storage.identity)
    return Instance(
        id=info.name_in(installation),
        installation=installation,
        role=info.role,
        address=info.address,
        version=VERSION,
        build=commit(),
        signing_keys=fingerprints(settings.signing_key()),
        providers={
            each.name: str(server_of(each, installation if each.is_child else None)) for each in chosen
        },
        storage=identity,
        time_zone=settings.time_zone,
    )
