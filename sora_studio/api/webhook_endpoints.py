"""Webhooks out, as the official SDK manages them with `client.webhooks`."""

from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from sora_studio.api.dependencies import May
from sora_studio.container import services
from sora_studio.domain.access import Action
from sora_studio.domain.account import Identity
from sora_studio.domain.ids import (
    parse_endpoint_id,
    parse_message_id,
    public_endpoint_id,
    public_message_id,
)
from sora_studio.domain.webhook_formats import WebhookFormat
from sora_studio.domain.webhook_messages import EndpointView, EventType, FreshSecret, MessageView

router = APIRouter(tags=["webhooks"])

_Identity = Annotated[Identity, Depends(May(Action.WRITE_WEBHOOKS))]
_ENDPOINTS = "/webhook_endpoints"
_ENDPOINT = f"{_ENDPOINTS}/{{endpoint_id}}"


class NewEndpoint(BaseModel):
    """Where events are sent, and which."""

    name: str
    url: str = Field(description="An https address on the internet, or a host that the operator allows.")
    event_types: list[str] = Field(description=f"Some of {', '.join(EventType)}.")
    format: str = Field("standard", description=f"The studio's own: {', '.join(WebhookFormat)}.")


class EndpointChange(BaseModel):
    """What to change; what is left out stays."""

    name: str | None = None
    url: str | None = None
    event_types: list[str] | None = None
    format: str | None = None


class SecretRotation(BaseModel):
    """How a secret is replaced."""

    keep_old_secret_active_for_24_hours: bool = False


class Sample(BaseModel):
    """What to send as an example."""

    event_type: str


class Endpoint(BaseModel):
    """An endpoint without its secret."""

    id: str
    object: Literal["webhook_endpoint"] = "webhook_endpoint"
    name: str
    url: str
    event_types: list[EventType]
    created_at: int = Field(description="Unix seconds.")
    updated_at: int = Field(description="Unix seconds.")
    signing_secret_hint: str
    format: WebhookFormat = Field(description="The studio's own: standard, or the chat that it is.")
    disabled_at: int | None = Field(description="The studio's own: when it answered 410 Gone; Unix seconds.")

    @classmethod
    def of(cls, view: EndpointView) -> Self:
        """Shape an endpoint."""
        return cls(
            id=public_endpoint_id(view.id),
            name=view.name,
            url=view.url,
            event_types=[*view.event_types],
            created_at=int(view.created_at.timestamp()),
            updated_at=int(view.updated_at.timestamp()),
            signing_secret_hint=view.secret_hint,
            format=WebhookFormat(view.format),
            disabled_at=_unix(view.disabled_at),
        )


class EndpointWithSecret(Endpoint):
    """An endpoint with its secret, the one time that it is shown."""

    signing_secret: str

    @classmethod
    def made(cls, fresh: FreshSecret) -> Self:
        """Shape an endpoint whose secret was just made."""
        return cls(**Endpoint.of(fresh.view).model_dump(), signing_secret=fresh.secret)


class EndpointList(BaseModel):
    """A page of endpoints."""

    object: Literal["list"] = "list"
    data: list[Endpoint]
    first_id: str | None
    last_id: str | None
    has_more: bool


class EndpointDeleted(BaseModel):
    """The answer to a deletion."""

    id: str
    object: Literal["webhook_endpoint.deleted"] = "webhook_endpoint.deleted"
    deleted: Literal[True] = True


class TestResult(BaseModel):
    """What an endpoint answered to an example."""

    object: Literal["webhook_endpoint.test"] = "webhook_endpoint.test"
    webhook_endpoint_id: str
    event_type: str
    status_code: int
    success: Literal[True] = True


class EventTypeList(BaseModel):
    """Everything that an endpoint can be told."""

    object: Literal["list"] = "list"
    data: list[EventType]


class Message(BaseModel):
    """One message, and what became of it."""

    id: str = Field(description="As `webhook-id` of every attempt.")
    object: Literal["webhook_message"] = "webhook_message"
    event_type: EventType
    data_id: str
    created_at: int = Field(description="Unix seconds, like the other times.")
    attempts: int
    delivered_at: int | None
    failed_at: int | None = Field(description="No attempt follows.")
    next_attempt_at: int | None
    status_code: int | None = Field(description="Of the last attempt; null: there was no answer.")
    error: str | None

    @classmethod
    def of(cls, view: MessageView) -> Self:
        """Shape a message."""
        return cls(
            id=public_message_id(view.id),
            event_type=view.event_type,
            data_id=view.subject,
            created_at=int(view.created_at.timestamp()),
            attempts=view.attempts,
            delivered_at=_unix(view.delivered_at),
            failed_at=_unix(view.failed_at),
            next_attempt_at=_unix(view.next_at),
            status_code=view.status_code,
            error=view.error,
        )


