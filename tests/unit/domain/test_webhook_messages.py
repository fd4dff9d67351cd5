"""What is said to a webhook endpoint, signed, and when it is said again."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import openai
import pytest

from sora_studio.domain import webhooks
from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.webhook_messages import (
    SCHEDULE,
    Answer,
    EventType,
    clean_event_types,
    next_attempt,
    payload,
)
from sora_studio.domain.webhooks import Delivery, key_of, new_secret, sign

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
BODY = payload(EventType.VIDEO_COMPLETED, NOW, "video_1")
HOUR = timedelta(hours=1)


def test_the_body_is_thin():
    assert json.loads(BODY) == {
        "type": "video.completed",
        "created_at": int(NOW.timestamp()),
        "data": {"id": "video_1"},
    }


def test_a_secret_is_256_bits_as_the_standard_writes_it():
    secrets = {new_secret() for _ in range(20)}
    assert len(secrets) == 20
    assert all(each.startswith("whsec_") and len(key_of(each)) == 32 for each in secrets)


def test_who_has_either_secret_can_verify_while_one_replaces_the_other():
    old, new = new_secret(), new_secret()
    headers = sign("msg_1", BODY, [new, old], NOW)
    delivery = Delivery("msg_1", headers["webhook-timestamp"], headers["webhook-signature"], BODY)
    for secret in (old, new):
        webhooks.check(delivery, [key_of(secret)], NOW)


def test_the_official_sdk_verifies_them():
    secret = new_secret()
    sdk = openai.OpenAI(api_key="-", webhook_secret=secret)
    headers = sign("msg_1", BODY, [secret], datetime.now(UTC))
    sdk.webhooks.verify_signature(BODY, headers)
    with pytest.raises(openai.InvalidWebhookSignatureError):
        sdk.webhooks.verify_signature(BODY + b" ", headers)


def test_attempts_come_ever_more_rarely_for_three_days_and_then_no_more():
    waits = [next_attempt(n, Answer(500), 0.0) for n in range(1, len(SCHEDULE) + 1)]
    assert waits == [*SCHEDULE[1:], None]
    assert timedelta(hours=75) <= sum(SCHEDULE, timedelta()) <= timedelta(hours=77)
    assert all(before < after for before, after in pairwise(SCHEDULE))


@pytest.mark.parametrize(
    ("answer", "chance", "wait"),
    [
        (Answer(500), 1.0, timedelta(seconds=5.5)),
        (Answer(429, timedelta(seconds=90)), 1.0, timedelta(seconds=90)),
        (Answer(503, timedelta(seconds=1)), 0.0, timedelta(seconds=5)),
        (Answer(503, timedelta(days=99)), 0.0, 24 * HOUR),
        (Answer(error="No answer."), 0.0, timedelta(seconds=5)),
    ],
)
def test_a_pause_varies_and_is_as_long_as_is_asked_for(answer: Answer, chance: float, wait: timedelta):
    assert next_attempt(1, answer, chance) == wait


@pytest.mark.parametrize(
    ("status", "taken"), [(200, True), (204, True), (299, True), (301, False), (410, False), (None, False)]
)
def test_only_2xx_is_success(status: int | None, taken: bool):
    assert Answer(status).is_success == taken


def test_event_types_are_words_that_we_know():
    assert clean_event_types(["video.failed", "video.completed", "video.failed"]) == (
        EventType.VIDEO_COMPLETED,
        EventType.VIDEO_FAILED,
    )
    for wrong in ([], ["video.created"], ["video.failed", "x"]):
        with pytest.raises(InvalidInput):
            clean_event_types(wrong)
