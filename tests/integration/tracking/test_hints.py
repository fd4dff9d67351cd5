"""Webhooks: a hint has the job looked at, at most so often, whenever it comes."""

import asyncio
import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from sora_studio.domain.errors import JobNotFound, NotAllowed
from sora_studio.domain.video import Phase, Status
from sora_studio.domain.webhooks import Delivery, key_of
from sora_studio.services.webhooks import WebhookService
from tests.integration.tracking.conftest import Bench
from tests.support.waiting import eventually
from tests.unit.domain.test_webhooks import SECRET, sign


def event(remote_id: str, delivery_id: str = "") -> Delivery:
    stamp = str(int(datetime.now(UTC).timestamp()))
    body = json.dumps({"type": "video.completed", "data": {"id": remote_id}}).encode()
    delivery_id = delivery_id or uuid4().hex
    return Delivery(delivery_id, stamp, sign(SECRET, delivery_id, stamp, body), body)


@pytest.fixture
def webhooks(bench: Bench) -> WebhookService:
    return WebhookService(
        db=bench.db, keys=[key_of(SECRET)], clock=lambda: datetime.now(UTC), wake=bench.woken.append
    )


async def taken(bench: Bench):
    view = await bench.wish()
    await bench.submit()
    await bench.sql("UPDATE job SET due_at = now() + interval '1 hour'")
    bench.woken.clear()
    return view


async def test_a_hint_has_the_job_looked_at_now(bench: Bench, webhooks: WebhookService):
    view = await taken(bench)
    bench.provider.report("remote-0", Status.IN_PROGRESS, 50)
    await bench.refresher.run()
    assert bench.provider.fetches == 0
    await webhooks.receive(event("remote-0"))
    assert bench.woken == ["refresh"]
    await bench.refresher.run()
    assert bench.provider.fetches == 1
    assert (await bench.look(view)).progress == 50


async def test_an_id_that_no_job_can_have_changes_nothing(bench: Bench, webhooks: WebhookService):
    await taken(bench)
    for remote_id in ("\ud800", "\0", "\n", "x" * 1025):
        await webhooks.receive(event(remote_id))
    assert bench.woken == []


async def test_many_deliveries_cost_few_looks(bench: Bench, webhooks: WebhookService):
    await taken(bench)
    for number in range(50):
        await webhooks.receive(event("remote-0", "the same" if number % 2 else ""))
        await bench.refresher.run()
    assert 1 <= bench.provider.fetches <= 3  # one in five seconds, however slow the machine is


async def test_a_hint_too_soon_is_put_off_and_not_dropped(bench: Bench, webhooks: WebhookService):
    """The first one says in_progress, the second one completed."""
    await taken(bench)
    await webhooks.receive(event("remote-0"))
    await bench.refresher.run()
    await bench.sql("UPDATE job SET due_at = now() + interval '1 hour'")
    bench.woken.clear()
    for _ in range(3):
        await webhooks.receive(event("remote-0"))
    (wait,) = await bench.read("SELECT extract(epoch FROM due_at - now())::float8 FROM job")
    assert wait <= 5
    assert bench.woken == [] or wait <= 0  # a slow machine


async def test_a_hint_while_the_provider_is_asked_has_it_asked_again(bench: Bench, webhooks: WebhookService):
    """The answer that is on its way may be older than the hint."""
    await taken(bench)
    await bench.due_now()
    bench.provider.hold_looks = asyncio.Event()
    asking = asyncio.create_task(bench.refresher.run())
    await eventually(lambda: bench.provider.fetches)
    await webhooks.receive(event("remote-0"))
    bench.provider.hold_looks.set()
    await asking
    await bench.refresher.crew.idle()
    (is_due,) = await bench.read("SELECT due_at <= now() FROM job")
    assert is_due


async def test_a_hint_that_comes_before_the_answer_waits_for_it(bench: Bench, webhooks: WebhookService):
    view = await bench.wish()
    await webhooks.receive(event("remote-0"))
    assert bench.woken == ["submit"]
    await bench.submit()
    await bench.refresher.run()
    assert bench.provider.fetches == 1
    assert (await bench.look(view)).phase is Phase.QUEUED


async def test_unknown_ids_and_kinds_change_nothing(bench: Bench, webhooks: WebhookService):
    await taken(bench)
    await webhooks.receive(event("somebody else's"))
    assert bench.woken == []


async def test_a_forged_delivery_changes_nothing(bench: Bench, webhooks: WebhookService):
    await taken(bench)
    real = event("remote-0")
    with pytest.raises(NotAllowed):
        await webhooks.receive(Delivery(real.id, real.timestamp, "v1,AAAA", real.body))
    assert bench.woken == []
    await webhooks.receive(real)
    assert bench.woken == ["refresh"]


async def test_hints_do_not_hasten_the_loss_of_a_job(bench: Bench, webhooks: WebhookService):
    """Four looks that know nothing of it make it lost; they are meant to lie two minutes apart."""
    await taken(bench)
    bench.provider.on_fetch = [JobNotFound("No such video.", "not_found")]
    await bench.refresh()
    await webhooks.receive(event("remote-0"))
    assert bench.woken == []
