"""F13 to F20: whatever becomes of the answer to a create, the provider sees one POST and bills one job."""

from typing import Any

import pytest

from sora_studio.domain.video import Phase
from tests.support.harness import StudioHarness


@pytest.mark.parametrize(
    "answer",
    [
        *("accept-then-500", "accept-then-502", "accept-then-408", "accept-then-409"),
        *("accept-then-hang", "accept-then-reset", "accept-then-close"),
        *("accept-then-garbage", "accept-then-html", "accept-then-empty"),
        *("accept-then-wrong-object", "accept-then-missing-id"),
    ],
)
async def test_a_lost_answer_costs_one_post_and_one_job(harness: StudioHarness, answer: str):
    """F13, F14, F15, F20: it is looked for, found and adopted."""
    await harness.box.fault(create=answer, times=1)
    view = await harness.ask()
    assert (await harness.until(view)).phase is Phase.COMPLETED
    assert await harness.posts(view) == len(await harness.taken()) == 1
    assert (await harness.told(view))[:2] == ["unclear", "adopted"]
    await harness.audit()


@pytest.mark.parametrize("answer", ["500", "hang", "reset", "garbage", "missing-id"])
async def test_an_unclear_submit_that_was_not_taken_is_left_to_the_person(
    harness: StudioHarness, answer: str
):
    """F13 to F15, F20, the other way about: nobody sends again unasked, nor says that it cost nothing."""
    await harness.box.fault(create=answer, times=1)
    view = await harness.ask()
    await harness.until(view, Phase.SUBMIT_UNKNOWN)
    await harness.sql("UPDATE job SET submit_started_at = submit_started_at - interval '95 s', lookups = 3")
    await harness.until(view, Phase.NEEDS_ATTENTION)
    assert await harness.posts(view) == 1
    await harness.studio.services.videos.give_up(view.owner_id, view.id)
    assert (await harness.look(view)).charged is None
    assert await harness.taken() == []
    await harness.audit()


async def test_several_lost_answers_to_the_same_wish_are_told_apart(harness: StudioHarness):
    """F13: a bijection, not one job adopted by all."""
    await harness.box.fault(create="accept-then-reset", times=3)
    views = [await harness.ask("the same") for _ in range(3)]
    assert [(await harness.until(view)).phase for view in views] == [Phase.COMPLETED] * 3
    assert len(await harness.taken()) == 3
    await harness.audit()


@pytest.mark.parametrize("status", ["401", "403"])
async def test_a_revoked_key_fails_at_once(harness: StudioHarness, status: str):
    """F18: the reservation is released, and the person is told in words."""
    await harness.box.fault(post=status)
    view = await harness.ask()
    seen = await harness.until(view)
    assert (seen.phase, seen.charged) == (Phase.FAILED, False)
    assert seen.problem
    assert seen.problem.message
    assert await harness.posts(view) == 1
    await harness.audit()


@pytest.mark.parametrize("code", ["moderation_blocked", "never_heard_of"])
async def test_a_refusal_is_shown_in_the_providers_words(harness: StudioHarness, code: str):
    """F19: as text, with the reservation released."""
    body: dict[str, Any] = {"error": {"code": code, "message": "Not <b>this</b>, please."}}
    await harness.box.fault(create={"status": 400, "body": body}, times=1)
    view = await harness.ask()
    seen = await harness.until(view)
    assert (seen.phase, seen.charged) == (Phase.FAILED, False)
    assert seen.problem
    assert (seen.problem.code, seen.problem.message) == (code, "Not <b>this</b>, please.")
    assert await harness.posts(view) == 1
    await harness.audit()


async def test_an_id_of_any_length_is_kept_verbatim(harness: StudioHarness):
    """F20: some servers' ids have 266 characters."""
    await harness.box.fault(job="long-id", times=1)
    view = await harness.ask()
    assert (await harness.until(view)).phase is Phase.COMPLETED
    assert len((await harness.row(view)).remote_id) == 266
    await harness.audit()
