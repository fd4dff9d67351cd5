"""One wish, one POST, whatever breaks."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from sora_studio.domain.errors import (
    ContentRejected,
    IdempotencyKeyReused,
    InvalidInput,
    ProviderRejected,
    ProviderUnavailable,
    StorageError,
    SubmitUnclear,
    Unavailable,
)
from sora_studio.domain.ids import new_id
from sora_studio.domain.inputs import Role
from sora_studio.domain.ports import RemotePage, Submission
from sora_studio.domain.problem import Problem
from sora_studio.domain.profile import Operation, Profile
from sora_studio.domain.video import Phase, Status, VideoView, VideoWish
from sora_studio.services.jobs.reconcile import LOOKUPS, LOOKUPS_TO_BE_SURE
from sora_studio.storage.local import LocalStorage
from tests.integration.jobs.conftest import Background
from tests.support.films import picture
from tests.support.inputs import first_frame, once
from tests.support.library import add_person, add_videos
from tests.support.provider import PROFILE, FakeProvider

LOST = SubmitUnclear("The connection broke.", "connection_lost")


async def test_a_wish_is_written_down_before_anything_is_sent(background: Background):
    view = await background.wish("a paper boat on a puddle", seconds="8")
    assert (view.phase, view.status, view.charged) == (Phase.SUBMITTING, Status.QUEUED, False)
    assert (view.price_micros, view.title) == (800_000, "a paper boat on a puddle")
    assert background.provider.orders == []
    assert background.woken == ["submit"]


async def test_it_is_sent_once(background: Background):
    view = await background.wish()
    await background.submit()
    await background.submit()
    seen = await background.look(view)
    assert (seen.phase, seen.charged) == (Phase.QUEUED, True)
    assert len(background.provider.orders) == 1


async def test_a_refusal_fails_and_costs_nothing(background: Background):
    background.provider.before_submit = [ContentRejected("No, not this.", "moderation_blocked")]
    view = await background.wish()
    await background.submit()
    seen = await background.look(view)
    assert seen.phase is Phase.FAILED
    assert seen.problem
    assert (seen.problem.code, seen.problem.message) == ("moderation_blocked", "No, not this.")
    assert not seen.charged


async def test_a_busy_provider_is_waited_for(background: Background):
    background.provider.before_submit = [ProviderUnavailable("Slow down.", "rate_limit_exceeded", 120)]
    view = await background.wish()
    await background.submit()
    await background.submit()
    assert (await background.look(view)).phase is Phase.SUBMITTING
    assert len(background.provider.orders) == 1
    await background.due_now()
    await background.submit()
    assert (await background.look(view)).phase is Phase.QUEUED
    assert {submission.job_id for submission in background.provider.orders} == {
        background.provider.orders[0].job_id
    }


async def test_what_a_wish_waits_for_is_shown_until_it_goes_on(background: Background):
    away = ProviderUnavailable("The provider cannot be reached.", "unreachable")
    full = ProviderUnavailable("Too many jobs.", "rate_limit_exceeded")
    turn = ProviderUnavailable("Not our turn.", "provider_busy", 0)
    background.provider.before_submit = [away, full, turn]
    view = await background.wish()
    shown = [
        Problem("provider_unreachable", "The provider cannot be reached."),
        *[Problem("provider_busy", "Too many jobs.")] * 2,
        None,
    ]
    for problem in shown:
        await background.due_now()
        await background.submit()
        assert (await background.look(view)).problem == problem
    assert (await background.look(view)).phase is Phase.QUEUED


async def test_a_lost_answer_is_adopted_and_not_sent_again(background: Background):
    background.provider.after_submit = [LOST]
    view = await background.wish()
    await background.submit()
    assert (await background.look(view)).phase is Phase.SUBMIT_UNKNOWN
    assert "reconcile" in background.woken
    await background.reconcile()
    seen = await background.look(view)
    assert (seen.phase, seen.charged) == (Phase.QUEUED, True)
    assert len(background.provider.jobs) == len(background.provider.orders) == 1


async def test_an_answer_that_comes_after_the_lease_is_not_lost(background: Background):
    """The database was away, or the laptop slept; where there is no list, nobody else could find the job."""
    background.provider.profile = replace(PROFILE, operations=frozenset())
    background.provider.hold_answers = answers = asyncio.Event()
    view = await background.wish()
    await background.submitter.run()
    await background.provider.held.wait()
    await background.sql("UPDATE job SET lease_until = now() - interval '1 second'")
    await background.submitter.run()
    answers.set()
    await background.submitter.pool.idle()
    await background.reconcile()
    assert (await background.look(view)).phase is Phase.QUEUED
    assert len(background.provider.orders) == 1


async def test_identical_lost_answers_are_adopted_one_by_one(background: Background):
    background.provider.after_submit = [LOST, LOST, LOST]
    wishes = [await background.wish("the same") for _ in range(3)]
    await background.submit()
    await background.reconcile()
    assert [(await background.look(view)).phase for view in wishes] == [Phase.QUEUED] * 3
    assert len(background.provider.jobs) == 3


async def test_what_a_video_has_already_is_not_adopted_for_another(background: Background):
    """An earlier job with the very same words has its video; the one beside it is what was lost."""
    first = await background.wish("the same")
    await background.submit()
    background.provider.after_submit = [LOST]
    second = await background.wish("the same")
    await background.submit()
    await background.reconcile()
    assert (await background.look(second)).phase is Phase.QUEUED
    found = await background.read("SELECT remote_id FROM job WHERE video_id = :id", id=second.id)
    kept = await background.read("SELECT remote_id FROM job WHERE video_id = :id", id=first.id)
    assert (kept, found) == (("remote-0",), ("remote-1",))


async def ask(background: Background, owner_id: UUID, colour: str | None = None) -> VideoView:
    """Wish for what everybody wishes for, from a picture of one's own."""
    first = picture((64, 64), "PNG", colour) if colour else None
    return await background.videos.create(
        owner_id, VideoWish("animate this", inputs=(first_frame(first),) if first else ())
    )


