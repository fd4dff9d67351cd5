"""The queue between people, on the database: where wishes stand, who moves and who cancels them."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from sora_studio.db.jobs import JobRepository
from sora_studio.domain.account import Identity, Origin, Role
from sora_studio.domain.errors import Conflict, NotAllowed, NotFound
from sora_studio.domain.fair_queue import Move
from sora_studio.domain.limits import LimitChange
from sora_studio.domain.profile import RateLimit
from sora_studio.domain.video import Phase, VideoView, VideoWish
from sora_studio.services.jobs.claims import LEASE
from sora_studio.services.people.limits import LimitService
from sora_studio.services.people.trail import Trail
from sora_studio.services.storage_quotas import StorageQuotas
from sora_studio.services.throttle import Throttle
from sora_studio.services.videos.queue import QueueAdmin
from tests.integration.jobs.conftest import Background
from tests.support.library import START, add_person
from tests.support.provider import PROFILE


def boss(user_id: UUID, role: Role = Role.ADMIN) -> Identity:
    return Identity(user_id=user_id, session_id=uuid4(), role=role, origin=Origin("192.0.2.1", "test"))


@pytest.fixture
def narrow(background: Background) -> Background:
    """A provider that makes one video at a time, and makes one already."""
    background.provider.profile = replace(PROFILE, rate_limit=RateLimit(jobs=1))
    return Background(
        background.db, background.provider, background.storage, background.worker_pool, background.owner_id
    )


async def ask(background: Background, owner_id: UUID, *prompts: str, seconds: str = "4") -> list[VideoView]:
    wishes = [VideoWish(prompt, seconds=seconds) for prompt in prompts]
    return [await background.videos.create(owner_id, wish) for wish in wishes]


async def order(background: Background, provider: str = "fake") -> list[UUID]:
    async with background.db.transaction() as tx:
        rows = await (await tx.connection()).execute(
            text(
                "SELECT video_id FROM job WHERE virtual_start IS NOT NULL AND provider = :provider"
                " ORDER BY virtual_start, id"
            ),
            {"provider": provider},
        )
        return [row.video_id for row in rows]


def admin_of(background: Background) -> tuple[QueueAdmin, LimitService]:
    trail = Trail(background.db, Throttle(), lambda: START)
    return QueueAdmin(db=background.db, trail=trail), LimitService(background.db, trail, StorageQuotas())


async def test_a_wish_says_how_many_are_before_it_and_how_long_that_takes(narrow: Background):
    bob = await add_person(narrow.db, "bob")
    await narrow.wish("made before")
    await narrow.submit()
    await narrow.sql(
        "UPDATE job SET accepted_at = now() - interval '20 s', rendered_at = now(), phase = 'completed'"
    )
    (mine,) = await ask(narrow, narrow.owner_id, "mine")
    await ask(narrow, bob, "his", "his too")
    (last,) = await ask(narrow, narrow.owner_id, "mine again")
    place = (await narrow.look(last)).queue
    assert place is not None
    assert (place.yours, place.others, place.position) == (1, 2, 4)
    assert place.expected_seconds == pytest.approx(5 * 4 * 3)
    first = (await narrow.look(mine)).queue
    assert first is not None
    assert first.position in {2, 3}, "they had one made already"


async def test_what_does_not_wait_has_no_place(narrow: Background):
    (view,) = await ask(narrow, narrow.owner_id, "sent at once")
    await narrow.submit()
    assert (await narrow.look(view)).queue is None


async def test_people_order_their_own_wishes_and_nobody_elses_places_change(narrow: Background):
    bob = await add_person(narrow.db, "bob")
    a, b, c = await ask(narrow, narrow.owner_id, "a", "b", "c")
    (his,) = await ask(narrow, bob, "his", seconds="8")
    queue = narrow.queue
    await queue.move(narrow.owner_id, c.id, Move.FIRST)
    mine = [each for each in await order(narrow) if each != his.id]
    assert mine == [c.id, a.id, b.id]
    await queue.move(narrow.owner_id, a.id, Move.LATER)
    await queue.move(narrow.owner_id, c.id, Move.LAST)
    mine = [each for each in await order(narrow) if each != his.id]
    assert mine == [b.id, a.id, c.id]
    assert (await order(narrow)).index(his.id) in {0, 1}, "beside the first of mine"
    with pytest.raises(NotFound):
        await queue.move(bob, c.id, Move.FIRST)
    sent = (await order(narrow))[0]
    await narrow.submit()
    with pytest.raises(Conflict):
        await queue.move(bob if sent == his.id else narrow.owner_id, sent, Move.LAST)


async def test_a_wish_that_is_cancelled_is_not_sent_and_gives_its_turn_back(narrow: Background):
    a, b = await ask(narrow, narrow.owner_id, "a", "b")
    (claimed,) = await narrow.claims.take_wishes(most=1, places={"fake": 1})
    removal = await narrow.videos.remove(narrow.owner_id, a.id)
    assert (removal.unsent, removal.may_be_billed) == (True, False)
    assert not await narrow.claims.begin(claimed), "the process that was about to send it does not"
    (finish,) = await narrow.read(
        "SELECT virtual_time FROM queue_share WHERE user_id = :id", id=narrow.owner_id
    )
    assert finish == 4.0, "one wish of four seconds waits"
    restored = await narrow.videos.restore(narrow.owner_id, a.id)
    assert restored.waits
    assert {*await order(narrow)} == {a.id, b.id}


async def test_what_was_sent_may_still_be_billed(narrow: Background):
    (view,) = await ask(narrow, narrow.owner_id, "a")
    await narrow.submit()
    removal = await narrow.videos.remove(narrow.owner_id, view.id, at_once=True)
    assert (removal.unsent, removal.may_be_billed) == (False, True)


async def test_an_admin_puts_a_wish_before_everything_else(narrow: Background):
    bob = await add_person(narrow.db, "bob")
    admin, _ = admin_of(narrow)
    await ask(narrow, narrow.owner_id, "a", "b")
    _, late = await ask(narrow, bob, "x", "y")
    with pytest.raises(NotAllowed):
        await admin.urge(boss(narrow.owner_id, Role.MEMBER), late.id)
    await admin.urge(boss(narrow.owner_id), late.id)
    waiting = await admin.waiting(boss(narrow.owner_id), "fake")
    assert (waiting[0].video_id, waiting[0].urgent, waiting[0].owner) == (late.id, True, "bob")
    told = await narrow.read("SELECT about, subject_id FROM audit WHERE act = 'queue_urgent'")
    assert told == (f"video_{late.id.hex} on", bob)
    await narrow.submit()
    assert (await narrow.look(late)).phase is Phase.QUEUED
    with pytest.raises(Conflict):
        await admin.urge(boss(narrow.owner_id), late.id, urgent=False)


async def test_a_weight_counts_at_once_for_what_waits(narrow: Background):
    bob = await add_person(narrow.db, "bob")
    mine = await ask(narrow, narrow.owner_id, "a", "b", "c", "d")
    his = await ask(narrow, bob, "w", "x", "y", "z")
    _, limits = admin_of(narrow)
    changed = await limits.change_person(boss(narrow.owner_id), bob, LimitChange(4.0))
    assert changed.queue_weight == 4.0
    before = (await order(narrow))[:6]
    assert [each for each in before if each in {view.id for view in his}] == [view.id for view in his]
    assert [each for each in before if each in {view.id for view in mine}] == [mine[0].id, mine[1].id]


async def test_one_turn_reads_an_index_however_many_wait(narrow: Background):
    """Ten thousand wait; what is sent next is found without looking at them."""
    await ask(narrow, narrow.owner_id, "a")
    await narrow.sql("""
        WITH made AS (
            INSERT INTO video (id, owner_id, kind, title, prompt, provider, model, size, seconds, phase,
                created_at)
            SELECT gen_random_uuid(), owner_id, kind, title, prompt, provider, model, size, seconds, phase,
                created_at FROM video, generate_series(1, 10000)
            RETURNING id
        )
        INSERT INTO job (id, video_id, current, provider, phase, progress, progress_known, charge,
            created_at, due_at, virtual_start)
        SELECT gen_random_uuid(), id, true, 'fake', 'submitting', 0, false, 'released', now(), now(), 5
        FROM made
    """)
    await narrow.sql("ANALYZE job, video")
    counted = (
        "SELECT coalesce(idx_tup_fetch, 0) + seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'job'"
    )
    async with narrow.db.transaction() as tx:
        rows = await tx.connection()
        before = await rows.scalar(text(counted))
        claimed = await JobRepository(tx).claim_wishes(
            holder=uuid4(), lease=LEASE, most=8, places={"fake": 1}
        )
        read = await rows.scalar(text(counted)) - before
    assert len(claimed) == 1
    assert read < 1_000, "the two hundred next are told that the queue has moved"
