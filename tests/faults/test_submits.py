"""F13 to F20: whatever becomes of the answer to a create, the provider sees one POST and bills one job."""

from typing import Any

import pytest

from sora_studio.domain.video import Phase
from tests.support.lab import Lab


@pytest.mark.parametrize(
    "answer",
    [
        *("accept-then-500", "accept-then-502", "accept-then-408", "accept-then-409"),
        *("accept-then-hang", "accept-then-reset", "accept-then-close"),
        *("accept-then-garbage", "accept-then-html", "accept-then-empty"),
        *("accept-then-wrong-object", "accept-then-missing-id"),
    ],
)
async def test_a_lost_answer_costs_one_post_and_one_job(lab: Lab, answer: str):
    """F13, F14, F15, F20: it is looked for, found and adopted."""
    await lab.box.fault(create=answer, times=1)
    view = await lab.ask()
    assert (await lab.until(view)).phase is Phase.COMPLETED
    assert await lab.posts(view) == len(await lab.taken()) == 1
    assert (await lab.told(view))[:2] == ["unclear", "adopted"]
    await lab.audit()


@pytest.mark.parametrize("answer", ["500", "hang", "reset", "garbage", "missing-id"])
async def test_an_unclear_submit_that_was_not_taken_is_left_to_the_person(lab: Lab, answer: str):
    """F13 to F15, F20, the other way about: nobody sends again unasked, nor says that it cost nothing."""
    await lab.box.fault(create=answer, times=1)
    view = await lab.ask()
    await lab.until(view, Phase.SUBMIT_UNKNOWN)
    await lab.sql("UPDATE job SET post_begun_at = post_begun_at - interval '95 s', looks = 3")
    await lab.until(view, Phase.NEEDS_ATTENTION)
    assert await lab.posts(view) == 1
    await lab.studio.services.videos.give_up(view.owner_id, view.id)
    assert (await lab.look(view)).charged is None
    assert await lab.taken() == []
    await lab.audit()


async def test_several_lost_answers_to_the_same_wish_are_told_apart(lab: Lab):
    """F13: a bijection, not one job adopted by all."""
    await lab.box.fault(create="accept-then-reset", times=3)
    views = [await lab.ask("the same") for _ in range(3)]
    assert [(await lab.until(view)).phase for view in views] == [Phase.COMPLETED] * 3
    assert len(await lab.taken()) == 3
    await lab.audit()


@pytest.mark.parametrize("status", ["401", "403"])
async def test_a_revoked_key_fails_at_once(lab: Lab, status: str):
    """F18: the reservation is released, and the person is told in words."""
    await lab.box.fault(post=status)
    view = await lab.ask()
    seen = await lab.until(view)
    assert (seen.phase, seen.charged) == (Phase.FAILED, False)
    assert seen.problem
    assert seen.problem.message
    assert await lab.posts(view) == 1
    await lab.audit()


@pytest.mark.parametrize("code", ["moderation_blocked", "never_heard_of"])
async def test_a_refusal_is_shown_in_the_providers_words(lab: Lab, code: str):
    """F19: as text, with the reservation released."""
    body: dict[str, Any] = {"error": {"code": code, "message": "Not <b>this</b>, please."}}
    await lab.box.fault(create={"status": 400, "body": body}, times=1)
    view = await lab.ask()
    seen = await lab.until(view)
    assert (seen.phase, seen.charged) == (Phase.FAILED, False)
    assert seen.problem
    assert (seen.problem.code, seen.problem.message) == (code, "Not <b>this</b>, please.")
    assert await lab.posts(view) == 1
    await lab.audit()


async def test_an_id_of_any_length_is_kept_verbatim(lab: Lab):
    """F20: some servers' ids have 266 characters."""
    await lab.box.fault(job="long-id", times=1)
    view = await lab.ask()
    assert (await lab.until(view)).phase is Phase.COMPLETED
    assert len((await lab.row(view)).remote_id) == 266
    await lab.audit()
