"""Webhooks out, on a real database: what is told, in which order, and what happens when it is not taken."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from sora_studio.db.agenda import AgendaRepository
from sora_studio.domain import webhooks
from sora_studio.domain.account import Identity
from sora_studio.domain.errors import Conflict, InvalidInput, NotFound
from sora_studio.domain.ids import new_id, public_endpoint_id, public_id
from sora_studio.domain.tasks import TaskName
from sora_studio.domain.video import Phase
from sora_studio.domain.webhook_messages import Answer, EventType, FreshSecret
from sora_studio.domain.webhooks import Delivery, key_of
from sora_studio.services.jobs.agenda import Agenda
from sora_studio.services.jobs.background import Options
from sora_studio.services.people.trail import Trail
from sora_studio.services.throttle import Throttle
from sora_studio.services.videos.videos import UNDO_TIME
from sora_studio.services.webhooks.deliverer import LEASE, Deliverer
from sora_studio.services.webhooks.endpoints import WebhookEndpointService
from sora_studio.services.webhooks.notices import Notices
from tests.integration.jobs.conftest import Background
from tests.support.library import add_person
from tests.support.waiting import eventually

EVERYTHING = [*EventType]
_ENTER = "UPDATE video SET phase = :phase WHERE id = :id"
URL = "https://hooks.example/in"


@dataclass
class Receiver:
    """Takes messages instead of the internet; what is in `answers` comes first, then always 200."""

    answers: list[Answer | BaseException] = field(default_factory=list[Answer | BaseException])
    seen: list[tuple[str, Mapping[str, str], bytes]] = field(
        default_factory=list[tuple[str, Mapping[str, str], bytes]]
    )
    before: asyncio.Event | None = None  # what is waited for before the answer

    async def check(self, url: str) -> str | None:
        return None if url.startswith("https://") else "This is not an https address."

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.seen.append((url, headers, body))
        if self.before:
            await self.before.wait()
        answer = self.answers.pop(0) if self.answers else Answer(200)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def told(self) -> list[tuple[str, str]]:
        """Return type and subject of everything that came."""
        bodies = [json.loads(body) for _, _, body in self.seen]
        return [(body["type"], body["data"]["id"]) for body in bodies]

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for _, headers, _ in self.seen]


@dataclass
class Out:
    """The part of one process that sends webhooks."""

    background: Background
    receiver: Receiver = field(default_factory=Receiver)

    def __post_init__(self) -> None:
        self.me = Identity(self.background.owner_id, new_id())
        self.woken: list[None] = []
        self.endpoints = WebhookEndpointService(
            db=self.background.db,
            sender=self.receiver,
            trail=Trail(self.background.db, Throttle(), lambda: datetime.now(UTC)),
            throttle=Throttle(),
            wake=lambda: self.woken.append(None),
        )
        self.deliverer = self.another()

    def another(self) -> Deliverer:
        db = self.background.db
        notices = Notices(db, "https://studio.example")
        return Deliverer(db, self.receiver, notices, lambda: datetime.now(UTC), chance=lambda: 0.0)

    async def endpoint(self, *kinds: str, name: str = "mine") -> FreshSecret:
        return await self.endpoints.create(self.me, name, URL, kinds or EVERYTHING)

    async def enter(self, video_id: UUID, *phases: Phase) -> None:
        for phase in phases:
            await self.background.sql(_ENTER, phase=phase, id=video_id)

    async def messages(self) -> list[dict[str, Any]]:
        async with self.background.db.transaction() as tx:
            found = await (await tx.connection()).execute(
                text("SELECT *, due_at - now() AS wait FROM webhook_message ORDER BY position")
            )
            return [dict(row) for row in found.mappings()]

    async def due(self) -> None:
        await self.background.sql("UPDATE webhook_message SET due_at = now() WHERE due_at IS NOT NULL")


@pytest.fixture
def out(background: Background) -> Out:
    return Out(background)


async def test_the_whole_life_of_a_video_is_told_by_its_end(out: Out, background: Background, mp4: bytes):
    fresh = await out.endpoint()
    view = await background.wish()
    await background.submit()
    await out.deliverer.run()
    assert out.receiver.seen == []
    background.provider.finish("remote-0", mp4)
    await background.refresh()
    await background.archive()
    assert (await background.look(view)).phase is Phase.COMPLETED
    await out.deliverer.run()
    assert out.receiver.told() == [("video.completed", public_id(view.id))]
    (_, headers, body) = out.receiver.seen[0]
    delivery = Delivery(
        headers["webhook-id"], headers["webhook-timestamp"], headers["webhook-signature"], body
    )
    webhooks.check(delivery, [key_of(fresh.secret)], datetime.now(UTC))
    await out.deliverer.run()
    assert len(out.receiver.seen) == 1


async def test_only_what_is_wanted_is_told_and_to_its_person_alone(out: Out, background: Background):
    await out.endpoint(EventType.VIDEO_FAILED)
    other = Identity(await add_person(background.db, "eve"), new_id())
    await out.endpoints.create(other, "eve's", URL, EVERYTHING)
    view = await background.wish()
    await out.enter(view.id, Phase.NEEDS_ATTENTION, Phase.COMPLETED, Phase.FAILED)
    assert [each["event_type"] for each in await out.messages()] == ["video.failed"]


async def test_what_was_rolled_back_is_not_told(out: Out, background: Background):
    await out.endpoint()
    view = await background.wish()
    async with background.db.transaction() as tx:
        await (await tx.connection()).execute(text(_ENTER), {"phase": Phase.FAILED, "id": view.id})
        await tx.rollback()
    assert await out.messages() == []


async def test_a_video_is_told_of_in_order_and_holds_up_no_other(out: Out, background: Background):
    await out.endpoint()
    first, second = await background.wish("a boat"), await background.wish("a kite")
    await out.enter(first.id, Phase.NEEDS_ATTENTION, Phase.COMPLETED)
    await out.enter(second.id, Phase.FAILED)
    out.receiver.answers = [Answer(500)]
    await out.deliverer.run()
    assert out.receiver.told() == [
        ("video.needs_attention", public_id(first.id)),
        ("video.failed", public_id(second.id)),
    ]
    await out.due()
    await out.deliverer.run()
    assert out.receiver.told()[2:] == [
        ("video.needs_attention", public_id(first.id)),
        ("video.completed", public_id(first.id)),
    ]


async def test_what_is_not_taken_comes_again_under_the_same_id_and_ends_in_the_list(
    out: Out, background: Background
):
    made = await out.endpoint()
    view = await background.wish()
    await out.enter(view.id, Phase.FAILED)
    out.receiver.answers = [Answer(500, error="It answered 500.")] * 10
    waits: list[float | None] = []
    for _ in range(10):
        await out.deliverer.run()
        wait = (await out.messages())[0]["wait"]
        waits.append(wait and round(wait.total_seconds(), -1))
        await out.due()
    hours = [2, 5, 10, 14, 20, 24]
    assert waits == [pytest.approx(0, abs=10), 300, 1800, *(hour * 3600 for hour in hours), None]
    assert len({*out.receiver.ids()}) == 1
    assert len(out.receiver.seen) == 10
    (failed,) = await out.endpoints.messages(out.me, made.view.id, only_failed=True)
    assert (failed.attempts, failed.status_code, failed.error) == (10, 500, "It answered 500.")
    await out.endpoints.replay(out.me, made.view.id, failed.id)
    assert out.woken
    await out.deliverer.run()
    assert len({*out.receiver.ids()}) == 1
    assert await out.endpoints.messages(out.me, made.view.id, only_failed=True) == ()


async def test_a_process_that_dies_over_a_message_leaves_it_to_the_next(out: Out, background: Background):
    await out.endpoint()
    view = await background.wish()
    await out.enter(view.id, Phase.COMPLETED)
    out.receiver.answers = [asyncio.CancelledError()]
    with pytest.raises(asyncio.CancelledError):
        await out.deliverer.run()
    await out.another().run()
    assert len(out.receiver.seen) == 1  # its lease stands
    await background.sql("UPDATE webhook_message SET lease_until = now()")
    await out.another().run()
    assert len(out.receiver.seen) == 2
    assert len({*out.receiver.ids()}) == 1
    assert (await out.messages())[0]["delivered_at"] is not None


async def test_who_comes_too_late_writes_nothing(out: Out, background: Background):
    """A frozen process whose message another one has sent meanwhile."""
    await out.endpoint()
    view = await background.wish()
    await out.enter(view.id, Phase.COMPLETED)
    out.receiver.before, out.receiver.answers = asyncio.Event(), [Answer(500), Answer(200)]
    late = asyncio.create_task(out.deliverer.run())
    await eventually(lambda: out.receiver.seen)
    await background.sql("UPDATE webhook_message SET lease_until = now(), fence = fence + 1")
    out.receiver.before.set()
    await late
    (message,) = await out.messages()
    assert (message["delivered_at"] is None, message["attempts"]) == (False, 1)
    assert message["status_code"] == 200


async def test_people_take_turns_however_many_endpoints_one_has(out: Out, background: Background):
    for number in range(5):
        await out.endpoint(name=str(number))
    other = Identity(await add_person(background.db, "eve"), new_id())
    await out.endpoints.create(other, "eve's", f"{URL}/eve", EVERYTHING)
    told = [(background.owner_id, number) for number in range(4)] + [(other.user_id, 4)]
    for owner, number in told:
        await background.sql(
            "SELECT enqueue_webhook(:owner, 'video.failed', :about)", owner=owner, about=f"video_{number}"
        )
    await out.deliverer.run()
    assert len(out.receiver.seen) == 21
    assert f"{URL}/eve" in [url for url, _, _ in out.receiver.seen[:16]]  # what is sent at once


async def test_only_who_may_still_see_a_video_is_told_of_it(out: Out, background: Background):
    """Its maker was taken out of the project since, or the account was disabled and is enabled again."""
    view = await background.wish()
    await out.endpoint()
    await out.enter(view.id, Phase.COMPLETED)
    await background.sql('UPDATE "user" SET disabled_at = now() WHERE id = :id', id=out.me.user_id)
    await out.deliverer.run()
    async with background.db.transaction() as tx:
        waits = await AgendaRepository(tx).waits(UNDO_TIME)
    assert (out.receiver.seen, TaskName.WEBHOOKS in waits) == ([], False), "nothing is due for them"
    await background.sql('UPDATE "user" SET disabled_at = NULL WHERE id = :id', id=out.me.user_id)
    await background.sql(
        "INSERT INTO project (id, name, created_at) VALUES (:id, 'Theirs', now())", id=(project := new_id())
    )
    await background.sql("UPDATE video SET project_id = :project", project=project)
    await out.deliverer.run()
    (message,) = await out.messages()
    assert (out.receiver.seen, message["due_at"], message["error"]) == (
        [],
        None,
        "Not sent: you may no longer see this video.",
    )


async def test_two_processes_send_each_message_once(out: Out, background: Background):
    await out.endpoint()
    for number in range(12):
        await out.enter((await background.wish(f"boat {number}")).id, Phase.FAILED)
    await asyncio.gather(*(out.another().run() for _ in range(4)))
    assert len(out.receiver.seen) == len({*out.receiver.ids()}) == 12


async def test_gone_disables_until_the_endpoint_is_changed(out: Out, background: Background):
    made = await out.endpoint()
    first, second = await background.wish("a boat"), await background.wish("a kite")
    await out.enter(first.id, Phase.NEEDS_ATTENTION, Phase.FAILED)
    out.receiver.answers = [Answer(410)]
    await out.deliverer.run()
    assert len(out.receiver.seen) == 1
    assert (await out.endpoints.get(out.me, made.view.id)).disabled_at is not None
    await out.enter(second.id, Phase.FAILED)
    assert [each["due_at"] for each in await out.messages()] == [None, None]
    await out.endpoints.change(out.me, made.view.id, name="again")
    await out.enter(second.id, Phase.NEEDS_ATTENTION)
    await out.deliverer.run()
    assert out.receiver.told()[1:] == [("video.needs_attention", public_id(second.id))]


async def test_both_secrets_sign_for_a_day(out: Out, background: Background):
    made = await out.endpoint()
    new = await out.endpoints.rotate_secret(out.me, made.view.id, overlap=True)
    view = await background.wish()
    await out.enter(view.id, Phase.NEEDS_ATTENTION)
    await out.deliverer.run()
    await background.sql("UPDATE webhook_endpoint SET previous_until = now()")
    await out.enter(view.id, Phase.FAILED)
    await out.deliverer.run()
    assert [len(headers["webhook-signature"].split()) for _, headers, _ in out.receiver.seen] == [2, 1]
    assert new.secret != made.secret
    last = await out.endpoints.rotate_secret(out.me, made.view.id, overlap=False)
    await out.enter(view.id, Phase.COMPLETED)
    await out.deliverer.run()
    _, headers, body = out.receiver.seen[-1]
    delivery = Delivery(
        headers["webhook-id"], headers["webhook-timestamp"], headers["webhook-signature"], body
    )
    webhooks.check(delivery, [key_of(last.secret)], datetime.now(UTC))


async def test_the_agenda_knows_what_can_be_sent_and_nothing_else(out: Out, background: Background):
    def agenda() -> Agenda:
        return background.assembled(Options(is_heard=lambda: True)).agenda

    await out.endpoint()
    view = await background.wish()
    await background.sql("UPDATE job SET due_at = NULL")
    await out.enter(view.id, Phase.NEEDS_ATTENTION, Phase.COMPLETED)
    background.woken.clear()
    await agenda().run()
    assert background.woken == [TaskName.WEBHOOKS]
    out.receiver.answers = [Answer(500), Answer(500)]
    await out.deliverer.run()
    background.woken.clear()
    await agenda().run()
    assert background.woken == []  # the second waits for the first, which waits for its time


async def test_what_is_old_is_forgotten(out: Out, background: Background):
    await out.endpoint()
    view = await background.wish()
    await out.enter(view.id, Phase.FAILED)
    await out.deliverer.run()
    await background.sql("UPDATE webhook_message SET created_at = now() - interval '31 days'")
    await out.another().run()
    assert await out.messages() == []


async def test_endpoints_are_checked_and_counted(out: Out, background: Background):
    del background
    with pytest.raises(InvalidInput, match="https"):
        await out.endpoints.create(out.me, "x", "http://hooks.example", EVERYTHING)
    with pytest.raises(InvalidInput, match="event_types"):
        await out.endpoints.create(out.me, "x", URL, [])
    made = [await out.endpoint(name=f"hook {number}") for number in range(20)]
    with pytest.raises(Conflict):
        await out.endpoint()
    page = await out.endpoints.page(out.me, None, 3)
    rest = await out.endpoints.page(out.me, page[-1].id, 100)
    assert {each.id for each in (*page, *rest)} == {each.view.id for each in made}
    eve = Identity(new_id(), new_id())
    for act in (
        out.endpoints.get(eve, made[0].view.id),
        out.endpoints.remove(eve, made[0].view.id),
        out.endpoints.messages(eve, made[0].view.id, only_failed=False),
    ):
        with pytest.raises(NotFound):
            await act


async def test_an_example_is_sent_at_once_and_answered_for(out: Out):
    made = await out.endpoint()
    out.receiver.answers = [Answer(418)]
    assert (await out.endpoints.test(out.me, made.view.id, "video.failed")).status_code == 418
    assert out.receiver.told()[0][0] == "video.failed"
    out.receiver.answers = [Answer(error="No answer within 15 seconds.")]
    with pytest.raises(InvalidInput, match="15 seconds"):
        await out.endpoints.test(out.me, made.view.id, "video.failed")
    assert await out.messages() == []


def test_a_lease_is_longer_than_an_attempt():
    assert timedelta(seconds=15) < LEASE


async def test_a_chat_is_told_in_its_own_way(out: Out, background: Background):
    url = "https://ntfy.example/boats"
    await out.endpoints.create(out.me, "phone", url, EVERYTHING, "ntfy")
    view = await background.wish()
    await background.submit()
    await out.enter(view.id, Phase.FAILED)
    await out.deliverer.run()
    await background.sql("UPDATE video SET deleted_at = now()")
    await out.background.sql("UPDATE webhook_message SET due_at = now(), delivered_at = NULL")
    await out.deliverer.run()
    told, gone = [(url, json.loads(body)) for url, _, body in out.receiver.seen]
    assert told[0] == gone[0] == "https://ntfy.example/"
    assert (told[1]["title"], told[1]["message"]) == (view.title, "Failed · $0.40")
    assert told[1]["click"] == f"https://studio.example/video/{public_id(view.id)}"
    assert (gone[1]["title"], gone[1]["message"], "click" in gone[1]) == ("Sora Studio", "Failed", False)


async def test_a_format_that_does_not_fit_changes_nothing(out: Out):
    fresh = await out.endpoint()
    with pytest.raises(InvalidInput, match="format is one of"):
        await out.endpoints.change(out.me, fresh.view.id, kind="teams")
    with pytest.raises(InvalidInput, match="topic"):
        await out.endpoints.change(out.me, fresh.view.id, url="https://ntfy.example/", kind="ntfy")
    assert await out.endpoints.get(out.me, fresh.view.id) == fresh.view


async def test_what_is_done_to_endpoints_is_on_the_trail(out: Out, background: Background):
    fresh = await out.endpoint()
    await out.endpoints.change(out.me, fresh.view.id, kind="slack")
    await out.endpoints.rotate_secret(out.me, fresh.view.id, overlap=False)
    await out.endpoints.remove(out.me, fresh.view.id)
    with pytest.raises(NotFound):
        await out.endpoints.remove(out.me, fresh.view.id)
    async with background.db.transaction() as tx:
        lines = await (await tx.connection()).execute(text("SELECT act, about FROM audit ORDER BY at, id"))
        found = sorted((row.act, row.about) for row in lines)
    acts = ("webhook_change", "webhook_creation", "webhook_deletion", "webhook_rotation")
    assert found == [(act, public_endpoint_id(fresh.view.id)) for act in acts]
