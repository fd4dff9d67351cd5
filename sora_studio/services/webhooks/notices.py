"""What chats are told about a video: its title, its price and where it is, as they are when it is sent."""

from datetime import datetime

from sora_studio.db.engine import Database
from sora_studio.db.webhook_endpoints import WebhookMessageRepository
from sora_studio.domain.ids import parse_public_id
from sora_studio.domain.money import price_tag
from sora_studio.domain.webhook_formats import Notice
from sora_studio.domain.webhook_messages import EventType


class Notices:
    """Makes a notice of an event."""

    def __init__(self, db: Database, public_url: str) -> None:
        self._db, self._public_url = db, public_url

    async def of(self, kind: EventType, created_at: datetime, subject: str) -> Notice:
        """Look up what an event is about; what is gone by then is told without its name."""
        if kind is EventType.BUDGET_THRESHOLD_REACHED:
            return Notice(kind, created_at, subject, link=f"{self._public_url}/usage")
        async with self._db.transaction() as tx:
            found = await WebhookMessageRepository(tx).about(parse_public_id(subject))
        if found is None:
            return Notice(kind, created_at, subject)
        price = "" if found.price_micros is None else price_tag(found.provider, found.price_micros)
        link = f"{self._public_url}/video/{subject}"
        return Notice(kind, created_at, subject, found.title, price, link)