async def remote_ids(background: Background, *views: VideoView) -> list[str | None]:
    rows = [
        await background.read("SELECT remote_id FROM job WHERE video_id = :id", id=view.id) for view in views
    ]
    return [remote_id for (remote_id,) in rows]


async def test_a_deleted_wish_takes_no_job_from_an_equal_one(background: Background):
    """It would be deleted there, and the other one be lost; what both can have, both get."""
    background.provider.before_submit = [LOST]
    gone = await background.wish("the same")
    await background.submit()
    background.provider.after_submit = [LOST]
    kept = await background.wish("the same")
    await background.submit()
    await background.videos.remove(gone.owner_id, gone.id)
    for view in (gone, kept):
        await background.sql("UPDATE job SET due_at = now() + interval '1 hour', lease_until = NULL")
        await background.sql("UPDATE job SET due_at = now() WHERE video_id = :id", id=view.id)
        await background.reconciler.run()
        await background.reconciler.pool.idle()
    assert await remote_ids(background, gone, kept) == [None, "remote-0"]


async def give_up_looking(background: Background) -> None:
    """Look as often and as long as is agreed."""
    await background.sql("UPDATE job SET submit_started_at = submit_started_at - interval '95 seconds'")
    for _ in range(LOOKUPS):
        await background.reconcile()


