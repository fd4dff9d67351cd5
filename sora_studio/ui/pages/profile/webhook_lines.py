"""What the profile says of webhook endpoints and of what was delivered to them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from sora_studio.domain.ids import public_endpoint_id, public_message_id
from sora_studio.domain.webhook_formats import STATES, WebhookFormat
from sora_studio.domain.webhook_messages import EndpointView, EventType, MessageView

EVENTS = (
    (EventType.VIDEO_COMPLETED, "a video is finished", True),
    (EventType.VIDEO_FAILED, "a video has failed", True),
    (EventType.VIDEO_NEEDS_ATTENTION, "a video needs your decision", True),
)
"""What the form offers, in words, and whether it is chosen at first."""

FORMATS: Mapping[str, str] = {
    WebhookFormat.DISCORD: "Discord",
    WebhookFormat.SLACK: "Slack",
    WebhookFormat.NTFY: "ntfy",
    WebhookFormat.STANDARD: "a program (Standard Webhooks)",
}
_GONE = "It answered 410 Gone: nothing more is sent to it."
_WORDS = {event: words for event, words, _ in EVENTS}


@dataclass(frozen=True)
class ListedEndpoint:
    """One endpoint as the profile shows it; its address may hold a secret, so only the host."""

    id: str  # public
    name: str
    host: str
    about: str
    signed: bool  # whether a secret of ours means anything to it
    ended: str  # empty: it is told


@dataclass(frozen=True)
class ListedDelivery:
    """One message to an endpoint."""

    id: str  # public
    event: str
    at: str  # ISO 8601
    state: str
    over: bool  # nothing more is sent, unless somebody asks


def listed(found: Iterable[EndpointView]) -> list[ListedEndpoint]:
    """Say what there is."""
    return [
        ListedEndpoint(
            id=public_endpoint_id(each.id),
            name=each.name,
            host=urlsplit(each.url).hostname or "",
            about=f"Tells {FORMATS[each.format]} when "
            + ", ".join(_WORDS.get(event, STATES[event].lower()) for event in each.event_types),
            signed=each.format == WebhookFormat.STANDARD,
            ended=_GONE if each.disabled_at else "",
        )
        for each in found
    ]


def delivered(found: Iterable[MessageView]) -> list[ListedDelivery]:
    """Say what became of messages."""
    return [
        ListedDelivery(
            id=public_message_id(each.id),
            event=STATES[each.event_type],
            at=each.created_at.isoformat(timespec="seconds"),
            state=_state(each),
            over=each.next_at is None,
        )
        for each in found
    ]


def _state(message: MessageView) -> str:
    if message.delivered_at:
        return "delivered"
    if message.failed_at:
        return f"not delivered. {message.error or ''}".strip()
    return f"waits for another attempt. {message.error}" if message.error else "on its way"
