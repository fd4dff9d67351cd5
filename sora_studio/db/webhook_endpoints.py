"""Webhook endpoints and the messages to them; a trigger writes those about videos (see the migration)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, delete, func, text, update
from sqlmodel import col, select

from sora_studio.db.models import JobRow, VideoRow, WebhookEndpointRow, WebhookMessageRow
from sora_studio.db.repository import Repository, missing
from sora_studio.domain.errors import NotFound
from sora_studio.domain.webhook_messages import Answer, DueMessage, EndpointView, EventType, MessageView

KEPT = timedelta(days=30)
"""How long a message is kept once it is delivered, or has failed."""

IS_NEXT = """NOT EXISTS (SELECT FROM webhook_message AS earlier
    WHERE earlier.endpoint_id = message.endpoint_id AND earlier.subject = message.subject
        AND earlier.due_at IS NOT NULL AND earlier.position < message.position)
    AND NOT EXISTS (SELECT FROM webhook_endpoint JOIN "user" ON "user".id = webhook_endpoint.user_id
        WHERE webhook_endpoint.id = message.endpoint_id AND "user".disabled_at IS NOT NULL)"""
"""What is about the same video goes to an endpoint in order, and nothing while its account is disabled."""

# A slow endpoint holds up its own messages: of each, so many are worked on at a time. People take turns, so
# that nobody's endpoints, however many and slow, hold up those of others.
_CLAIM = text(f"""
WITH next AS (
    SELECT message.id, endpoint.user_id, message.due_at, message.position,
        row_number() OVER (PARTITION BY endpoint_id ORDER BY due_at, position) AS place
    FROM webhook_message AS message JOIN webhook_endpoint AS endpoint ON endpoint.id = message.endpoint_id
    WHERE due_at <= now() AND (lease_until IS NULL OR lease_until <= now()) AND {IS_NEXT}
), in_turn AS (
    SELECT id, row_number() OVER (PARTITION BY user_id ORDER BY due_at, position) AS turn
    FROM next WHERE place <= :each
), chosen AS (
    SELECT message.id FROM webhook_message AS message JOIN in_turn ON in_turn.id = message.id
    WHERE due_at <= now() AND (lease_until IS NULL OR lease_until <= now())
    ORDER BY in_turn.turn, due_at, position LIMIT :most FOR UPDATE OF message SKIP LOCKED
)
UPDATE webhook_message AS message SET lease_until = now() + :lease, fence = fence + 1
FROM webhook_endpoint AS endpoint
WHERE message.id IN (SELECT id FROM chosen) AND endpoint.id = message.endpoint_id
RETURNING message.id, message.fence, message.endpoint_id, endpoint.url, endpoint.format, endpoint.secret,
    CASE WHEN endpoint.previous_until > now() THEN endpoint.previous_secret END AS previous_secret,
    message.event_type, message.subject, message.created_at, message.attempts, message.position,
    NOT EXISTS (SELECT FROM video
        WHERE video.id = CASE WHEN message.subject ~ '^video_[0-9a-f]{{32}}$'
                THEN CAST(substr(message.subject, 7) AS uuid) END
            AND video.library_id IS DISTINCT FROM endpoint.user_id
            AND NOT EXISTS (SELECT FROM project_member AS member WHERE member.user_id = endpoint.user_id
                AND member.project_id = video.project_id)) AS may_hear