async def test_what_is_on_its_way_to_somebody_else_is_not_adopted(background: Background):
    """The list shows no pictures: what looks alike may be made from another person's."""
    background.provider.before_submit = [LOST]
    lost = await ask(background, background.owner_id, "red")
    await background.submit()
    background.provider.hold_answers = answers = asyncio.Event()
    coming = await ask(background, await add_person(background.db, "bob"), "blue")
    await background.submitter.run()
    await background.provider.held.wait()
    await give_up_looking(background)
    assert (await background.look(lost)).phase is Phase.SUBMIT_UNKNOWN, "the answer on its way will say more"
    answers.set()
    await background.submitter.pool.idle()
    assert await remote_ids(background, lost, coming) == [None, "remote-0"]
    await background.reconcile()
    assert (await background.look(lost)).phase is Phase.NEEDS_ATTENTION


async def test_what_may_be_of_another_picture_is_left_to_the_person(background: Background):
    """Nothing tells which of the two is whose, not even when both were taken."""
    background.provider.after_submit = [LOST, LOST]
    views = [await ask(background, background.owner_id, colour) for colour in ("red", "blue")]
    await background.submit()
    await give_up_looking(background)
    assert [(await background.look(view)).phase for view in views] == [Phase.NEEDS_ATTENTION] * 2
    assert len(background.provider.orders) == 2


async def test_a_late_look_does_not_take_what_another_asks_the_person_about(background: Background):
    background.provider.after_submit = [LOST]
    first = await ask(background, background.owner_id, "red")
    await background.submit()
    await background.sql("UPDATE job SET phase = 'needs_attention', due_at = NULL")
    background.provider.before_submit = [LOST]
    second = await ask(background, background.owner_id, "blue")
    await background.submit()
    await background.reconcile()
    assert await remote_ids(background, first, second) == [None, None]


async def test_the_same_picture_is_the_same_wish(background: Background):
    background.provider.after_submit = [LOST, LOST]
    views = [await ask(background, background.owner_id, "red") for _ in range(2)]
    await background.submit()
    await background.reconcile()
    assert {*await remote_ids(background, *views)} == {"remote-0", "remote-1"}


@pytest.mark.parametrize(("taken", "phase"), [(2, Phase.QUEUED), (1, Phase.NEEDS_ATTENTION)])
async def test_equal_words_of_two_people_are_told_apart_by_numbers(
    background: Background, taken: int, phase: Phase
):
    """When both were taken, each gets what they asked for; of one, nobody knows whose it is."""
    background.provider.after_submit = [LOST] * 2
    views = [
        await ask(background, owner)
        for owner in (background.owner_id, await add_person(background.db, "bob"))
    ]
    await background.submit()
    for remote_id in [*background.provider.jobs][taken:]:
        del background.provider.jobs[remote_id]
    await give_up_looking(background)
    assert [(await background.look(view)).phase for view in views] == [phase] * 2


@pytest.mark.parametrize("source", ["remote-7", None])
async def test_a_remix_of_another_video_is_not_adopted(background: Background, source: str | None):
    """Some lists tell what a video was made from."""
    background.provider.before_submit = [LOST]
    view = await background.wish()
    await background.submit()
    await background.provider.submit(replace(background.provider.orders[0], job_id=new_id(), source=source))
    await background.reconcile()
    assert (await background.look(view)).phase is (Phase.SUBMIT_UNKNOWN if source else Phase.QUEUED)


@pytest.mark.parametrize("other", [{"seconds": "8"}, {"size": "720x1280"}, {"model": "sora-2-pro"}], ids=str)
async def test_another_video_of_the_same_words_is_not_adopted(background: Background, other: dict[str, str]):
    """Somebody else with the same key at the provider asked for it."""
    background.provider.before_submit = [LOST]
    view = await background.wish()
    await background.submit()
    await background.provider.submit(replace(background.provider.orders[0], job_id=new_id(), **other))
    await background.reconcile()
    assert (await background.look(view)).phase is Phase.SUBMIT_UNKNOWN


async def test_a_job_of_hours_ago_is_not_adopted(background: Background):
    """No matter who asked for the same then, it was not this submit."""
    background.provider.before_submit = [LOST]
    view = await background.wish()
    await background.submit()
    made = await background.provider.submit(replace(background.provider.orders[0], job_id=new_id()))
    background.provider.report(
        made.remote_id, Status.COMPLETED, created_at=datetime.now(UTC) - timedelta(hours=3)
    )
    await background.reconcile()
    assert (await background.look(view)).phase is Phase.SUBMIT_UNKNOWN


