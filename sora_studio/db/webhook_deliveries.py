"""Webhook deliveries: hints by which a provider says that a job has changed."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import and_, case, delete, exists, func, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from sora_studio.db.models import JobRow, WebhookDeliveryRow
from sora_studio.db.repository import Repository
from sora_studio.domain.video import Phase

AT_MOST_EVERY = timedelta(seconds=5)
"""However many hints come, a job is looked at because of them only so often."""

WAITS = timedelta(minutes=10)
"""How long a hint waits for a job that is not known yet."""

KEPT = timedelta(days=3)
"""How long an id is remembered: providers repeat a delivery for so long."""


# One that the provider did not know is given time, until the person was asked: hints do not hasten that.
_WAITS_FOR_ITS_PROVIDER = or_(
    and_(col(JobRow.phase).in_((Phase.QUEUED, Phase.IN_PROGRESS)), col(JobRow.lookups) == 0),
    col(JobRow.phase) == Phase.NEEDS_ATTENTION,
)


class WebhookDeliveryRepository(Repository):
    """Remembers and applies hints inside one transaction."""

    async def remember(self, delivery_id: str, remote_id: str) -> bool:
        """Store a delivery; False: it was here before."""
        stored = insert(WebhookDeliveryRow).values(
            id=delivery_id, remote_id=remote_id, received_at=func.now()
        )
        new = await self._do(stored.on_conflict_do_nothing().returning(col(WebhookDeliveryRow.id)))
        return new.one_or_none() is not None

    async def apply(self, remote_ids: Iterable[str]) -> tuple[bool, ...]:
        """Make jobs due that have a fresh hint, a while after the last hint's look.

        A hint that comes too soon is put off, not dropped: it may be the one that says "completed".

        Returns:
            For each of these jobs whether it is due now.
        """
        fresh = exists().where(
            col(WebhookDeliveryRow.remote_id) == col(JobRow.remote_id),
            col(WebhookDeliveryRow.received_at) > func.now() - WAITS,
        )
        last = col(JobRow.hinted_at)  # in the future: one is put off already
        at = case((last > func.now(), last), else_=func.greatest(func.now(), last + AT_MOST_EVERY))
        applied = await self._do(
            update(JobRow)
            .where(col(JobRow.remote_id).in_([*remote_ids]), fresh)
            .where(_WAITS_FOR_ITS_PROVIDER)
            .values(due_at=func.least(col(JobRow.due_at), at), hinted_at=at)
            .returning(col(JobRow.due_at) <= func.now())
        )
        return tuple(applied.scalars())

    async def forget_old(self) -> None:
        """Forget deliveries that are too old to be repeated."""
        await self._do(
            delete(WebhookDeliveryRow).where(col(WebhookDeliveryRow.received_at) < func.now() - KEPT)
        )
