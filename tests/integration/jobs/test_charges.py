"""What is known of a video's charge: never less than all its attempts tell, and never more."""

from dataclasses import replace

import pytest

from sora_studio.domain.errors import ContentRejected, SubmitUnclear
from sora_studio.domain.library import LibraryQuery
from sora_studio.domain.profile import Operation
from sora_studio.domain.video import Phase, VideoView
from sora_studio.ui.status_text import cost
from tests.integration.jobs.conftest import Background
from tests.support.library import add_videos

LOST = SubmitUnclear("The connection broke.", "connection_lost")
REFUSED = ContentRejected("No, not this.", "moderation_blocked")
UNDECIDED = "UPDATE job SET phase = 'needs_attention' WHERE current"
SHOWN = "UPDATE video SET phase = 'needs_attention'"


async def undecided(background: Background, view: VideoView) -> VideoView:
    """Leave a video to its person's decision."""
    await background.sql(UNDECIDED)
    await background.sql(SHOWN)
    return await background.look(view)


async def lost(background: Background) -> VideoView:
    """Send a wish whose answer is lost, until its person has to decide."""
    background.provider.before_submit = [LOST]
    view = await background.wish()
    await background.submit()
    return await undecided(background, view)


def known(view: VideoView) -> tuple[bool | None, int, int]:
    return view.charged, view.charges, view.unclear


async def test_it_is_not_known_from_the_moment_the_post_begins(background: Background):
    view = await background.wish()
    assert known(view) == (False, 0, 0)
    (job,) = await background.claims.take(Phase.SUBMITTING, most=1)
    assert await background.claims.begin(job)
    assert known(await background.look(view)) == (None, 0, 1)


async def test_it_stays_unknown_when_an_unclear_video_is_given_up(background: Background):
    view = await lost(background)
    assert known(view) == (None, 0, 1)
    given_up = await background.videos.give_up(view.owner_id, view.id)
    assert (given_up.phase, *known(given_up)) == (Phase.FAILED, None, 0, 1)


async def test_a_provider_that_failed_bills_nothing(background: Background):
    view = await background.wish()
    await background.submit()
    await background.sql("UPDATE job SET charge = 'released', phase = 'failed'")
    assert known(await background.look(view)) == (False, 0, 0)


@pytest.mark.parametrize(
    ("answer", "charged"),
    [(LOST, (None, 0, 2)), (REFUSED, (None, 0, 1)), (None, (True, 1, 1))],
)
async def test_an_attempt_that_may_have_been_taken_counts_beside_the_next(
    background: Background, answer: Exception | None, charged: tuple[bool | None, int, int]
):
    view = await lost(background)
    again = await background.videos.submit_again(view.owner_id, view.id)
    assert (again.sent, *known(again)) == (False, None, 0, 1)
    background.provider.before_submit = [answer] if answer else []
    await background.submit()
    assert known(await background.look(view)) == charged


async def test_what_was_taken_and_is_sent_again_costs_twice(background: Background):
    view = await background.wish()
    await background.submit()
    await undecided(background, view)
    again = await background.videos.submit_again(view.owner_id, view.id)
    assert known(again) == (True, 1, 0)
    await background.submit()
    assert known(await background.look(view)) == (True, 2, 0)


async def test_a_library_shows_a_video_once_whatever_its_attempts(background: Background):
    view, other = await lost(background), await background.wish("another one")
    await background.videos.submit_again(view.owner_id, view.id)
    page = await background.videos.list_library(view.owner_id, LibraryQuery())
    assert [(each.id, each.unclear) for each in page.videos] == [(other.id, 0), (view.id, 1)]


async def test_another_attempt_is_quoted_at_the_price_of_today(background: Background):
    """It is another purchase: what the provider charged for the first one says nothing about it."""
    view = await lost(background)
    profile = background.provider.profile
    dearer = tuple(replace(model, micros_per_second=500_000) for model in profile.models)
    background.provider.profile = replace(profile, models=dearer)
    await background.catalog.refresh()
    again = await background.videos.submit_again(view.owner_id, view.id)
    assert (view.price_micros, again.price_micros) == (400_000, 2_000_000)
    prices = await background.read("SELECT array_agg(price_micros ORDER BY current) FROM job")
    assert prices == ([400_000, 2_000_000],)


async def test_what_attempts_cost_together_is_told_at_the_price_of_each(background: Background):
    view = await background.wish()
    await background.submit()
    await undecided(background, view)
    await background.sql("UPDATE job SET price_micros = 150000")
    await background.videos.submit_again(view.owner_id, view.id)
    await background.submit()
    assert cost(await background.look(view)) == "$0.55"


async def test_another_attempt_at_an_extension_costs_what_it_adds(background: Background):
    (parent_id,) = await add_videos(background.db, background.owner_id, "a lighthouse")
    background.provider.profile = replace(background.provider.profile, operations=frozenset(Operation))
    extending = Background(
        background.db,
        background.provider,
        background.storage,
        background.worker_pool,
        background.owner_id,
    )
    view = await extending.derivations.extend(background.owner_id, parent_id, "and on", "8")
    await background.sql(f"{UNDECIDED} AND video_id = :id", id=view.id)
    await background.sql(f"{SHOWN} WHERE id = :id", id=view.id)
    await background.videos.remove(background.owner_id, parent_id)  # it stays the source until the purge
    again = await extending.videos.submit_again(background.owner_id, view.id)
    assert (view.price_micros, again.price_micros) == (800_000, 800_000)
