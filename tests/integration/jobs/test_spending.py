"""How much one person may have under way, and how fast a new account may ask."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from sora_studio.db.models import UserRow, VideoRow
from sora_studio.domain.errors import LimitReached
from sora_studio.domain.ids import new_id
from sora_studio.services.money.budgets import Budgets
from sora_studio.services.money.spending import Spending
from sora_studio.services.throttle import Throttle
from tests.integration.jobs.conftest import Background
from tests.support.library import add_person, add_videos


def spending_of(background: Background, **limits: Any) -> Spending:
    return Spending(background.catalog, Budgets(ZoneInfo("UTC")), clock=lambda: datetime.now(UTC), **limits)


async def ask(background: Background, spending: Spending, owner_id: UUID | None = None) -> UUID:
    """Spend as a wish does, in one transaction."""
    video = VideoRow(
        id=new_id(),
        owner_id=owner_id or background.owner_id,
        title="a kite",
        prompt="a kite",
        provider=background.provider.profile.name,
        model="sora-2",
        size="1280x720",
        seconds="4",
    )
    async with background.db.transaction() as tx:
        await spending.first_attempt(tx, video)
    return video.id


async def stored(background: Background) -> int:
    async with background.db.transaction() as tx:
        return len((await tx.exec(select(VideoRow.id).where(VideoRow.owner_id == background.owner_id))).all())


async def test_of_many_at_once_so_many_are_taken_and_the_others_told_when_to_return(background: Background):
    spending = spending_of(background, max_pending=5)
    await add_videos(background.db, background.owner_id, "done", "done", "done")  # these count no more
    tries = (ask(background, spending) for _ in range(12))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, LimitReached)]
    assert (len(refused), await stored(background)) == (7, 3 + 5)
    assert all(refusal.retry_after > 0 and "5 unfinished videos" in refusal.message for refusal in refused)
    other = await add_person(background.db, "grace")
    assert await ask(background, spending, other)


async def test_a_video_that_is_deleted_is_under_way_until_its_provider_has_ended_it(background: Background):
    """Otherwise the limit would be got round by deleting."""
    spending = spending_of(background, max_pending=1)
    video_id = await ask(background, spending)
    await background.videos.remove(background.owner_id, video_id)
    with pytest.raises(LimitReached):
        await ask(background, spending)
    await background.sql("UPDATE video SET phase = 'failed'")
    assert await ask(background, spending)


async def test_a_new_account_asks_more_slowly_and_from_its_second_day_as_fast_as_any(background: Background):
    throttle = Throttle({"create by a new account": "3 per minute"})
    spending = spending_of(background, throttle=throttle)
    for _ in range(3):
        await ask(background, spending)
    with pytest.raises(LimitReached) as refusal:
        await ask(background, spending)
    assert 0 < refusal.value.retry_after <= 60
    assert await stored(background) == 3
    opened = datetime.now(UTC) - timedelta(days=1, seconds=1)
    async with background.db.transaction() as tx:
        mine = update(UserRow).where(col(UserRow.id) == background.owner_id)
        await tx.exec(mine.values(created_at=opened))
    for _ in range(5):
        assert await ask(background, spending)
