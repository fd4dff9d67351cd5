"""Webhooks: a hint has the job looked at, at most so often, whenever it comes."""

import asyncio
import json
import time
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from sora_studio.domain.errors import JobNotFound, NotAllowed
from sora_studio.domain.tasks import TaskName
from sora_studio.domain.video import Phase, Status
from sora_studio.domain.webhooks import Delivery, key_of
from sora_studio.providers.redactor import Redactor
from sora_studio.providers.wire import BLOT
from sora_studio.services.jobs.webhooks import WebhookService
from tests.integration.jobs.conftest import Background
from tests.support.waiting import eventually
from tests.unit.domain.test_webhooks import SECRET, sign

OURS = "sk-of-the-studio"  # a key that providers are shown


def event(remote_id: str, delivery_id: str = "") -> Delivery:
    stamp = str(int(datetime.now(UTC).timestamp()))
    body = json.dumps({"type": "video.completed", "data": {"id": remote_id}}).encode()
    delivery_id = delivery_id or uuid4().hex
    return Delivery(delivery_id, stamp, sign(SECRET, delivery_id, stamp, body), body)


@pytest.fixture
def webhooks(background: Background) -> WebhookService:
    return WebhookService(
        db=background.db,
        keys=[key_of(SECRET)],
        redact=Redactor({OURS}).body,
        clock=lambda: datetime.now(UTC),
        wake=background.woken.append,
    )


async def taken(background: Background):
    view = await background.wish()
    await background.submit()
    await background.sql("UPDATE job SET due_at = now() + interval '1 hour'")
    background.woken.clear()
    return view


async def test_a_hint_has_the_job_looked_at_now(background: Background, webhooks: WebhookService):
    view = await taken(background)
    background.provider.report("remote-0", Status.IN_PROGRESS, 50)
    await background.refresher.run()
    assert background.provider.fetches == 0
    await webhooks.receive(event("remote-0"))
    assert background.woken == ["refresh"]
    await background.refresher.run()
    assert background.provider.fetches == 1
    assert (await background.look(view)).progress == 50


async def test_an_id_that_no_job_can_have_changes_nothing(background: Background, webhooks: WebhookService):
    await taken(background)
    for remote_id in ("\ud800", "\0", "\n", "x" * 1025):
        await webhooks.receive(event(remote_id))
    assert background.woken == []


async def test_a_delivery_that_repeats_our_key_is_kept_without_it(
    background: Background, webhooks: WebhookService
):
    """As a job's id is that came in an answer, so that the two are still the same."""
    await webhooks.receive(event(f"job-{OURS}"))
    assert await background.read("SELECT remote_id FROM webhook_delivery") == (f"job-{BLOT}",)


async def test_many_deliveries_cost_few_looks(background: Background, webhooks: WebhookService):
    await taken(background)
    began = time.monotonic()
    for number in range(20):
        await webhooks.receive(event("remote-0", "the same" if number % 2 else ""))
        await background.refresher.run()
    assert 1 <= background.provider.fetches <= 2 + (time.monotonic() - began) / 5  # one in five seconds


async def test_a_hint_too_soon_is_put_off_and_not_dropped(background: Background, webhooks: WebhookService):
    """The first one says in_progress, the second one completed."""
    await taken(background)
    await webhooks.receive(event("remote-0"))
    await background.refresher.run()
    await background.sql("UPDATE job SET due_at = now() + interval '1 hour'")
    background.woken.clear()
    for _ in range(3):
        await webhooks.receive(event("remote-0"))
    (wait,) = await background.read("SELECT extract(epoch FROM due_at - now())::float8 FROM job")
    assert wait <= 5
    assert TaskName.REFRESH not in background.woken or wait <= 0  # a slow machine


async def test_a_hint_while_the_provider_is_asked_has_it_asked_again(
    background: Background, webhooks: WebhookService
):
    """The answer that is on its way may be older than the hint."""
    await taken(background)
    await background.due_now()
    background.provider.hold_looks = asyncio.Event()
    asking = asyncio.create_task(background.refresher.run())
    await eventually(lambda: background.provider.fetches)
    await webhooks.receive(event("remote-0"))
    background.provider.hold_looks.set()
    await asking
    await background.refresher.pool.idle()
    (is_due,) = await background.read("SELECT due_at <= now() FROM job")
    assert is_due


async def test_a_hint_that_comes_before_the_answer_waits_for_it(
    background: Background, webhooks: WebhookService
):
    view = await background.wish()
    await webhooks.receive(event("remote-0"))
    assert background.woken == ["submit"]
    await background.submit()
    await background.refresher.run()
    assert background.provider.fetches == 1
    assert (await background.look(view)).phase is Phase.QUEUED


async def test_unknown_ids_and_kinds_change_nothing(background: Background, webhooks: WebhookService):
    await taken(background)
    await webhooks.receive(event("somebody else's"))
    assert background.woken == []


async def test_a_forged_delivery_changes_nothing(background: Background, webhooks: WebhookService):
    await taken(background)
    real = event("remote-0")
    with pytest.raises(NotAllowed):
        await webhooks.receive(Delivery(real.id, real.timestamp, "v1,AAAA", real.body))
    assert background.woken == []
    await webhooks.receive(real)
    assert background.woken == ["refresh"]


async def test_hints_do_not_hasten_the_question(background: Background, webhooks: WebhookService):
    """Looks that know nothing of a job have the person asked; they are meant to span two minutes."""
    await taken(background)
    background.provider.on_fetch = [JobNotFound("No such video.", "not_found")]
    await background.refresh()
    await webhooks.receive(event("remote-0"))
    assert background.woken == []


async def test_a_hint_has_a_lost_job_looked_at(background: Background, webhooks: WebhookService):
    """Its provider knows it after all."""
    view = await taken(background)
    background.provider.on_fetch = [JobNotFound("No such video.", "not_found")] * 5
    for _ in range(5):
        await background.refresh()
    assert (await background.look(view)).phase is Phase.NEEDS_ATTENTION
    await background.sql("UPDATE job SET due_at = NULL")
    await webhooks.receive(event("remote-0"))
    assert background.woken == ["refresh"]
    background.provider.report("remote-0", Status.IN_PROGRESS, 50)
    await background.refresher.run()
    assert (await background.look(view)).phase is Phase.IN_PROGRESS