async def test_a_lost_submit_behind_many_newer_jobs_is_found(background: Background):
    background.provider.after_submit = [LOST]
    view = await background.wish()
    await background.submit()
    for _ in range(250):
        await background.provider.submit(
            replace(background.provider.orders[0], job_id=new_id(), prompt="another")
        )
    await background.reconcile()
    assert (await background.look(view)).phase is Phase.QUEUED
    assert background.provider.lists == 3


async def test_a_remix_whose_answer_was_lost_is_not_made_anew(background: Background, mp4: bytes):
    """Only where the server says that it knows no remix is a plain video asked for instead."""
    parent = await background.wish()
    await background.submit()
    background.provider.finish("remote-0", mp4)
    await background.refresh()
    await background.archive()
    background.provider.after_submit = [LOST]
    remix = await background.derivations.remix(parent.owner_id, parent.id, "at night")
    await background.submit()
    assert len(background.provider.jobs) == len(background.provider.orders) == 2
    await background.reconcile()
    assert (await background.look(remix)).phase is Phase.QUEUED


async def test_an_unclear_submit_that_was_never_taken_asks_the_person(background: Background):
    """This provider's list may be incomplete and it knows no idempotency keys: nobody sends again unasked."""
    background.provider.before_submit = [LOST]
    view = await background.wish()
    await background.submit()
    for _ in range(3):
        await background.reconcile()
    assert (await background.look(view)).phase is Phase.SUBMIT_UNKNOWN
    await background.sql("UPDATE job SET submit_started_at = now() - interval '95 seconds'")
    await background.reconcile()
    seen = await background.look(view)
    assert (seen.phase, seen.status) == (Phase.NEEDS_ATTENTION, Status.IN_PROGRESS)
    assert len(background.provider.orders) == 1
    await background.videos.submit_again(view.owner_id, view.id)
    await background.submit()
    assert (await background.look(view)).phase is Phase.QUEUED
    assert len(background.provider.jobs) == 1


async def test_what_was_said_instead_of_an_answer_is_shown_until_the_person_decides(background: Background):
    """A 503 leaves open what became of the job, and says all the same what is wrong."""
    background.provider.before_submit = [SubmitUnclear("No video model loaded", "http_503")]
    view = await background.wish()
    await background.submit()
    seen = await background.look(view)
    assert (seen.phase, seen.problem and seen.problem.message) == (
        *(Phase.SUBMIT_UNKNOWN, "No video model loaded"),
    )
    await give_up_looking(background)
    seen = await background.look(view)
    assert seen.problem
    assert (seen.phase, seen.problem.code) == (Phase.NEEDS_ATTENTION, "submit_unknown")
    assert "“No video model loaded”" in seen.problem.message


async def look_in_vain(background: Background, *, others: int = 0, **told: Any) -> VideoView:
    """Look until the end for a submit whose job the list shows otherwise, behind newer ones; or not."""
    background.provider.profile = replace(background.provider.profile, list_is_complete=True)
    (background.provider.after_submit if told or others else background.provider.before_submit).append(LOST)
    view = await background.wish()
    await background.submit()
    jobs = background.provider.jobs
    for remote_id, job in [*jobs.items()]:
        jobs[remote_id] = replace(job, **told)
        for number in range(others):
            jobs[f"other-{number}"] = replace(job, remote_id=f"other-{number}", prompt="another")
    await give_up_looking(background)
    return await background.look(view)


