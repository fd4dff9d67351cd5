"""Webhooks out for chats: what a message says, and how each of them wants to be told. Pure.

Titles come from prompts, so anybody's text may be in them: nothing of it is a command, a mention or a link in
the chat that shows it.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import unquote, urlsplit, urlunsplit

from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.webhook_messages import EventType, payload


class WebhookFormat(StrEnum):
    """How an endpoint is told."""

    STANDARD = "standard"  # Standard Webhooks: an id, signed; programs ask for the rest
    DISCORD = "discord"
    SLACK = "slack"
    NTFY = "ntfy"


STATES = {
    EventType.VIDEO_COMPLETED: "Finished",
    EventType.VIDEO_FAILED: "Failed",
    EventType.VIDEO_NEEDS_ATTENTION: "Needs your decision",
    EventType.BUDGET_THRESHOLD_REACHED: "A budget has reached a threshold",
}
"""What has happened, in words."""

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~:@/])")
_MENTION = {"parse": list[str]()}  # Discord: of nobody


@dataclass(frozen=True)
class Notice:
    """One event, as people read it."""

    event_type: EventType
    created_at: datetime
    subject: str  # the public id of what it is about
    title: str = ""  # of the video; empty: it is gone, or the event is about none
    price: str = ""  # empty: none is known
    link: str = ""

    @property
    def state(self) -> str:
        """Say what has happened, and what it cost."""
        return " · ".join(filter(None, (STATES[self.event_type], self.price)))

    @property
    def heading(self) -> str:
        """Return what stands above that, on one line."""
        return " ".join(self.title.split()) or "Sora Studio"


@dataclass(frozen=True)
class Post:
    """Where a message is sent, and its body."""

    url: str
    body: bytes


def write(kind: WebhookFormat, url: str, notice: Notice) -> Post:
    """Write a message for an endpoint of a format."""
    match kind:
        case WebhookFormat.STANDARD:
            return Post(url, payload(notice.event_type, notice.created_at, notice.subject))
        case WebhookFormat.DISCORD:
            return Post(url, _json(_for_discord(notice)))
        case WebhookFormat.SLACK:
            return Post(url, _json(_for_slack(notice)))
        case WebhookFormat.NTFY:
            server, topic = _ntfy(url)
            return Post(server, _json(_for_ntfy(notice, topic)))


def clean_format(word: str) -> WebhookFormat:
    """Read a format.

    Raises:
        InvalidInput: Nobody knows it.
    """
    try:
        return WebhookFormat(word)
    except ValueError as error:
        message = f"format is one of {', '.join(WebhookFormat)}."
        raise InvalidInput(message, "format") from error


def check_address(kind: WebhookFormat, url: str) -> None:
    """Make sure that an address can be one of a format.

    Raises:
        InvalidInput: It names no topic of ntfy.
    """
    if kind is WebhookFormat.NTFY and not _ntfy(url)[1]:
        message = "The address of ntfy ends with a topic, such as https://ntfy.sh/my-videos."
        raise InvalidInput(message, "url")


def _for_discord(notice: Notice) -> dict[str, object]:
    """Put the title into an embed, each sign of Markdown escaped; and let it call nobody."""
    embed = {"title": _MARKDOWN.sub(r"\\\1", notice.heading)[:256], "description": notice.state}
    if notice.link:
        embed["url"] = notice.link
    return {"embeds": [embed], "allowed_mentions": _MENTION}


def _for_slack(notice: Notice) -> dict[str, object]:
    """Show the title as plain text, where no sign means anything; the fallback is escaped as Slack says."""
    said = f"{notice.heading}\n{notice.state}"
    blocks: list[object] = [{"type": "section", "text": {"type": "plain_text", "text": said, "emoji": False}}]
    if notice.link:
        link = f"<{notice.link}|Open in the studio>"
        blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": link}]})
    fallback = said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": fallback, "blocks": blocks}


def _for_ntfy(notice: Notice, topic: str) -> dict[str, object]:
    """Send plain text, which ntfy shows as it is unless it is told to read Markdown."""
    message: dict[str, object] = {
        "topic": topic,
        "title": notice.heading,
        "message": notice.state,
        "markdown": False,
    }
    if notice.link:
        message["click"] = notice.link
    return message


def _ntfy(url: str) -> tuple[str, str]:
    """Return server and topic: what is in JSON goes to the server's own address."""
    parts = urlsplit(url)
    path, _, topic = parts.path.rstrip("/").rpartition("/")
    return urlunsplit(parts._replace(path=f"{path}/")), unquote(topic)


def _json(body: dict[str, object]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
