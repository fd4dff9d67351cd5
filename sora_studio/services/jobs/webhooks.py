"""What providers tell us unasked: hints that a job has changed."""

from collections.abc import Callable, Sequence

from sora_studio import metrics
from sora_studio.db.engine import Database
from sora_studio.db.webhook_deliveries import WebhookDeliveryRepository
from sora_studio.domain import webhooks
from sora_studio.domain.audit import Result
from sora_studio.domain.errors import NotAllowed
from sora_studio.domain.ports import Clock
from sora_studio.domain.tasks import TaskName, Wake
from sora_studio.domain.webhooks import Delivery
from sora_studio.security_log import SecurityLog


class WebhookService:
    """Takes deliveries; several keys count, so that a secret can be changed without a gap.

    Without a key, every delivery is refused.
    """

    def __init__(
        self,
        *,
        db: Database,
        keys: Sequence[bytes],
        redact: Callable[[bytes], bytes],  # takes our secrets out of a body
        clock: Clock,
        wake: Wake,
    ) -> None:
        self._db, self._keys, self._redact, self._clock, self._wake = db, keys, redact, clock, wake
        self._security_log = SecurityLog()

    async def receive(self, delivery: Delivery) -> None:
        """Have the job that a delivery is about looked at now; the same delivery again changes nothing.

        A hint for a job that nobody knows yet waits ten minutes for it; unknown kinds are forgotten.

        Raises:
            NotAllowed: It is not from the provider, or not of now.
            InvalidInput: It is not JSON.
        """
        self._check(delivery)
        remote_id = webhooks.remote_id_of(self._redact(delivery.body))
        if remote_id is None:
            return
        async with self._db.transaction() as tx:
            hints = WebhookDeliveryRepository(tx)
            is_new = await hints.remember(delivery.id, remote_id)
            hinted = await hints.apply([remote_id]) if is_new else ()
        if hinted:  # one that was put off is due in a moment
            self._wake(TaskName.REFRESH if any(hinted) else TaskName.AGENDA)

    def _check(self, delivery: Delivery) -> None:
        """Let pass what the provider signed; what somebody else has sent is counted."""
        try:
            webhooks.check(delivery, self._keys, self._clock())
        except NotAllowed:
            metrics.WEBHOOKS.count("in", "refused")
            self._security_log.note("webhook", Result.REFUSED)
            raise
        metrics.WEBHOOKS.count("in", "taken")