async def test_what_a_complete_list_does_not_show_is_sent_again(background: Background):
    """Later than a person would be asked: a server that was slow to answer may still make the job."""
    assert (await look_in_vain(background)).phase is Phase.SUBMIT_UNKNOWN
    for _ in range(LOOKUPS, LOOKUPS_TO_BE_SURE):
        await background.submit()
        assert background.provider.jobs == {}
        await background.reconcile()
    await background.submit()
    assert len(background.provider.jobs) == 1


@pytest.mark.parametrize(
    "told",
    [
        {"seconds": "5"},
        {"size": "1024x576"},
        {"model": "sora-9"},
        {"prompt": None, "size": None},
        {"created_at": datetime(2001, 9, 9, tzinfo=UTC)},
    ],
    ids=str,
)
async def test_what_a_list_may_show_in_other_words_is_not_sent_again(
    background: Background, told: dict[str, Any]
):
    assert (await look_in_vain(background, **told)).phase is Phase.NEEDS_ATTENTION


async def test_what_a_list_shows_without_words_is_adopted_where_it_can_be_nothing_else(
    background: Background,
):
    """SGLang and FastVideo list no prompts."""
    assert (await look_in_vain(background, prompt=None)).phase is Phase.QUEUED


async def test_of_two_lost_submits_none_is_guessed_at_by_the_time(background: Background):
    background.provider.after_submit = [LOST] * 2
    views = [await background.wish(prompt=prompt) for prompt in ("a dog", "a cat")]
    await background.submit()
    for remote_id, job in [*background.provider.jobs.items()]:
        background.provider.jobs[remote_id] = replace(job, prompt=None)
    await give_up_looking(background)
    assert [(await background.look(view)).phase for view in views] == [Phase.NEEDS_ATTENTION] * 2


async def test_what_may_be_too_far_down_the_list_is_not_sent_again(background: Background):
    assert (await look_in_vain(background, others=1_000)).phase is Phase.NEEDS_ATTENTION


async def test_what_a_list_that_does_not_go_on_may_have_is_not_sent_again(background: Background):
    background.provider.repeats_page = True
    assert (await look_in_vain(background, others=100)).phase is Phase.NEEDS_ATTENTION


async def test_a_list_with_the_oldest_first_is_read_to_its_end(background: Background):
    background.provider.oldest_first = True
    old = datetime.now(UTC) - timedelta(hours=3)
    for number in range(150):
        made = await background.provider.submit(Submission(new_id(), "another", "sora-2", "1280x720", "4"))
        background.provider.report(
            made.remote_id, Status.COMPLETED, created_at=old + timedelta(seconds=number)
        )
    background.provider.after_submit = [LOST]
    view = await background.wish()
    await background.submit()
    await background.reconcile()
    assert (await background.look(view)).phase is Phase.QUEUED


async def test_only_looks_that_saw_something_count(background: Background):
    """A list that cannot be read, or a provider that is not even asked, says nothing about the job."""
    background.provider.before_submit = [LOST]
    view = await background.wish()
    await background.submit()
    background.provider.on_list = [ProviderUnavailable("Away.", "provider_unreachable", 2)] * 5
    await background.sql("UPDATE job SET submit_started_at = now() - interval '95 seconds'")
    for _ in range(7):
        await background.reconcile()
    assert (await background.look(view)).phase is Phase.SUBMIT_UNKNOWN
    await background.reconcile()
    assert (await background.look(view)).phase is Phase.NEEDS_ATTENTION


async def test_a_list_that_never_works_ends_with_the_person(background: Background):
    background.provider.before_submit = [LOST]
    view = await background.wish()
    await background.submit()
    background.provider.on_list = [ProviderRejected("Invalid key.", "invalid_api_key")] * 2
    await background.reconcile()
    assert (await background.look(view)).phase is Phase.SUBMIT_UNKNOWN
    await background.sql("UPDATE job SET submit_started_at = now() - interval '25 hours'")
    await background.sql("UPDATE job SET created_at = submit_started_at")
    await background.reconcile()
    assert (await background.look(view)).phase is Phase.NEEDS_ATTENTION


