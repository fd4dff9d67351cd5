"""What chats are told: title, state, price and link, and nothing that a title could do there."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.webhook_formats import (
    Notice,
    Post,
    WebhookFormat,
    check_address,
    clean_format,
    write,
)
from sora_studio.domain.webhook_messages import EventType

URL, LINK = "https://chat.example/hooks/secret?wait=true", "https://studio.example/video/video_1"
HOSTILE = (
    "@everyone <!channel> <@U1> [free](https://evil.example) **b** `c` <https://evil.example|x>\n# & \u202e"
)


def notice(title: str = "A paper boat", event: EventType = EventType.VIDEO_COMPLETED) -> Notice:
    return Notice(event, datetime(2026, 12, 1, tzinfo=UTC), "video_1", title, "$0.40", LINK)


def body(post: Post) -> dict[str, Any]:
    return json.loads(post.body)


def test_each_format_says_title_state_price_and_link():
    discord = write(WebhookFormat.DISCORD, URL, notice())
    assert (discord.url, body(discord)["embeds"]) == (
        URL,
        [{"title": "A paper boat", "description": "Finished · $0.40", "url": LINK}],
    )
    slack = body(write(WebhookFormat.SLACK, URL, notice()))
    assert slack["text"] == slack["blocks"][0]["text"]["text"] == "A paper boat\nFinished · $0.40"
    assert slack["blocks"][1]["elements"][0]["text"] == f"<{LINK}|Open in the studio>"
    ntfy = write(WebhookFormat.NTFY, "https://ntfy.example/base/my%20videos?auth=x", notice())
    assert ntfy.url == "https://ntfy.example/base/?auth=x"
    assert body(ntfy) == {
        "topic": "my videos",
        "title": "A paper boat",
        "message": "Finished · $0.40",
        "markdown": False,
        "click": LINK,
    }


def test_the_standard_one_stays_thin():
    post = write(WebhookFormat.STANDARD, URL, notice(HOSTILE))
    assert body(post) == {"type": "video.completed", "created_at": 1796083200, "data": {"id": "video_1"}}


def test_a_title_calls_nobody_and_links_nowhere():
    discord = body(write(WebhookFormat.DISCORD, URL, notice(HOSTILE)))
    assert discord["allowed_mentions"] == {"parse": []}
    title = discord["embeds"][0]["title"]
    assert all(title[place - 1] == "\\" for place, sign in enumerate(title) if sign in "@[]()*`<>#|")
    slack = body(write(WebhookFormat.SLACK, URL, notice(HOSTILE)))
    assert "<" not in slack["text"]
    assert slack["blocks"][0]["text"]["type"] == "plain_text"
    assert body(write(WebhookFormat.NTFY, "https://ntfy.example/t", notice(HOSTILE)))["markdown"] is False


@pytest.mark.parametrize("event", EventType)
def test_every_event_has_words(event: EventType):
    for kind in WebhookFormat:
        assert write(kind, "https://ntfy.example/t", notice(event=event)).body


def test_a_video_that_is_gone_has_no_name():
    gone = Notice(EventType.VIDEO_FAILED, datetime.now(UTC), "video_1")
    assert body(write(WebhookFormat.SLACK, URL, gone))["text"] == "Sora Studio\nFailed"


def test_what_will_not_do_is_named():
    with pytest.raises(InvalidInput, match="standard, discord, slack, ntfy"):
        clean_format("teams")
    for url in ("https://ntfy.example", "https://ntfy.example/"):
        with pytest.raises(InvalidInput, match="topic"):
            check_address(WebhookFormat.NTFY, url)
    check_address(WebhookFormat.SLACK, "https://ntfy.example/")
