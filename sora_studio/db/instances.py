"""The instances of the studio, and whose turn it is to do what is done once."""

from dataclasses import asdict
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from sora_studio.db.locks import Lock
from sora_studio.db.models import InstanceRow
from sora_studio.db.repository import Repository
from sora_studio.domain.instance import LIVES, Instance, InstanceRole

_KEPT = timedelta(days=1)  # for who asks what was there

_TAKE = text("""
INSERT INTO task_turn (task, holder, free_at) VALUES (:task, :holder, now() + :lease)
ON CONFLICT (task) DO UPDATE SET holder = excluded.holder, free_at = excluded.free_at
    WHERE task_turn.free_at <= now() OR task_turn.holder = excluded.holder
RETURNING task
""")
_GIVE_BACK = text(
    "UPDATE task_turn SET holder = NULL, free_at = now() + :rest WHERE task = :task AND holder = :holder"
)


def is_known_elsewhere(provider: str) -> str:
    """Write the condition that an instance which works has a provider, which an expression of SQL names."""
    there = f"instance.seen_at > now() - interval '{LIVES.total_seconds():.0f} s'"
    has = f"jsonb_exists(instance.providers, {provider})"
    return f"EXISTS (SELECT FROM instance WHERE instance.role <> '{InstanceRole.WEB}' AND {there} AND {has})"


class InstanceRepository(Repository):
    """Reads and writes who is there, inside one transaction."""

    async def one_at_a_time(self) -> None:
        """Let nobody else join until the transaction ends."""
        await self._hold(Lock.JOINING)

    async def living(self) -> list[Instance]:
        """Return those that have said lately that they are there, the oldest first."""
        there = col(InstanceRow.seen_at) > func.now() - LIVES
        rows = await self._tx.exec(select(InstanceRow).where(there).order_by(col(InstanceRow.started_at)))
        return [_to_instance(row) for row in rows]

    async def here(self, instance: Instance, *, fresh: bool = False) -> None:
        """Write down that an instance is there, and forget those that have not been for a day.

        Args:
            instance: Which.
            fresh: Whether it starts.
        """
        values = asdict(instance) | {
            "signing_keys": [*instance.signing_keys],
            "started_at": func.now(),
            "seen_at": func.now(),
        }
        new = insert(InstanceRow).values(**values)
        changed = values if fresh else {"seen_at": func.now()}
        await self._do(new.on_conflict_do_update(index_elements=["id"], set_=changed))
        if fresh:
            await self._do(delete(InstanceRow).where(col(InstanceRow.seen_at) < func.now() - _KEPT))

    async def gone(self, instance_id: UUID) -> None:
        """Forget an instance."""
        await self._do(delete(InstanceRow).where(col(InstanceRow.id) == instance_id))


class TaskTurns(Repository):
    """Hands out the turns of tasks, inside one transaction."""

    async def take(self, task: str, holder: UUID, lease: timedelta) -> bool:
        """Take a turn for some time; False: somebody else has it, or it rests."""
        taken = await self._do(_TAKE, {"task": task, "holder": holder, "lease": lease})
        return taken.one_or_none() is not None

    async def give_back(self, task: str, holder: UUID, rest: timedelta) -> None:
        """Give a turn back, to nobody for a while; one that somebody else has by now stays theirs."""
        await self._do(_GIVE_BACK, {"task": task, "holder": holder, "rest": rest})


def _to_instance(row: InstanceRow) -> Instance:
    return Instance(
        id=row.id,
        installation=row.installation,
        role=InstanceRole(row.role),
        address=row.address,
        version=row.version,
        build=row.build,
        signing_keys=tuple(row.signing_keys),
        providers=row.providers,
        storage=row.storage,
        time_zone=row.time_zone,
        started_at=row.started_at,
        seen_at=row.seen_at,
    )