async def test_how_long_a_wish_waited_before_does_not_end_the_looking(background: Background):
    """One of hundreds, where one video is made at a time."""
    await background.wish()
    await background.sql("UPDATE job SET created_at = now() - interval '25 hours'")
    background.provider.after_submit = [LOST]
    await background.submit()
    background.provider.on_list = [ProviderUnavailable("Away.", "unreachable")]
    for phase in (Phase.SUBMIT_UNKNOWN, Phase.QUEUED):
        await background.reconcile()
        assert await background.read("SELECT phase FROM job") == (phase,)


class SilentList(FakeProvider):
    """A provider whose list does not come."""

    def __init__(self) -> None:
        super().__init__(replace(PROFILE, name="silent"))
        self.answers = asyncio.Event()

    async def list_jobs(self, *, after: str | None = None, limit: int = 100) -> RemotePage:
        self.held.set()
        await self.answers.wait()
        return await super().list_jobs(after=after, limit=limit)


async def test_a_silent_list_keeps_no_other_provider_waiting(background: Background):
    silent = SilentList()
    background = Background(
        background.db,
        background.provider,
        background.storage,
        background.worker_pool,
        background.owner_id,
        more=[silent],
    )
    silent.after_submit, background.provider.after_submit = [LOST], [LOST]
    first = await background.videos.create(background.owner_id, VideoWish("first", provider="silent"))
    await background.submit()
    await background.due_now()
    await background.reconciler.run()
    await silent.held.wait()
    second = await background.wish("second")
    await background.submit()
    await background.due_now()
    await background.reconciler.run()
    assert (await background.look(second)).phase is Phase.QUEUED
    assert (await background.look(first)).phase is Phase.SUBMIT_UNKNOWN
    silent.answers.set()
    await background.reconciler.pool.idle()
    assert (await background.look(first)).phase is Phase.QUEUED


@pytest.mark.parametrize(
    ("passed", "retry_after", "wait"), [(2, None, 4), (20, None, 10), (3600, None, 30), (20, 120, 120)]
)
async def test_a_look_that_failed_is_repeated_less_and_less(
    background: Background, passed: int, retry_after: float | None, wait: float
):
    background.provider.before_submit = [LOST]
    await background.wish()
    await background.submit()
    background.provider.on_list = [ProviderUnavailable("Away.", "unreachable", retry_after)]
    await background.sql(
        "UPDATE job SET submit_started_at = now() - make_interval(secs => :passed)", passed=passed
    )
    await background.reconcile()
    (due_in,) = await background.read("SELECT extract(epoch FROM due_at - now()) FROM job")
    assert wait / 2 < due_in < wait + 2


async def test_a_process_that_died_after_the_post_began_reconciles_first(background: Background):
    view = await background.wish()
    (job,) = await background.claims.take(Phase.SUBMITTING, most=1)
    assert await background.claims.begin(job)
    await background.claims.release()  # the next process starts
    await background.submit()
    assert background.provider.orders == []
    assert (await background.look(view)).phase is Phase.SUBMIT_UNKNOWN


async def test_a_process_that_died_before_the_post_began_simply_sends(background: Background):
    view = await background.wish()
    await background.claims.take(Phase.SUBMITTING, most=1)
    await background.claims.release()
    await background.submit()
    assert (await background.look(view)).phase is Phase.QUEUED
    assert len(background.provider.orders) == 1


async def test_a_request_key_makes_one_video(background: Background):
    wish = VideoWish("once")
    views = await asyncio.gather(
        *(background.videos.create(background.owner_id, wish, idempotency_key="k") for _ in range(20))
    )
    assert len({view.id for view in views}) == 1
    with pytest.raises(IdempotencyKeyReused):
        await background.videos.create(background.owner_id, VideoWish("twice"), idempotency_key="k")
    await background.submit()
    assert len(background.provider.orders) == 1


