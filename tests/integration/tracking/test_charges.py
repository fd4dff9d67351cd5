"""What is known of a video's charge: never less than all its attempts tell, and never more."""

import pytest

from sora_studio.domain.errors import ContentRejected, SubmitUnclear
from sora_studio.domain.video import LibraryQuery, Phase, VideoView
from tests.integration.tracking.conftest import Bench

LOST = SubmitUnclear("The connection broke.", "connection_lost")
REFUSED = ContentRejected("No, not this.", "moderation_blocked")
UNDECIDED = "UPDATE job SET phase = 'needs_attention' WHERE current"
SHOWN = "UPDATE video SET phase = 'needs_attention'"


async def undecided(bench: Bench, view: VideoView) -> VideoView:
    """Leave a video to its person's decision."""
    await bench.sql(UNDECIDED)
    await bench.sql(SHOWN)
    return await bench.look(view)


async def lost(bench: Bench) -> VideoView:
    """Send a wish whose answer is lost, until its person has to decide."""
    bench.provider.before_submit = [LOST]
    view = await bench.wish()
    await bench.submit()
    return await undecided(bench, view)


def known(view: VideoView) -> tuple[bool | None, int, int]:
    return view.charged, view.charges, view.unclear


async def test_it_is_not_known_from_the_moment_the_post_begins(bench: Bench):
    view = await bench.wish()
    assert known(view) == (False, 0, 0)
    (job,) = await bench.claims.take(Phase.SUBMITTING, most=1)
    assert await bench.claims.begin(job)
    assert known(await bench.look(view)) == (None, 0, 1)


async def test_it_stays_unknown_when_an_unclear_video_is_given_up(bench: Bench):
    view = await lost(bench)
    assert known(view) == (None, 0, 1)
    given_up = await bench.videos.give_up(view.owner_id, view.id)
    assert (given_up.phase, *known(given_up)) == (Phase.FAILED, None, 0, 1)


async def test_a_provider_that_failed_bills_nothing(bench: Bench):
    view = await bench.wish()
    await bench.submit()
    await bench.sql("UPDATE job SET charge = 'released', phase = 'failed'")
    assert known(await bench.look(view)) == (False, 0, 0)


@pytest.mark.parametrize(
    ("answer", "charged"),
    [(LOST, (None, 0, 2)), (REFUSED, (None, 0, 1)), (None, (True, 1, 1))],
)
async def test_an_attempt_that_may_have_been_taken_counts_beside_the_next(
    bench: Bench, answer: Exception | None, charged: tuple[bool | None, int, int]
):
    view = await lost(bench)
    again = await bench.videos.submit_again(view.owner_id, view.id)
    assert (again.sent, *known(again)) == (False, None, 0, 1)
    bench.provider.before_submit = [answer] if answer else []
    await bench.submit()
    assert known(await bench.look(view)) == charged


async def test_what_was_taken_and_is_sent_again_costs_twice(bench: Bench):
    view = await bench.wish()
    await bench.submit()
    await undecided(bench, view)
    again = await bench.videos.submit_again(view.owner_id, view.id)
    assert known(again) == (True, 1, 0)
    await bench.submit()
    assert known(await bench.look(view)) == (True, 2, 0)


async def test_a_library_shows_a_video_once_whatever_its_attempts(bench: Bench):
    view, other = await lost(bench), await bench.wish("another one")
    await bench.videos.submit_again(view.owner_id, view.id)
    page = await bench.videos.list_library(view.owner_id, LibraryQuery())
    assert [(each.id, each.unclear) for each in page.videos] == [(other.id, 0), (view.id, 1)]
