"""Webhooks out as the official SDK manages and verifies them, with an API key."""

import json
from collections.abc import Iterator

import openai
import pytest

from tests.integration.api.conftest import Person
from tests.support.receiver import Receiver
from tests.support.studio import RunningStudio
from tests.support.waiting import PATIENCE


@pytest.fixture
def sdk(ada: Person, studio: RunningStudio) -> Iterator[openai.OpenAI]:
    """Return a client that signs in with a key."""
    wish = {"name": "hooks", "scopes": ["videos:read", "videos:write", "webhooks:write"]}
    key = ada.http.post("/keys", json=wish).raise_for_status().json()["key"]
    with openai.OpenAI(base_url=f"{studio.url}/api", api_key=key, max_retries=0) as client:
        yield client


def test_the_sdk_manages_endpoints(sdk: openai.OpenAI, receiver: Receiver, studio: RunningStudio):
    assert "video.needs_attention" in sdk.webhooks.event_types.list().data
    made = [
        sdk.webhooks.create(name=f"hook {number}", url=receiver.url, event_types=["video.completed"])
        for number in range(3)
    ]
    assert made[0].signing_secret.startswith("whsec_")
    assert made[0].signing_secret_hint == f"…{made[0].signing_secret[-4:]}"
    listed = [each.id for each in sdk.webhooks.list(limit=2)]  # by pages
    assert listed == [each.id for each in reversed(made)]
    first = made[0].id
    changed = sdk.webhooks.update(first, name="renamed", event_types=["video.failed"])
    assert (changed.name, changed.event_types, changed.url) == ("renamed", ["video.failed"], receiver.url)
    assert "signing_secret" not in sdk.webhooks.retrieve(first).model_dump()
    rotated = sdk.webhooks.rotate_secret(first, keep_old_secret_active_for_24_hours=True)
    assert rotated.signing_secret != made[0].signing_secret
    tested = sdk.webhooks.test(first, event_type="video.failed")
    assert (tested.status_code, tested.success) == (204, True)
    sample = receiver.queue.get(timeout=PATIENCE)
    sdk.webhooks.verify_signature(sample.body, sample.headers, secret=rotated.signing_secret)
    assert sdk.webhooks.delete(first).deleted
    with pytest.raises(openai.NotFoundError):
        sdk.webhooks.retrieve(first)
    with pytest.raises(openai.BadRequestError):
        sdk.webhooks.create(name="inside", url="http://127.0.0.1:1/", event_types=["video.failed"])
    assert made[1].signing_secret not in studio.log.read_text()


def test_the_end_of_a_video_is_told_at_once_and_the_sdk_verifies_it(sdk: openai.OpenAI, receiver: Receiver):
    made = sdk.webhooks.create(
        name="ends", url=f"{receiver.url}/ends", event_types=["video.completed", "video.failed"]
    )
    video = sdk.videos.create(prompt="forbidden-test")
    told = receiver.queue.get(timeout=PATIENCE)
    sdk.webhooks.verify_signature(told.body, told.headers, secret=made.signing_secret)
    body = json.loads(told.body)
    assert (told.path, body["type"], body["data"]) == ("/ends", "video.failed", {"id": video.id})
    (message,) = sdk.get(f"/webhook_endpoints/{made.id}/messages", cast_to=dict[str, object])["data"]  # type: ignore[misc] -- the SDK does not know these
    assert (message["id"], message["data_id"]) == (told.headers["webhook-id"], video.id)