async def test_a_request_that_came_too_late_leaves_no_picture(background: Background):
    wish = VideoWish("once", inputs=(first_frame(picture((400, 400), "JPEG")),))
    await asyncio.gather(
        *(background.videos.create(background.owner_id, wish, idempotency_key="k") for _ in range(5))
    )
    assert [len(page) async for page in background.storage.list_pages()] == [1]


async def test_the_reference_is_fitted_and_sent(background: Background):
    wish = VideoWish("from a picture", size="720x1280", inputs=(first_frame(picture((400, 400), "JPEG")),))
    view = await background.videos.create(background.owner_id, wish)
    await background.submit()
    (given,) = background.provider.orders[0].inputs
    sent = given.path.read_bytes()
    assert sent.startswith(b"\x89PNG")
    file = await background.inputs.file(background.owner_id, view.id, 0)
    assert (file.width, file.height) == (720, 1280)
    assert await background.storage.read(file.key) == sent


async def test_a_wish_whose_reference_is_gone_is_refused_before_the_post(background: Background):
    wish = VideoWish("from a picture", inputs=(first_frame(picture((400, 400), "JPEG")),))
    view = await background.videos.create(background.owner_id, wish)
    background.path(await background.inputs.file(background.owner_id, view.id, 0)).unlink()
    await background.submit()
    seen = await background.look(view)
    assert (seen.phase, seen.charged) == (Phase.FAILED, False)
    assert seen.problem
    assert seen.problem.code == "input_missing"
    assert background.provider.orders == []


class ShutStore(LocalStorage):
    """A store that does not answer for a while."""

    shut = True

    @asynccontextmanager
    async def materialise(self, key: str) -> AsyncGenerator[Path]:
        if self.shut:
            message = "The store does not answer."
            raise StorageError(message)
        async with super().materialise(key) as path:
            yield path


async def test_a_wish_waits_while_its_reference_cannot_be_read(background: Background, tmp_path: Path):
    """Nothing of it has been sent, and nobody has to look for it."""
    store = ShutStore(tmp_path / "shut")
    background = replace(background, storage=store)
    wish = VideoWish("from a picture", inputs=(first_frame(picture((400, 400), "JPEG")),))
    view = await background.videos.create(background.owner_id, wish)
    await background.submit()
    seen = await background.look(view)
    assert (seen.phase, seen.sent, seen.problem and seen.problem.code) == (
        *(Phase.SUBMITTING, False),
        "disk_refused",
    )
    store.shut = False
    await background.due_now()
    await background.submit()
    assert len(background.provider.orders) == 1


async def test_the_reference_of_a_video_can_start_another(background: Background):
    """Also after the first one is gone, and nobody else's."""
    first = await background.videos.create(
        background.owner_id, VideoWish("from a picture", inputs=(first_frame(picture((400, 400), "JPEG")),))
    )
    assert await background.uploads.reuse(new_id(), first.id) == ()
    ((role, copy),) = await background.uploads.reuse(background.owner_id, first.id)
    assert role is Role.FIRST_FRAME
    assert (copy.width, copy.height) == (1280, 720)
    await background.videos.remove(background.owner_id, first.id)
    again = await background.videos.create(
        background.owner_id, VideoWish("edited", inputs=(first_frame(copy.id),))
    )
    assert [each.role for each in await background.inputs.of(background.owner_id, again.id)] == [role]
    assert await background.uploads.reuse(background.owner_id, first.id) == ()


async def test_a_bad_wish_stores_nothing(background: Background):
    bad = (
        VideoWish("  "),
        VideoWish("half a \ud83d"),
        VideoWish("x", title="half a \ud83d"),
        VideoWish("x", model="gpt-9"),
        VideoWish("x", size="9x9"),
        VideoWish("x", seconds="5"),
        VideoWish("x", provider="nobody"),
        VideoWish("x", inputs=(first_frame(b"GIF89a"),)),
    )
    for wish in bad:
        with pytest.raises(InvalidInput):
            await background.videos.create(background.owner_id, wish)
    assert (await background.videos.count_library(background.owner_id)).all == 0
    assert background.woken == []