class MessageList(BaseModel):
    """The newest messages to an endpoint."""

    object: Literal["list"] = "list"
    data: list[Message]


@router.get("/webhook_event_types")
async def list_event_types(_: _Identity) -> EventTypeList:
    """Return what an endpoint can be told."""
    return EventTypeList(data=[*EventType])


@router.post(_ENDPOINTS)
async def create(identity: _Identity, wish: NewEndpoint) -> EndpointWithSecret:
    """Have events sent to an address; the secret that signs them is in this answer and in no other."""
    made = await services().webhook_endpoints.create(
        identity, wish.name, wish.url, wish.event_types, wish.format
    )
    return EndpointWithSecret.made(made)


@router.get(_ENDPOINTS)
async def list_endpoints(
    identity: _Identity,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    after: Annotated[str | None, Query(description="The last id of the page before.")] = None,
) -> EndpointList:
    """List one's endpoints, the newest first."""
    position = parse_endpoint_id(after) if after else None
    found = await services().webhook_endpoints.page(identity, position, limit + 1)
    data = [Endpoint.of(view) for view in found[:limit]]
    first, last = (data[0].id, data[-1].id) if data else (None, None)
    return EndpointList(data=data, first_id=first, last_id=last, has_more=len(found) > limit)


@router.get(_ENDPOINT)
async def read(identity: _Identity, endpoint_id: str) -> Endpoint:
    """Return an endpoint."""
    return Endpoint.of(await services().webhook_endpoints.get(identity, parse_endpoint_id(endpoint_id)))


@router.post(_ENDPOINT)
async def change(identity: _Identity, endpoint_id: str, change: EndpointChange) -> Endpoint:
    """Change an endpoint; one that was disabled is told everything from now on."""
    changed = await services().webhook_endpoints.change(
        identity,
        parse_endpoint_id(endpoint_id),
        name=change.name,
        url=change.url,
        event_types=change.event_types,
        kind=change.format,
    )
    return Endpoint.of(changed)


@router.delete(_ENDPOINT)
async def delete(identity: _Identity, endpoint_id: str) -> EndpointDeleted:
    """Delete an endpoint, with what waits for it."""
    await services().webhook_endpoints.remove(identity, parse_endpoint_id(endpoint_id))
    return EndpointDeleted(id=endpoint_id)


@router.post(f"{_ENDPOINT}/rotate_secret")
async def rotate_secret(
    identity: _Identity, endpoint_id: str, rotation: SecretRotation | None = None
) -> EndpointWithSecret:
    """Replace the secret that signs; the new one is in this answer and in no other."""
    overlap = rotation is not None and rotation.keep_old_secret_active_for_24_hours
    made = await services().webhook_endpoints.rotate_secret(
        identity, parse_endpoint_id(endpoint_id), overlap=overlap
    )
    return EndpointWithSecret.made(made)


@router.post(f"{_ENDPOINT}/test")
async def test(identity: _Identity, endpoint_id: str, sample: Sample) -> TestResult:
    """Send an example now, and say what the endpoint answered."""
    answer = await services().webhook_endpoints.test(
        identity, parse_endpoint_id(endpoint_id), sample.event_type
    )
    return TestResult(
        webhook_endpoint_id=endpoint_id,
        event_type=sample.event_type,
        status_code=answer.status_code or 0,
    )


@router.get(f"{_ENDPOINT}/messages")
async def list_messages(
    identity: _Identity,
    endpoint_id: str,
    *,
    failed: Annotated[bool, Query(description="Only those that failed for good.")] = False,
) -> MessageList:
    """Return the newest 100 messages to an endpoint, and what became of them."""
    found = await services().webhook_endpoints.messages(
        identity, parse_endpoint_id(endpoint_id), only_failed=failed
    )
    return MessageList(data=[*map(Message.of, found)])


@router.post(f"{_ENDPOINT}/messages/{{message_id}}/replay")
async def replay(identity: _Identity, endpoint_id: str, message_id: str) -> Message:
    """Send a message once more, from the beginning of the schedule."""
    return Message.of(
        await services().webhook_endpoints.replay(
            identity, parse_endpoint_id(endpoint_id), parse_message_id(message_id)
        )
    )


def _unix(at: datetime | None) -> int | None:
    return int(at.timestamp()) if at else None
