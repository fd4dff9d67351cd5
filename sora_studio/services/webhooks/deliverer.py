"""Sends what is in the outbox: at least once, in order for each video, however often this process dies."""

import asyncio
import random
import time
from collections.abc import Callable
from datetime import timedelta

import structlog

from sora_studio import metrics
from sora_studio.db.engine import Database
from sora_studio.db.webhook_endpoints import WebhookMessageRepository
from sora_studio.domain.ids import public_endpoint_id, public_message_id
from sora_studio.domain.ports import Clock, WebhookSender
from sora_studio.domain.webhook_formats import Notice, WebhookFormat, write
from sora_studio.domain.webhook_messages import TIMEOUT, Answer, DueMessage, EventType, next_attempt
from sora_studio.domain.webhooks import sign
from sora_studio.services.webhooks.notices import Notices

LEASE = 2 * TIMEOUT
"""An attempt is over long before; after a crash, the message is somebody else's as soon as it ends."""

_AT_ONCE, _OF_EACH = 16, 4  # messages; of one endpoint
_SWEEP = 3600.0  # seconds between two looks for what is too old to keep
_GONE = "The endpoint answered 410 Gone: nothing is sent to it any longer."
_NOT_THEIRS = Answer(error="Not sent: you may no longer see this video.")
_log = structlog.get_logger(__name__)


class Deliverer:
    """Claims messages with a lease and a fence, sends them, and records what came of it."""

    def __init__(
        self,
        db: Database,
        sender: WebhookSender,
        notices: Notices,
        clock: Clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Send nothing yet.

        Args:
            db: Where the messages are.
            sender: Carries them.
            notices: Know what chats are told.
            clock: The time that is signed.
            chance: 0 to 1, by which pauses differ.
        """
        self._db, self._sender, self._notices = db, sender, notices
        self._clock, self._chance = clock, chance
        self._swept: float | None = None

    async def run(self) -> None:
        """Send everything that is due."""
        await self._sweep()
        while claimed := await self._claim():
            await asyncio.gather(*map(self._deliver, claimed))

    async def _claim(self) -> tuple[DueMessage, ...]:
        async with self._db.transaction() as tx:
            return await WebhookMessageRepository(tx).claim(lease=LEASE, most=_AT_ONCE, each=_OF_EACH)

    async def _deliver(self, message: DueMessage) -> None:
        answer = await self._send(message) if message.may_hear else _NOT_THEIRS
        wait = next_attempt(message.attempts + 1, answer, self._chance()) if message.may_hear else None
        async with self._db.transaction() as tx:
            messages = WebhookMessageRepository(tx)
            await messages.record(message, answer, None if answer.is_gone else wait)
            if answer.is_gone:
                await messages.disable(message.endpoint_id, _GONE)
        metrics.WEBHOOKS.count("out", "taken" if answer.is_success else "refused")
        if not answer.is_success:
            self._tell(message, answer, wait)

    async def _send(self, message: DueMessage) -> Answer:
        kind, event = WebhookFormat(message.format), EventType(message.event_type)
        if kind is WebhookFormat.STANDARD:
            notice = Notice(event, message.created_at, message.subject)
        else:
            notice = await self._notices.of(event, message.created_at, message.subject)
        post = write(kind, message.url, notice)
        headers = sign(public_message_id(message.id), post.body, message.secrets, self._clock())
        return await self._sender.send(post.url, headers, post.body)

    def _tell(self, message: DueMessage, answer: Answer, wait: timedelta | None) -> None:
        _log.info(
            "webhook_not_taken",
            endpoint=public_endpoint_id(message.endpoint_id),
            message=public_message_id(message.id),
            status=answer.status_code,
            attempt=message.attempts + 1,
            next_in=None if wait is None or answer.is_gone else round(wait.total_seconds()),
        )

    async def _sweep(self) -> None:
        now = time.monotonic()
        if self._swept is None or now - self._swept > _SWEEP:
            async with self._db.transaction() as tx:
                await WebhookMessageRepository(tx).forget_old()
            self._swept = now