def changed(background: Background, profile: Profile) -> Background:
    """Return the same library after its providers were set up anew."""
    return Background(
        background.db, FakeProvider(profile), background.storage, background.worker_pool, background.owner_id
    )


async def test_a_provider_that_takes_no_picture_is_told_from_the_start(background: Background):
    able = PROFILE.operations - {Operation.REFERENCE}
    unable = changed(background, replace(PROFILE, operations=able))
    jpeg = picture((400, 400), "JPEG")
    upload = await unable.uploads.add(unable.owner_id, once(jpeg))
    for wish in (
        VideoWish("x", inputs=(first_frame(jpeg),)),
        VideoWish("x", inputs=(first_frame(upload.id),)),
    ):
        with pytest.raises(InvalidInput, match="takes no first frame"):
            await unable.videos.create(unable.owner_id, wish)
    assert (await background.videos.count_library(background.owner_id)).all == 0


@pytest.mark.parametrize(
    ("profile", "words"),
    [(replace(PROFILE, retired="It ended."), "It ended"), (replace(PROFILE, name="other"), "no provider")],
    ids=["retired", "missing"],
)
async def test_nothing_is_remixed_where_nothing_is_made_any_more(
    background: Background, profile: Profile, words: str
):
    (parent_id,) = await add_videos(background.db, background.owner_id, "a lighthouse")
    with pytest.raises(InvalidInput, match=words):
        await changed(background, profile).derivations.remix(background.owner_id, parent_id, "by night")
    assert (await background.videos.count_library(background.owner_id)).all == 1


class FullDisk(LocalStorage):
    """A storage with a megabyte left."""

    def free_bytes(self) -> int:
        return 1_000_000


async def test_a_full_disk_takes_no_wishes_and_loses_none(background: Background, tmp_path: Path):
    """Nothing is asked for that could not be saved; what is on its way goes on."""
    before = await background.wish()
    full = Background(
        background.db, background.provider, FullDisk(tmp_path), background.worker_pool, background.owner_id
    )
    with pytest.raises(Unavailable):
        await full.wish()
    await background.submit()
    assert (await background.look(before)).phase is Phase.QUEUED


async def test_wishes_that_were_written_down_wait_for_room(background: Background, tmp_path: Path):
    disk = FullDisk(tmp_path)
    view = await background.wish()
    begun = await background.wish("begun")
    await background.sql(
        "UPDATE job SET submit_started_at = now(), virtual_start = NULL WHERE video_id = :id", id=begun.id
    )
    full = Background(
        background.db,
        background.provider,
        disk,
        background.worker_pool,
        background.owner_id,
        background.holder,
    )
    for _ in range(2):
        await full.due_now()
        await full.submit()
    waiting = await background.look(view)
    assert (waiting.phase, waiting.problem and waiting.problem.code) == (Phase.SUBMITTING, "no_room")
    assert waiting.problem
    assert "1 MB" in waiting.problem.message
    assert (await background.look(begun)).phase is Phase.SUBMIT_UNKNOWN  # what was begun may be there already
    assert background.provider.orders == []
    await background.due_now()
    await background.submit()
    sent = await background.look(view)
    assert (sent.phase, sent.problem) == (Phase.QUEUED, None)


async def test_an_id_that_was_given_before_is_no_answer_and_is_looked_into_at_once(background: Background):
    first = await background.wish()
    await background.submit()
    background.provider.jobs.clear()  # a server that was restarted counts from the start again
    second = await background.wish("another boat")
    background.woken.clear()
    await background.submit()
    assert [(await background.look(view)).phase for view in (first, second)] == [
        Phase.QUEUED,
        Phase.SUBMIT_UNKNOWN,
    ]
    assert "reconcile" in background.woken
