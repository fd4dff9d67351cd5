"""Whose wish is sent next, and how fast: owners in turn, within what the provider takes."""

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

import pytest
from anyio.lowlevel import checkpoint

from sora_studio.db.engine import Database
from sora_studio.db.jobs import JobRepository
from sora_studio.domain.errors import ProviderUnavailable
from sora_studio.domain.library import LibraryQuery
from sora_studio.domain.profile import RateLimit
from sora_studio.domain.rate_limit import Share
from sora_studio.domain.video import Phase, VideoWish
from sora_studio.providers.rate_limited import PATIENCE, RateLimitedProvider
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.jobs.claims import LEASE, Claims
from tests.integration.jobs.conftest import Background
from tests.support.library import add_person, add_videos
from tests.support.provider import PROFILE
from tests.support.waiting import comes_true

NONE: dict[str, int] = {}


@dataclass
class People:
    """Ada has a hundred wishes, Bob and Eve came later with a few."""

    db: Database
    ada: UUID
    bob: UUID
    eve: UUID

    async def take(self, claims: Claims, most: int, places: dict[str, int] | None = None) -> list[UUID]:
        taken = await claims.take_wishes(most=most, places=places or NONE)
        return [job.owner_id for job in taken if job.owner_id]


@pytest.fixture
async def people(database: Database) -> People:
    ada, bob, eve = [await add_person(database, name) for name in ("ada", "bob", "eve")]
    for owner_id, wishes in ((ada, 100), (bob, 1), (eve, 3)):
        prompts = [f"clip {number}" for number in range(wishes)]
        await add_videos(database, owner_id, *prompts, phase=Phase.SUBMITTING)
    return People(database, ada, bob, eve)


@pytest.fixture
def claims(database: Database) -> Claims:
    return Claims(database, uuid4())


async def test_a_hundred_wishes_of_one_do_not_starve_a_single_one(people: People, claims: Claims):
    first = await people.take(claims, 3)
    assert {*first} == {people.ada, people.bob, people.eve}
    second = await people.take(claims, 4)
    assert Counter(second) == {people.ada: 2, people.eve: 2}


async def test_places_that_become_free_go_to_who_has_fewest(
    background: Background, people: People, claims: Claims
):
    await background.sql(
        "UPDATE job SET due_at = now() + interval '1 h' FROM video"
        " WHERE video.id = job.video_id AND owner_id <> :ada",
        ada=people.ada,
    )
    assert Counter(await people.take(claims, 8)) == {people.ada: 8}
    await background.due_now()
    assert {*await people.take(claims, 2)} == {people.bob, people.eve}
    assert await people.take(claims, 1) == [people.eve]


async def test_two_processes_share_the_wishes(people: People, database: Database, claims: Claims):
    other = Claims(database, uuid4())
    mine = await claims.take_wishes(most=50, places=NONE)
    theirs = await other.take_wishes(most=60, places=NONE)
    assert len({job.id for job in [*mine, *theirs]}) == 104
    assert people.bob in {job.owner_id for job in mine}


async def test_a_provider_that_makes_one_at_a_time_serves_the_owners_in_turn(
    background: Background, people: People, claims: Claims
):
    served: list[UUID] = []
    for _ in range(6):
        served += await people.take(claims, 8, {"fake": 1})
        assert await people.take(claims, 8, {"fake": 1}) == []
        await background.sql(
            "UPDATE job SET phase = 'queued' WHERE holder IS NOT NULL AND phase = 'submitting'"
        )
        assert await people.take(claims, 8, {"fake": 1}) == []
        await background.sql("UPDATE job SET phase = 'completed' WHERE phase = 'queued'")
    assert {*served[:3]} == {people.ada, people.bob, people.eve}
    assert Counter(served) == {people.ada: 3, people.bob: 1, people.eve: 2} or (
        Counter(served) == {people.ada: 2, people.bob: 1, people.eve: 3}
    )


async def test_two_processes_do_not_both_take_the_last_place(
    background: Background, people: People, database: Database
):
    async def take() -> int:
        return len(await people.take(Claims(database, uuid4()), 8, {"fake": 1}))

    async with database.transaction() as tx:  # one that has counted and taken, and has not yet said so
        first = await JobRepository(tx).claim_wishes(holder=uuid4(), lease=LEASE, most=8, places={"fake": 1})
        other = asyncio.create_task(take())
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"

        async def has_come() -> bool:
            return other.done() or (await background.read(waiting))[0] > 0

        await comes_true(has_come)
    assert (len(first), await other) == (1, 0)


