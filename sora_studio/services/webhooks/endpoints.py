"""Webhook endpoints: where a person has events sent, and what became of them."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sora_studio.db.engine import Database
from sora_studio.db.models import WebhookEndpointRow
from sora_studio.db.users import UserRepository
from sora_studio.db.webhook_endpoints import WebhookEndpointRepository, WebhookMessageRepository
from sora_studio.domain.account import Identity, clean_name
from sora_studio.domain.audit import Act
from sora_studio.domain.errors import Conflict, InvalidInput
from sora_studio.domain.ids import new_id, public_endpoint_id, public_id, public_message_id
from sora_studio.domain.ports import Clock, WebhookSender
from sora_studio.domain.webhook_formats import Notice, WebhookFormat, check_address, clean_format, write
from sora_studio.domain.webhook_messages import (
    ENDPOINTS_MAX,
    OVERLAP,
    URL_MAX,
    Answer,
    EndpointView,
    FreshSecret,
    MessageView,
    clean_event_types,
)
from sora_studio.domain.webhooks import new_secret, sign
from sora_studio.services.people.trail import Trail
from sora_studio.services.throttle import Throttle

MESSAGES_MAX = 100
"""So many messages to an endpoint are listed, the newest."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class WebhookEndpointService:
    """Use cases on one's own endpoints. Somebody else's are not there."""

    def __init__(
        self,
        *,
        db: Database,
        sender: WebhookSender,
        trail: Trail,
        throttle: Throttle,
        wake: Callable[[], None],
        public_url: str = "",
        clock: Clock = _utc_now,
    ) -> None:
        """Prepare the service.

        Args:
            db: Where endpoints and messages are.
            sender: Knows which addresses will do, and carries tests.
            trail: Records what is done to endpoints.
            throttle: How often somebody may try.
            wake: Has messages sent now.
            public_url: Where chats lead people.
            clock: The time.
        """
        self._db, self._sender, self._trail, self._throttle = db, sender, trail, throttle
        self._wake, self._public_url, self._clock = wake, public_url, clock

    async def create(
        self, identity: Identity, name: str, url: str, event_types: Iterable[str], kind: str = "standard"
    ) -> FreshSecret:
        """Make an endpoint; its secret is shown this once.

        Raises:
            InvalidInput: Name, address, event types or format will not do.
            Conflict: There are 20 already.
            NotFound: The account has been deleted.
        """
        chosen = clean_format(kind)
        clean_url = await self._clean_url(url)
        check_address(chosen, clean_url)
        secret, now = new_secret(), self._clock()
        row = WebhookEndpointRow(
            id=new_id(),
            user_id=identity.user_id,
            name=clean_name(name, "name"),
            url=clean_url,
            event_types=[*clean_event_types(event_types)],
            format=chosen,
            secret=secret,
            created_at=now,
            updated_at=now,
        )
        async with self._trail.recording(Act.WEBHOOK_CREATION, identity, public_endpoint_id(row.id)) as tx:
            await UserRepository(tx).get(identity.user_id)
            await UserRepository(tx).hold(identity.user_id)
            endpoints = WebhookEndpointRepository(tx)
            if await endpoints.count(identity.user_id) >= ENDPOINTS_MAX:
                message = f"You have {ENDPOINTS_MAX} webhook endpoints: delete one that you no longer need."
                raise Conflict(message)
            return FreshSecret(await endpoints.add(row), secret)

    async def page(self, identity: Identity, after: UUID | None, limit: int) -> tuple[EndpointView, ...]:
        """Return some endpoints, the newest first.

        Raises:
            NotFound: There is none to continue after.
        """
        async with self._db.transaction() as tx:
            return await WebhookEndpointRepository(tx).page(identity.user_id, after, limit)

    async def get(self, identity: Identity, endpoint_id: UUID) -> EndpointView:
        """Return an endpoint.

        Raises:
            NotFound: It is not there, or somebody else's.
        """
        async with self._db.transaction() as tx:
            return await WebhookEndpointRepository(tx).get(identity.user_id, endpoint_id)

    async def change(
        self,
        identity: Identity,
        endpoint_id: UUID,
        *,
        name: str | None = None,
        url: str | None = None,
        event_types: Iterable[str] | None = None,
        kind: str | None = None,
    ) -> EndpointView:
        """Change an endpoint; None leaves it as it is. One that was disabled is told everything from now on.

        Raises:
            InvalidInput: Name, address, event types or format will not do.
            NotFound: It is not there, or somebody else's.
        """
        values: dict[str, Any] = {"updated_at": self._clock(), "disabled_at": None}
        if name is not None:
            values["name"] = clean_name(name, "name")
        if url is not None:
            values["url"] = await self._clean_url(url)
        if event_types is not None:
            values["event_types"] = [*clean_event_types(event_types)]
        if kind is not None:
            values["format"] = clean_format(kind)
        async with self._trail.recording(Act.WEBHOOK_CHANGE, identity, public_endpoint_id(endpoint_id)) as tx:
            changed = await WebhookEndpointRepository(tx).change(identity.user_id, endpoint_id, values)
            check_address(WebhookFormat(changed.format), changed.url)
            return changed

    async def remove(self, identity: Identity, endpoint_id: UUID) -> None:
        """Delete an endpoint with what waits for it.

        Raises:
            NotFound: It is not there, or somebody else's.
        """
        async with self._trail.recording(
            Act.WEBHOOK_DELETION, identity, public_endpoint_id(endpoint_id)
        ) as tx:
            await WebhookEndpointRepository(tx).remove(identity.user_id, endpoint_id)

    async def rotate_secret(self, identity: Identity, endpoint_id: UUID, *, overlap: bool) -> FreshSecret:
        """Replace the secret; it is shown this once.

        Args:
            identity: Whose endpoint.
            endpoint_id: Which.
            overlap: Whether the one before signs beside it for 24 hours.

        Raises:
            NotFound: It is not there, or somebody else's.
        """
        secret, now = new_secret(), self._clock()
        about = public_endpoint_id(endpoint_id)
        async with self._trail.recording(Act.WEBHOOK_ROTATION, identity, about) as tx:
            endpoints = WebhookEndpointRepository(tx)
            before = (await endpoints.row(identity.user_id, endpoint_id, hold=True)).secret
            values = {
                "secret": secret,
                "previous_secret": before if overlap else None,
                "previous_until": now + OVERLAP if overlap else None,
                "updated_at": now,
            }
            return FreshSecret(await endpoints.change(identity.user_id, endpoint_id, values), secret)

    async def test(self, identity: Identity, endpoint_id: UUID, event_type: str) -> Answer:
        """Send an example now, once, and return what came of it.

        Raises:
            InvalidInput: Nobody knows such events, or there was no answer.
            NotFound: It is not there, or somebody else's.
            LimitReached: Too many tests.
        """
        (kind,) = clean_event_types([event_type])
        self._throttle.hit("webhook test", identity.user_id.hex)
        async with self._db.transaction() as tx:
            row = await WebhookEndpointRepository(tx).row(identity.user_id, endpoint_id)
        now, example = self._clock(), new_id()
        notice = Notice(kind, now, public_id(example), "An example from Sora Studio", link=self._public_url)
        post = write(WebhookFormat(row.format), row.url, notice)
        headers = sign(public_message_id(example), post.body, [row.secret], now)
        answer = await self._sender.send(post.url, headers, post.body)
        if answer.status_code is None:
            message = answer.error or "There was no answer."
            raise InvalidInput(message, "url", "webhook_unreachable")
        return answer

    async def messages(
        self, identity: Identity, endpoint_id: UUID, *, only_failed: bool
    ) -> tuple[MessageView, ...]:
        """Return the newest messages to an endpoint.

        Raises:
            NotFound: It is not there, or somebody else's.
        """
        async with self._db.transaction() as tx:
            await WebhookEndpointRepository(tx).row(identity.user_id, endpoint_id)
            return await WebhookMessageRepository(tx).of_endpoint(
                endpoint_id, only_failed=only_failed, limit=MESSAGES_MAX
            )

    async def replay(self, identity: Identity, endpoint_id: UUID, message_id: UUID) -> MessageView:
        """Send a message once more; one that is on its way stays so.

        Raises:
            NotFound: Endpoint or message is not there, or somebody else's.
        """
        async with self._db.transaction() as tx:
            await WebhookEndpointRepository(tx).row(identity.user_id, endpoint_id)
            again = await WebhookMessageRepository(tx).replay(endpoint_id, message_id)
        self._wake()
        return again

    async def _clean_url(self, url: str) -> str:
        if len(url) > URL_MAX or not url.isprintable():
            message = f"An address has at most {URL_MAX} characters."
            raise InvalidInput(message, "url")
        if complaint := await self._sender.check(url):
            raise InvalidInput(complaint, "url")
        return url