""")


class VideoFacts(NamedTuple):
    """What chats are told about a video, at the price of its last attempt."""

    title: str
    provider: str
    price_micros: int | None


class WebhookEndpointRepository(Repository):
    """Reads and writes a person's endpoints inside one transaction."""

    async def add(self, row: WebhookEndpointRow) -> EndpointView:
        """Store an endpoint."""
        self._tx.add(row)
        await self._tx.flush()
        return _to_view(row)

    async def count(self, user_id: UUID) -> int:
        """Return how many a person has."""
        query = select(func.count()).select_from(WebhookEndpointRow)
        return (await self._tx.exec(query.where(col(WebhookEndpointRow.user_id) == user_id))).one()

    async def page(self, user_id: UUID, after: UUID | None, limit: int) -> tuple[EndpointView, ...]:
        """Return some endpoints, the newest first.

        Raises:
            NotFound: There is none to continue after.
        """
        row = WebhookEndpointRow
        query = select(row).where(col(row.user_id) == user_id)
        if after is not None:
            last = await self.row(user_id, after)
            older = (col(row.created_at) < last.created_at) | (
                (col(row.created_at) == last.created_at) & (col(row.id) > last.id)
            )
            query = query.where(older)
        rows = await self._tx.exec(query.order_by(col(row.created_at).desc(), col(row.id)).limit(limit))
        return tuple(map(_to_view, rows))

    async def row(self, user_id: UUID, endpoint_id: UUID, *, hold: bool = False) -> WebhookEndpointRow:
        """Return an endpoint; held, nobody else changes it until the end of the transaction.

        Raises:
            NotFound: It is not there, or somebody else's.
        """
        mine = (col(WebhookEndpointRow.user_id) == user_id, col(WebhookEndpointRow.id) == endpoint_id)
        query = select(WebhookEndpointRow).where(*mine)
        row = (await self._tx.exec(query.with_for_update() if hold else query)).one_or_none()
        if row is None:
            raise missing(user_id, endpoint_id, "There is no such webhook endpoint.")
        return row

    async def get(self, user_id: UUID, endpoint_id: UUID) -> EndpointView:
        """Return an endpoint.

        Raises:
            NotFound: It is not there, or somebody else's.
        """
        return _to_view(await self.row(user_id, endpoint_id))

    async def change(self, user_id: UUID, endpoint_id: UUID, values: Mapping[str, Any]) -> EndpointView:
        """Change columns of an endpoint.

        Raises:
            NotFound: It is not there, or somebody else's.
        """
        row = await self.row(user_id, endpoint_id, hold=True)
        row.sqlmodel_update(dict(values))
        await self._tx.flush()
        return _to_view(row)

    async def remove(self, user_id: UUID, endpoint_id: UUID) -> None:
        """Delete an endpoint with what waits for it.

        Raises:
            NotFound: It is not there, or somebody else's.
        """
        await self._tx.delete(await self.row(user_id, endpoint_id, hold=True))
        await self._tx.flush()