async def test_a_full_provider_keeps_nobody_from_another(
    background: Background, people: People, claims: Claims
):
    await add_videos(background.db, people.bob, "elsewhere", phase=Phase.SUBMITTING, provider="other")
    assert len(await people.take(claims, 8, {"fake": 2})) == 3


async def test_a_begun_post_needs_no_room_to_be_looked_for(
    background: Background, people: People, claims: Claims
):
    await background.sql(
        "UPDATE job SET submit_started_at = now(), virtual_start = NULL FROM video "
        "WHERE video.id = job.video_id AND owner_id = :bob",
        bob=people.bob,
    )
    assert await people.take(claims, 8, {"fake": 0}) == [people.bob]


async def test_limits_of_the_profile_count(background: Background):
    background.provider.profile = replace(PROFILE, rate_limit=RateLimit(jobs=2))
    limited = Background(
        background.db, background.provider, background.storage, background.worker_pool, background.owner_id
    )
    views = [await limited.wish(f"clip {number}") for number in range(3)]
    await limited.submit()
    await limited.submit()
    seen = [await limited.look(view) for view in views]
    assert [view.phase for view in seen].count(Phase.QUEUED) == 2
    page = await limited.videos.list_library(limited.owner_id, LibraryQuery())
    for shown in (seen, page.videos):
        why = [view.problem.message for view in shown if view.problem]
        assert why == ["Fake makes 2 videos at a time."]
    limited.provider.finish("remote-0", b"file")
    await limited.refresh()
    await limited.submit()
    assert len(limited.provider.orders) == 3


async def test_a_retry_after_is_kept_and_stops_nobody_else(background: Background):
    background.provider.before_submit = [ProviderUnavailable("Slow down.", "rate_limit_exceeded", 20)]
    told = await background.wish("told to wait")
    await background.submit()
    (wait,) = await background.read(
        "SELECT extract(epoch FROM due_at - now())::float8 FROM job WHERE video_id = :video", video=told.id
    )
    assert 19 - 5 < wait <= 20, "five seconds for a slow machine"
    other = await background.videos.create(await add_person(background.db), VideoWish("somebody else's"))
    await background.submit()
    assert (await background.look(other)).phase is Phase.QUEUED
    assert (await background.look(told)).phase is Phase.SUBMITTING


async def test_after_a_storm_of_refusals_the_first_ten_seconds_keep_the_budget(background: Background):
    """Time is a number here: forty wishes are refused at once, and all come again at the same moment."""
    now = 1000.0
    background.provider.profile = replace(PROFILE, rate_limit=RateLimit(per_second=2, burst=20))

    async def sleep(seconds: float) -> None:
        nonlocal now
        until = now + seconds
        await checkpoint()  # requests side by side sleep at the same time
        now = max(now, until)

    patience = {**PATIENCE, Share.SUBMIT: 1.0}
    paced = RateLimitedProvider(background.provider, clock=lambda: now, sleep=sleep, patience=patience)
    submitter = background.assembled(catalog=ProviderCatalog({"fake": paced})).submitter
    for number in range(40):
        await background.wish(f"clip {number}")
    background.provider.before_submit = [ProviderUnavailable("Slow down.", "429", 5) for _ in range(40)]
    while background.provider.before_submit:
        await background.due_now()
        await submitter.run()
        await submitter.pool.idle()
        now += 1
    sent = len(background.provider.orders)
    now += 5
    began = now
    while now < began + 10:
        await background.due_now()
        await submitter.run()
        await submitter.pool.idle()
        now += 1
    assert 0.3 * (now - began) * 2 <= len(background.provider.orders) - sent <= 1.2 * (now - began) * 2


async def test_a_provider_whose_turns_are_taken_is_brought_no_more_wishes(background: Background):
    """Otherwise hundreds of wishes would be begun and put back every second."""
    busy = ProviderUnavailable("Not our turn.", "provider_busy", 30)
    background.provider.before_submit = [busy]
    for number in range(20):
        await background.wish(f"clip {number}")
    await background.submit()
    asked = len(background.provider.orders)
    await background.due_now()
    await background.submit()
    assert len(background.provider.orders) == asked <= 8
