"""Deliveries that are not the provider's leave a trace."""

from datetime import UTC, datetime
from typing import cast

import pytest
from structlog.testing import capture_logs

from sora_studio.db.engine import Database
from sora_studio.domain.errors import NotAllowed
from sora_studio.domain.webhooks import Delivery
from sora_studio.services.jobs.webhooks import WebhookService

FORGED = Delivery("msg_1", "0", "v1,Zm9yZ2Vk", b'{"type": "video.completed"}')


async def test_a_refused_delivery_is_a_security_event():
    """One line at once, whatever their number; the database is not asked."""
    nothing = cast("Database", None)
    service = WebhookService(
        db=nothing,
        keys=[b"k" * 32],
        redact=bytes,
        clock=lambda: datetime.now(UTC),
        wake=lambda _: None,
    )
    with capture_logs() as log:
        for _ in range(3):
            with pytest.raises(NotAllowed):
                await service.receive(FORGED)
    assert [(line["event"], line["act"], line["result"]) for line in log] == [
        ("security_event", "webhook", "refused")
    ]
