"""The ledger: whatever becomes of a charge, an entry says so in the same transaction, and nothing is lost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from sora_studio.domain.errors import ContentRejected, SubmitUnclear
from sora_studio.domain.facts import Facts
from sora_studio.domain.video import Phase, Status
from sora_studio.services.money.budgets import adopt_time_zone
from tests.integration.jobs.conftest import Background
from tests.support.books import check_books

LOST = SubmitUnclear("The connection broke.", "connection_lost")
REFUSED = ContentRejected("No, not this.", "moderation_blocked")
UNDECIDED = "UPDATE job SET phase = 'needs_attention' WHERE current"
SHOWN = "UPDATE video SET phase = 'needs_attention'"


@pytest.fixture
def books(database_url: str):
    """Check the books after each test, whatever it did."""
    yield
    assert check_books(database_url) == []


pytestmark = pytest.mark.usefixtures("books")


async def entries(background: Background) -> list[tuple[str, int | None]]:
    async with background.db.transaction() as tx:
        rows = await (await tx.connection()).execute(
            text("SELECT kind, micros FROM ledger_entry ORDER BY id")
        )
        return [tuple(row) for row in rows]


async def undecided(background: Background) -> None:
    await background.sql(UNDECIDED)
    await background.sql(SHOWN)


async def tell(background: Background, status: Status, cost: int | None = None) -> None:
    """Have the provider say how its first job is going, and what it cost."""
    background.provider.report("remote-0", status)
    job = background.provider.jobs["remote-0"]
    background.provider.jobs["remote-0"] = replace(job, facts=Facts(cost_micros=cost))
    await background.refresh()


async def test_a_wish_is_reserved_and_settled_once_it_is_taken(background: Background):
    view = await background.wish()
    assert await entries(background) == [("reserve", 400_000)]
    await background.submit()
    assert await entries(background) == [("reserve", 400_000), ("settle", 400_000)]
    row = await background.read(
        """SELECT user_id, project_id, provider, model, api_key_id, seconds FROM ledger_entry
        WHERE kind = 'settle'"""
    )
    assert row == (view.owner_id, None, "fake", "sora-2", None, 4)


async def test_a_refused_wish_is_released(background: Background):
    background.provider.before_submit = [REFUSED]
    await background.wish()
    await background.submit()
    assert await entries(background) == [("reserve", 400_000), ("release", 400_000)]


async def test_what_fails_after_it_was_taken_is_taken_back(background: Background):
    await background.wish()
    await background.submit()
    background.provider.fail("remote-0", "out_of_memory", "Out of memory.")
    await background.refresh()
    assert (await entries(background))[1:] == [("settle", 400_000), ("correct", -400_000)]


async def test_what_the_server_says_it_cost_is_what_is_spent_and_the_difference_is_seen(
    background: Background,
):
    await background.wish()
    await background.submit()
    await tell(background, Status.IN_PROGRESS, 380_000)
    await tell(background, Status.IN_PROGRESS, 380_000)
    await tell(background, Status.IN_PROGRESS, 450_000)
    assert (await entries(background))[1:] == [
        ("settle", 400_000),
        ("correct", -20_000),
        ("correct", 70_000),
    ]


async def test_a_price_that_nobody_knew_is_what_the_server_says(background: Background):
    background.provider.profile = replace(
        background.provider.profile,
        models=tuple(replace(each, micros_per_second=None) for each in background.provider.profile.models),
    )
    await background.catalog.refresh()
    await background.wish()
    await background.submit()
    await tell(background, Status.IN_PROGRESS, 120_000)
    assert await entries(background) == [("reserve", None), ("settle", None), ("correct", 120_000)]


async def test_an_unclear_submit_stays_on_hold_beside_the_next_until_its_person_decides(
    background: Background,
):
    """The provider may have taken it and bill it: to send the wish again says nothing about that."""
    background.provider.before_submit = [LOST]
    view = await background.wish()
    await background.submit()
    await undecided(background)
    await background.videos.submit_again(view.owner_id, view.id)
    assert await entries(background) == [("reserve", 400_000), ("reserve", 400_000)]
    await background.submit()
    assert (await entries(background))[2:] == [("settle", 400_000)]
    given_up = await background.videos.give_up(view.owner_id, view.id)
    assert (await entries(background))[3:] == [("release", 400_000)]
    assert given_up.phase is Phase.QUEUED  # the attempt that is under way goes on
    await background.videos.give_up(view.owner_id, view.id)  # a second click
    assert len(await entries(background)) == 4


async def test_who_gives_up_gives_up_every_attempt(background: Background):
    background.provider.before_submit = [LOST, LOST]
    view = await background.wish()
    for again in (True, False):
        await background.submit()
        await undecided(background)
        if again:
            await background.videos.submit_again(view.owner_id, view.id)
    assert (await background.videos.give_up(view.owner_id, view.id)).phase is Phase.FAILED
    assert (await entries(background))[2:] == [("release", 400_000), ("release", 400_000)]


async def test_what_was_certainly_never_sent_is_released_by_the_next_attempt(background: Background):
    view = await background.wish()
    await undecided(background)
    await background.videos.submit_again(view.owner_id, view.id)
    assert sorted(await entries(background)) == [("release", 400_000), *[("reserve", 400_000)] * 2]


async def test_what_was_given_up_and_turns_up_is_a_late_correction(background: Background):
    view = await background.wish()
    await undecided(background)
    await background.videos.give_up(view.owner_id, view.id)
    await background.sql("UPDATE job SET charge = 'settled'")
    assert (await entries(background))[1:] == [("release", 400_000), ("correct", 400_000)]


async def test_a_hold_ends_with_the_purge_and_the_entries_outlive_video_and_account(background: Background):
    view = await background.wish()
    await background.videos.remove(view.owner_id, view.id, at_once=True)
    await background.purger.run()
    await background.sql('DELETE FROM "user"')
    assert await entries(background) == [("reserve", 400_000), ("release", 400_000)]
    assert await background.read("SELECT count(*) FROM job") == (0,)
    assert await background.read("SELECT DISTINCT user_id FROM ledger_entry") == (view.owner_id,)


@pytest.mark.parametrize(
    "change",
    ["UPDATE ledger_entry SET micros = 0", "DELETE FROM ledger_entry", "TRUNCATE ledger_entry"],
)
async def test_nobody_changes_it(background: Background, change: str):
    await background.wish()
    with pytest.raises(DBAPIError, match="only added to"):
        await background.sql(change)


async def test_nobody_settles_twice(background: Background):
    await background.wish()
    await background.submit()
    again = """INSERT INTO ledger_entry (job_id, kind, micros, reserved_at, provider, model, seconds)
        SELECT job_id, 'settle', micros, reserved_at, provider, model, seconds FROM ledger_entry
        WHERE kind = 'reserve'"""
    with pytest.raises(DBAPIError, match="uq_ledger_entry_end"):
        await background.sql(again)


async def test_a_hold_that_has_ended_ends_no_second_time_when_its_job_goes(background: Background):
    """A charge that was set back by hand must not keep the purge from its work for ever."""
    await background.wish()
    await background.submit()
    await background.sql("UPDATE job SET charge = 'reserved'")
    booked = await entries(background)
    await background.sql("DELETE FROM job")
    assert await entries(background) == booked


async def test_days_tell_how_attempts_ended(background: Background):
    for prompt in ("saved", "failed", "kept waiting"):
        await background.wish(prompt)
        await background.submit()
    await background.sql("UPDATE job SET phase = 'completed' WHERE remote_id = 'remote-0'")
    await background.sql("UPDATE job SET phase = 'failed' WHERE remote_id = 'remote-1'")
    sums = """SELECT sum(jobs), sum(completed), sum(failures), sum(seconds), sum(spent_micros),
        sum(failed_micros) FROM usage_day"""
    assert await background.read(sums) == (3, 1, 1, 4, 1_200_000, 400_000)
    await background.sql("UPDATE job SET charge = 'released' WHERE remote_id = 'remote-1'")
    assert await background.read(sums) == (3, 1, 1, 4, 800_000, 0)


async def test_days_begin_at_the_midnights_of_the_studio(background: Background):
    late = datetime(2020, 11, 30, 23, 30, tzinfo=UTC)
    await booked_at(background, late)
    days = "SELECT array_agg(DISTINCT day::text) FROM usage_day WHERE day < '2021-01-01'"
    assert await background.read(days) == (["2020-11-30"],)
    await adopt_time_zone(background.db, "Europe/Berlin")
    assert await background.read(days) == (["2020-12-01"],)
    await booked_at(background, late + timedelta(hours=1))
    assert await background.read(days) == (["2020-12-01"],)


async def booked_at(background: Background, at: datetime) -> None:
    """Store an attempt of another time."""
    await background.wish()
    await background.sql(
        """INSERT INTO job (id, video_id, current, provider, phase, progress, progress_known, price_micros,
            charge, created_at)
        SELECT gen_random_uuid(), video_id, false, 'fake', 'needs_attention', 0, false, 400000, 'reserved',
            :at FROM job WHERE current LIMIT 1""",
        at=at,
    )