class WebhookMessageRepository(Repository):
    """Writes, claims and records messages inside one transaction."""

    async def claim(self, *, lease: timedelta, most: int, each: int) -> tuple[DueMessage, ...]:
        """Reserve due messages; two processes never get the same one.

        Args:
            lease: For how long.
            most: The limit.
            each: The limit for one endpoint.
        """
        rows = await self._do(_CLAIM, {"lease": lease, "most": most, "each": each})
        return tuple(map(_to_due, sorted(rows, key=lambda row: row.position)))

    async def record(self, message: DueMessage, answer: Answer, wait: timedelta | None) -> None:
        """Write what came of an attempt; one that somebody else has claimed meanwhile stays as it is.

        Args:
            message: As it was claimed.
            answer: What came of it.
            wait: Until the next attempt, if it failed; None: there is none.
        """
        done, is_over = answer.is_success, answer.is_success or wait is None
        row = WebhookMessageRow
        held = (col(row.id) == message.id, col(row.fence) == message.fence, col(row.lease_until).is_not(None))
        await self._do(
            update(row)
            .where(*held)
            .values(
                lease_until=None,
                attempts=message.attempts + 1,
                due_at=None if is_over else func.now() + wait,
                delivered_at=func.now() if done else None,
                failed_at=func.now() if is_over and not done else None,
                status_code=answer.status_code,
                error=answer.error,
            )
        )

    async def disable(self, endpoint_id: UUID, why: str) -> None:
        """Send nothing to an endpoint any longer; what waits for it has failed."""
        endpoint, row = WebhookEndpointRow, WebhookMessageRow
        gone = update(endpoint).where(col(endpoint.id) == endpoint_id, col(endpoint.disabled_at).is_(None))
        await self._do(gone.values(disabled_at=func.now()))
        waiting = (col(row.endpoint_id) == endpoint_id, col(row.due_at).is_not(None))
        values = {"due_at": None, "failed_at": func.now(), "lease_until": None, "error": why}
        await self._do(update(row).where(*waiting).values(**values))

    async def of_endpoint(
        self, endpoint_id: UUID, *, only_failed: bool, limit: int
    ) -> tuple[MessageView, ...]:
        """Return the newest messages to an endpoint; the caller checks whose it is."""
        row = WebhookMessageRow
        query = select(row).where(col(row.endpoint_id) == endpoint_id)
        if only_failed:
            query = query.where(col(row.failed_at).is_not(None))
        return tuple(
            map(_to_message, await self._tx.exec(query.order_by(col(row.position).desc()).limit(limit)))
        )

    async def replay(self, endpoint_id: UUID, message_id: UUID) -> MessageView:
        """Send a message once more, from the beginning of the schedule; the caller checks whose it is.

        Raises:
            NotFound: There is no such message to this endpoint.
        """
        row = WebhookMessageRow
        which = (col(row.endpoint_id) == endpoint_id, col(row.id) == message_id)
        found = (await self._tx.exec(select(row).where(*which).with_for_update())).one_or_none()
        if found is None:
            message = "There is no such message."
            raise NotFound(message)
        again = update(row).where(*which, col(row.due_at).is_(None))
        await self._do(again.values(due_at=func.now(), attempts=0, delivered_at=None, failed_at=None))
        await self._tx.refresh(found)
        return _to_message(found)

    async def about(self, video_id: UUID) -> VideoFacts | None:
        """Return what chats are told about a video; None: it is gone."""
        query = (
            select(col(VideoRow.title), col(JobRow.provider), col(JobRow.price_micros))
            .join(JobRow, col(JobRow.video_id) == col(VideoRow.id))
            .where(col(VideoRow.id) == video_id, col(VideoRow.deleted_at).is_(None))
            .order_by(col(JobRow.created_at).desc())
            .limit(1)
        )
        found = (await self._tx.exec(query)).one_or_none()
        return VideoFacts(*found) if found else None

    async def forget_old(self) -> None:
        """Forget what was delivered, or has failed, long ago."""
        row = WebhookMessageRow
        over = (col(row.due_at).is_(None), col(row.created_at) < func.now() - KEPT)
        await self._do(delete(row).where(*over))


def _to_view(row: WebhookEndpointRow) -> EndpointView:
    return EndpointView(
        id=row.id,
        name=row.name,
        url=row.url,
        event_types=tuple(each for each in EventType if each in row.event_types),
        format=row.format,
        secret_hint=f"…{row.secret[-4:]}",
        created_at=row.created_at,
        updated_at=row.updated_at,
        disabled_at=row.disabled_at,
    )


def _to_due(row: Row[Any]) -> DueMessage:
    return DueMessage(
        id=row.id,
        fence=row.fence,
        endpoint_id=row.endpoint_id,
        url=row.url,
        format=row.format,
        secrets=tuple(filter(None, (row.secret, row.previous_secret))),
        event_type=row.event_type,
        subject=row.subject,
        created_at=row.created_at,
        attempts=row.attempts,
        may_hear=row.may_hear,
    )


def _to_message(row: WebhookMessageRow) -> MessageView:
    return MessageView(
        id=row.id,
        event_type=EventType(row.event_type),
        subject=row.subject,
        created_at=row.created_at,
        attempts=row.attempts,
        delivered_at=row.delivered_at,
        failed_at=row.failed_at,
        next_at=row.due_at,
        status_code=row.status_code,
        error=row.error,
    )
