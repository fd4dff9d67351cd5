"""Instances of one studio: let in if they fit, each in its turn, with a part of what providers accept."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest

from sora_studio.config import ConfigError
from sora_studio.db.engine import Database
from sora_studio.db.jobs import JobRepository
from sora_studio.domain.instance import Instance, InstanceRole
from sora_studio.domain.tasks import PeriodicTask, TaskName
from sora_studio.domain.video import Phase
from sora_studio.services.instances.assembly import membership
from sora_studio.services.instances.registry import Instances
from sora_studio.services.instances.turns import OnceOnly
from tests.support.library import add_person, add_videos
from tests.support.waiting import comes_true

OWN = Instance(address="one:3000", signing_keys=("a",), time_zone="UTC")
OTHER = replace(OWN, id=uuid4(), installation=uuid4(), address="other:3000")


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def test_who_differs_is_not_let_in_and_told_why(database: Database, stack: AsyncExitStack):
    member = await stack.enter_async_context(membership(database, OWN))
    with pytest.raises(ConfigError, match=r"at one:3000 \(seen \d s ago\), and it has another signing key"):
        await Instances(database, replace(OTHER, signing_keys=("b",))).join()
    assert not member.instances.has_others()
    await stack.enter_async_context(membership(database, OTHER))
    await member.instances.beat()
    assert [each.address for each in member.instances.others] == ["other:3000"]


async def test_who_leaves_or_dies_is_forgotten(database: Database):
    async with membership(database, OWN) as member:
        async with membership(database, OTHER):
            await member.instances.beat()
            assert member.instances.has_strangers()
        await member.instances.beat()
        assert not member.instances.has_others()
        dead = Instances(database, replace(OTHER, signing_keys=("b",), installation=OWN.installation))
        await dead.join()  # its own data directory's last run holds nobody up
        await _sql(database, "UPDATE instance SET seen_at = seen_at - interval '61 s' WHERE id <> %s", OWN.id)
        await member.instances.beat()
        assert not member.instances.has_others()


async def test_what_providers_accept_is_divided_by_those_that_work(database: Database, stack: AsyncExitStack):
    parts: list[int] = []
    member = await stack.enter_async_context(membership(database, OWN))
    member.instances.share(parts.append)
    web = replace(OTHER, id=uuid4(), role=InstanceRole.WEB)
    for each in (web, OTHER):
        await stack.enter_async_context(membership(database, each))
        await member.instances.beat()
    assert parts == [1, 1, 2]


async def test_what_is_done_once_is_done_by_one(database: Database):
    done: list[str] = []

    def by(name: str) -> PeriodicTask:
        async def run() -> timedelta | None:
            done.append(name)
            await others.run() if others else None
            return rest

        return OnceOnly(database, uuid4()).in_turn(PeriodicTask(TaskName.BACKUP, None, run))

    others: PeriodicTask | None = None
    rest: timedelta | None = None
    others, first = by("other"), by("one")
    await first.run()
    assert done == ["one"]  # the other one came while it was at it
    others, rest = None, timedelta(hours=1)
    await by("other").run()
    await by("third").run()
    assert done == ["one", "other"]  # which said that it rests
    await _sql(database, "UPDATE task_turn SET free_at = now()")
    await by("third").run()
    assert done == ["one", "other", "third"]


async def test_a_turn_lasts_for_as_long_as_its_task(database: Database):
    done: list[str] = []

    async def other() -> None:
        done.append("other")

    async def one() -> None:
        await _sql(database, "UPDATE task_turn SET free_at = now()")
        await comes_true(partial(_is_taken, database))
        await OnceOnly(database, uuid4()).in_turn(PeriodicTask(TaskName.PURGE, None, other)).run()
        done.append("one")

    once = OnceOnly(database, uuid4(), renewal=timedelta(milliseconds=10))
    await once.in_turn(PeriodicTask(TaskName.PURGE, None, one)).run()
    assert done == ["one"]


async def _is_taken(db: Database) -> bool:
    async with db.transaction() as tx:
        found = await (await tx.connection()).exec_driver_sql("SELECT free_at > now() FROM task_turn")
        return bool(found.scalar_one())


async def test_who_dies_over_it_takes_it_up_again_at_once_and_others_later(database: Database):
    holder, done = uuid4(), list[str]()

    async def run() -> None:
        done.append("done")
        if len(done) == 1:
            raise KeyboardInterrupt

    task = PeriodicTask(TaskName.PURGE, None, run)
    with pytest.raises(KeyboardInterrupt):
        await OnceOnly(database, holder).in_turn(task).run()
    await _sql(database, "UPDATE task_turn SET holder = %s, free_at = now() + interval '1 h'", holder)
    await OnceOnly(database, uuid4()).in_turn(task).run()
    assert len(done) == 1
    await OnceOnly(database, holder).in_turn(task).run()
    assert len(done) == 2


async def test_a_wish_waits_for_the_instance_that_has_its_provider(database: Database):
    owner_id = await add_person(database)
    await add_videos(database, owner_id, "a kite", phase=Phase.SUBMITTING, provider="elsewhere")

    async def taken() -> int:
        async with database.transaction() as tx:
            wishes = await JobRepository(tx).claim_wishes(
                holder=uuid4(), lease=timedelta(seconds=30), most=8, places={}, known=["here"]
            )
            return len(wishes)

    there = replace(OTHER, providers={"elsewhere": "http://x/v1"})
    async with membership(database, there):
        assert await taken() == 0
    async with membership(database, replace(there, role=InstanceRole.WEB)):
        assert await taken() == 1  # nobody who works has it: its person is told


async def _sql(db: Database, statement: str, *parameters: object) -> None:
    async with db.transaction() as tx:
        await (await tx.connection()).exec_driver_sql(statement, parameters)
