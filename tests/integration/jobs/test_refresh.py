"""How a job that the provider has taken goes on."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sora_studio.domain import polling
from sora_studio.domain.errors import (
    JobNotFound,
    ProviderError,
    ProviderMisconfigured,
    ProviderRejected,
    ProviderUnavailable,
)
from sora_studio.domain.facts import Facts
from sora_studio.domain.library import LibraryQuery
from sora_studio.domain.problem import Problem
from sora_studio.domain.profile import RateLimit
from sora_studio.domain.video import Phase, Status
from tests.integration.jobs.conftest import Background
from tests.support.library import add_videos
from tests.support.provider import PROFILE, FakeProvider

AWAY = ProviderUnavailable("502", "server_error")
GONE = JobNotFound("No such video.", "not_found")


async def taken(background: Background, *prompts: str):
    views = [await background.wish(prompt) for prompt in prompts or ("a paper boat",)]
    await background.submit()
    return views


async def test_progress_is_seen_and_never_falls(background: Background):
    (view,) = await taken(background)
    for said, shown in ((10, 10), (60, 60), (40, 60), (None, 60), (100, 99)):
        background.provider.report("remote-0", Status.IN_PROGRESS, said)
        await background.refresh()
        seen = await background.look(view)
        assert (seen.phase, seen.progress) == (Phase.IN_PROGRESS, shown)


async def test_completed_there_means_saving_here(background: Background):
    (view,) = await taken(background)
    background.provider.finish("remote-0", b"file")
    await background.refresh()
    seen = await background.look(view)
    assert (seen.phase, seen.status) == (Phase.SAVING, Status.IN_PROGRESS)
    assert seen.expires_at
    assert "archive" in background.woken


async def test_failed_there_is_failed_here_in_its_words(background: Background):
    (view,) = await taken(background)
    background.provider.fail(
        "remote-0", "moderation_blocked", "Your request was blocked by our moderation system."
    )
    await background.refresh()
    seen = await background.look(view)
    assert (seen.phase, seen.charged) == (Phase.FAILED, False)
    assert seen.problem
    assert seen.problem.message == "Your request was blocked by our moderation system."


async def test_one_failed_look_means_nothing(background: Background):
    (view,) = await taken(background)
    for _ in range(20):
        background.provider.on_fetch = [AWAY]
        await background.refresh()
        assert (await background.look(view)).phase is Phase.QUEUED
    background.provider.report("remote-0", Status.IN_PROGRESS, 5)
    await background.refresh()
    assert (await background.look(view)).phase is Phase.IN_PROGRESS


async def test_a_job_that_stays_unknown_is_looked_for_and_the_person_is_asked(background: Background):
    """Absence proves nothing: the address or the key may be wrong. A file that comes late is still taken."""
    (view,) = await taken(background)
    told = background.provider.jobs.pop("remote-0")
    waits: list[float] = []
    for _ in range(9):
        await background.refresh()
        waits += await background.read("SELECT extract(epoch FROM due_at - now())::float8 FROM job")
    assert waits == pytest.approx([10, 20, 40, 80, *[120] * 5], abs=1)
    seen = await background.look(view)
    assert seen.problem
    assert (seen.phase, seen.problem.code) == (Phase.NEEDS_ATTENTION, "lost_at_provider")
    assert (seen.status, seen.charged) == (Status.IN_PROGRESS, True)
    background.provider.jobs["remote-0"] = told
    background.provider.finish("remote-0", b"file")
    await background.refresh()
    assert (await background.look(view)).phase is Phase.SAVING


async def test_the_person_is_asked_after_two_minutes_and_never_at_the_first_looks(background: Background):
    (view,) = await taken(background)
    del background.provider.jobs["remote-0"]
    for phase in (*[Phase.QUEUED] * 4, Phase.NEEDS_ATTENTION, Phase.NEEDS_ATTENTION):
        await background.refresh()
        assert (await background.look(view)).phase is phase


async def test_a_server_that_lists_no_models_either_is_away_and_has_lost_nothing(background: Background):
    """A gateway that answers 404 to everything: the verdict waits until the server is itself again."""
    (view,) = await taken(background)
    del background.provider.jobs["remote-0"]
    background.provider.on_models = [AWAY] * 4
    for _ in range(8):
        await background.refresh()
        assert (await background.look(view)).phase is Phase.QUEUED
    seen = await background.look(view)
    assert seen.problem
    assert (seen.problem.code, seen.problem.message) == ("provider_unreachable", "502")
    await background.refresh()
    assert (await background.look(view)).phase is Phase.NEEDS_ATTENTION


async def test_a_server_that_is_away_for_a_day_is_the_persons_matter(background: Background):
    (view,) = await taken(background)
    del background.provider.jobs["remote-0"]
    background.provider.on_models = [AWAY] * 4
    await background.sql("UPDATE job SET lookups = 4")
    await background.sql(
        "UPDATE job SET accepted_at = accepted_at - :day, created_at = created_at - :day",
        day=timedelta(hours=25),
    )
    await background.refresh()
    seen = await background.look(view)
    assert seen.problem
    assert (seen.phase, seen.problem.code) == (Phase.NEEDS_ATTENTION, "no_end")


async def test_all_jobs_gone_at_once_are_more_likely_an_outage(background: Background):
    """Nobody is asked for twelve minutes; while the server knows one of them, it is sure of the others."""
    views = await taken(background, "a dog", "a cat", "a bird")
    kept = dict(background.provider.jobs)
    background.provider.jobs.clear()
    for _ in range(9):
        await background.refresh()
        assert {(await background.look(view)).phase for view in views} == {Phase.QUEUED}
    of_first = "SELECT remote_id FROM job WHERE video_id = :id"  # they are sent at once, in any order
    (known,) = await background.read(of_first, id=views[0].id)
    background.provider.jobs[known] = kept[known]
    await background.refresh()
    assert [(await background.look(view)).phase for view in views] == [
        *(Phase.QUEUED, Phase.NEEDS_ATTENTION, Phase.NEEDS_ATTENTION),
    ]


async def test_what_is_told_of_a_rendering_is_kept_and_added_to(background: Background):
    (view,) = await taken(background)
    background.provider.report("remote-0", Status.IN_PROGRESS, facts=Facts(seed=7))
    await background.refresh()
    assert (await background.look(view)).facts == Facts(seed=7)
    background.provider.report("remote-0", Status.IN_PROGRESS)
    background.provider.jobs["remote-0"] = replace(
        background.provider.jobs["remote-0"], facts=Facts(inference_seconds=2.5, cost_micros=400_000)
    )
    background.provider.finish("remote-0", b"file")
    await background.refresh()
    assert (await background.look(view)).facts == Facts(seed=7, inference_seconds=2.5, cost_micros=400_000)


async def test_after_a_day_without_a_trace_only_the_person_has_it_looked_for(background: Background):
    (view,) = await taken(background)
    background.provider.jobs.clear()
    await background.sql("UPDATE job SET lookups = :most", most=polling.UNKNOWN_LOOKS - 1)
    await background.refresh()
    assert await background.read("SELECT due_at FROM job") == (None,)
    assert (await background.videos.check_again(view.owner_id, view.id)).phase is Phase.IN_PROGRESS
    assert await background.read("SELECT due_at <= now() FROM job") == (True,)


@pytest.mark.parametrize("code", ["lost_at_provider", "content_unavailable"])
async def test_what_was_called_lost_is_taken_up_again(background: Background, mp4: bytes, code: str):
    """By the person, by `reconcile` and by `import`: its provider has it after all."""
    views = await taken(background, "by the person", "by reconcile", "by import")
    for number in range(3):
        background.provider.finish(f"remote-{number}", mp4)
    await background.sql(
        "UPDATE job SET phase = 'failed', problem_code = :code, due_at = NULL, ended_at = now()", code=code
    )
    await background.sql("UPDATE video SET phase = 'failed'")
    await background.videos.check_again(background.owner_id, views[0].id)
    await background.refresher.run()
    await background.archive()
    assert [(await background.look(view)).phase for view in views] == [
        *(Phase.COMPLETED, Phase.FAILED, Phase.FAILED),
    ]
    of_last = "UPDATE job SET provider = 'another' WHERE video_id = :id"  # sent at once, in any order
    await background.sql(of_last, id=views[2].id)
    await background.work.catch_up.run()
    await background.sql("UPDATE job SET provider = 'fake'")
    assert (await background.look(views[1])).phase is Phase.COMPLETED
    done = await background.work.importer.run(background.owner_id, "fake")
    assert (done.taken_up, done.videos) == (1, [])
    await background.refresher.run()
    await background.archive()
    seen = await background.look(views[2])
    assert (seen.phase, seen.problem, seen.charged) == (Phase.COMPLETED, None, True)


async def test_an_unknown_word_keeps_the_job_alive(background: Background):
    (view,) = await taken(background)
    background.provider.report("remote-0", None, None, word="paused_for_lunch")
    await background.refresh()
    seen = await background.look(view)
    assert (seen.phase, seen.remote_status) == (Phase.QUEUED, "paused_for_lunch")
    background.provider.report("remote-0", Status.IN_PROGRESS, 5)
    await background.refresh()
    assert (await background.look(view)).remote_status is None


async def test_many_jobs_cost_one_list_page(background: Background):
    await taken(background, *(f"clip {number}" for number in range(8)))
    for remote_id in background.provider.jobs:
        background.provider.report(remote_id, Status.IN_PROGRESS, 30)
    await background.refresh()
    assert (background.provider.lists, background.provider.fetches) == (1, 0)
    page = await background.videos.list_library(background.owner_id, LibraryQuery(limit=100))
    assert {view.progress for view in page.videos} == {30}


async def test_nothing_pending_asks_nothing(background: Background):
    await background.refresh()
    await background.reconcile()
    assert (background.provider.lists, background.provider.fetches) == (0, 0)


async def test_a_provider_that_stays_away_is_named_until_it_is_back(background: Background):
    (view,) = await taken(background)
    for _ in range(3):
        assert (await background.look(view)).problem is None, "one failed look means nothing"
        background.provider.on_fetch = [ProviderUnavailable("The provider cannot be reached.", "unreachable")]
        await background.refresh()
    problem = Problem("provider_unreachable", "The provider cannot be reached.")
    assert (await background.look(view)).problem == problem
    background.provider.on_fetch = [ProviderUnavailable("It is not asked.", "provider_unreachable", 9)]
    await background.refresh()
    assert (await background.look(view)).problem == Problem("provider_unreachable", "It is not asked.")
    background.provider.report("remote-0", Status.IN_PROGRESS, 5)
    await background.refresh()
    assert (await background.look(view)).problem is None


async def test_looks_that_know_nothing_of_a_job_have_to_follow_each_other(background: Background):
    (view,) = await taken(background)
    for _ in range(5):
        background.provider.on_fetch = [GONE]
        await background.refresh()
        await background.refresh()
    assert (await background.look(view)).phase is Phase.QUEUED


async def test_jobs_behind_thousands_of_newer_ones_are_found_in_few_requests(background: Background):
    """The list shows everybody's jobs, newest first; ours may be anywhere in it."""
    await taken(background, *(f"clip {number}" for number in range(8)))
    await background.sql(
        "UPDATE job SET accepted_at = now() - interval '1 min' + substr(remote_id, 8)::int * interval '1 s'"
    )
    for number in range(5_000):
        background.provider.jobs[f"newer-{number}"] = replace(
            background.provider.jobs["remote-0"], remote_id=f"newer-{number}", status=Status.COMPLETED
        )
    for number in range(8):
        background.provider.report(f"remote-{number}", Status.IN_PROGRESS, 30)
    await background.refresh()
    assert (background.provider.lists, background.provider.fetches) == (2, 1)
    page = await background.videos.list_library(background.owner_id, LibraryQuery(limit=100))
    assert {view.progress for view in page.videos} == {30}


async def test_hundreds_of_jobs_cost_a_page_for_each_hundred(background: Background):
    await taken(background)
    for video_id in await add_videos(background.db, background.owner_id, *["clip"] * 249, phase=Phase.QUEUED):
        remote_id = f"remote-{video_id.hex}"
        background.provider.jobs[remote_id] = replace(
            background.provider.jobs["remote-0"], remote_id=remote_id
        )
    await background.refresh()
    assert (background.provider.lists, background.provider.fetches) == (3, 0)


async def test_a_server_that_repeats_its_first_page_is_asked_for_no_more(background: Background):
    await taken(background, *(f"clip {number}" for number in range(5)))
    background.provider.repeats_page = True
    for number in range(5, 300):
        background.provider.jobs[f"newer-{number}"] = replace(
            background.provider.jobs["remote-0"], remote_id=f"newer-{number}"
        )
    await background.refresh()
    assert (background.provider.lists, background.provider.fetches) == (2, 5)


async def test_where_the_list_is_refused_jobs_are_asked_for_one_by_one(background: Background):
    await taken(background, *(f"clip {number}" for number in range(5)))
    background.provider.on_list = [ProviderRejected("LLM Provider NOT provided", "400")]
    await background.refresh()
    assert background.provider.fetches == 5


async def test_who_has_been_due_for_longest_is_looked_at_first(background: Background):
    """One by one there is room for so many in a run; nobody is passed over twice."""
    background.provider.profile = replace(
        PROFILE, operations=frozenset(), rate_limit=RateLimit(per_second=2, burst=4)
    )
    await taken(background, *(f"clip {number}" for number in range(8)))
    await background.due_now()
    for _ in range(2):
        await background.refresher.run()
    assert sorted(background.provider.fetched) == [f"remote-{number}" for number in range(8)]


async def test_a_slow_provider_keeps_nobody_from_the_others(background: Background):
    (view,) = await taken(background)
    slow = FakeProvider(profile=replace(PROFILE, name="slow"))
    both = Background(
        background.db,
        background.provider,
        background.storage,
        background.worker_pool,
        background.owner_id,
        more=[slow],
    )
    await add_videos(background.db, background.owner_id, "slow", phase=Phase.QUEUED, provider="slow")
    slow.hold_looks = asyncio.Event()
    background.provider.report("remote-0", Status.IN_PROGRESS, 5)
    await both.refresh()
    assert (await background.look(view)).progress == 5
    background.provider.report("remote-0", Status.IN_PROGRESS, 50)
    await both.refresh()
    assert (await background.look(view)).progress == 50
    slow.hold_looks.set()
    await both.refresher.pool.idle()
    assert slow.fetches == 1


async def test_looks_follow_the_durations_of_such_jobs(background: Background):
    """Ten such jobs took 100 s each: a fresh one without progress is left alone for half a minute."""
    await add_videos(background.db, background.owner_id, *(f"old {number}" for number in range(10)))
    await background.sql(
        "UPDATE job SET accepted_at = now() - interval '150 s', rendered_at = now() - interval '50 s'"
    )
    await taken(background)
    await background.sql("UPDATE job SET accepted_at = now() - interval '6 s' WHERE remote_id = 'remote-0'")
    await background.refresh()
    (wait,) = await background.read(
        "SELECT extract(epoch FROM due_at - now())::float8 FROM job WHERE remote_id = 'remote-0'"
    )
    assert 25 < wait <= 30


async def test_files_are_saved_in_the_order_in_which_providers_drop_them(background: Background):
    """Who says nothing, or nonsense, has an hour from when it was rendered."""
    now = datetime.now(UTC) + timedelta(minutes=1)
    said = {
        "in an hour": None,
        "in half an hour": now + timedelta(minutes=30),
        "in two hours": now + timedelta(hours=2),
        "it says 1970": datetime(1970, 1, 1, tzinfo=UTC),
        "at once": now,
    }
    views = await taken(background, *said)
    for remote in [*background.provider.jobs.values()]:
        expires_at = said[remote.prompt or ""]
        background.provider.report(remote.remote_id, Status.COMPLETED, 100, expires_at=expires_at)
    await background.refresh()
    order = [job.prompt for job in await background.claims.take(Phase.SAVING, most=9)]
    assert order == ["at once", "in half an hour", *order[2:4], "in two hours"]
    assert {*order[2:4]} == {"in an hour", "it says 1970"}
    assert (await background.look(views[3])).expires_at is None


async def test_a_job_that_never_ends_is_left_to_the_person(background: Background):
    (view,) = await taken(background)
    background.provider.report("remote-0", Status.IN_PROGRESS, 50)
    await background.sql(
        "UPDATE job SET accepted_at = now() - interval '9 h', created_at = now() - interval '9 h'"
    )
    for _ in range(2):
        await background.refresh()
    (wait,) = await background.read("SELECT extract(epoch FROM due_at - now())::float8 FROM job")
    assert 50 < wait <= 60
    await background.sql(
        "UPDATE job SET accepted_at = now() - interval '25 h', created_at = now() - interval '25 h'"
    )
    await background.refresh()
    assert (await background.look(view)).phase is Phase.NEEDS_ATTENTION


async def test_how_long_a_wish_waited_is_not_the_providers_time(background: Background):
    view = await background.wish()
    await background.sql("UPDATE job SET created_at = now() - interval '3 days'")
    await background.submit()
    seen = await background.look(view)
    assert (seen.phase, seen.charged) == (Phase.QUEUED, True)
    await background.refresh()
    assert (await background.look(view)).phase is Phase.QUEUED


async def test_a_day_of_silence_is_left_to_the_person(background: Background):
    (view,) = await taken(background)
    await background.sql(
        "UPDATE job SET accepted_at = now() - interval '25 h', created_at = now() - interval '25 h'"
    )
    for _ in range(4):
        assert (await background.look(view)).phase is Phase.QUEUED
        background.provider.on_fetch = [ProviderUnavailable("No answer.", "timeout")]
        await background.refresh()
    seen = await background.look(view)
    assert (seen.phase, seen.charged) == (Phase.NEEDS_ATTENTION, True)
    assert seen.problem
    assert "has not reported on this video" in seen.problem.message


@pytest.mark.parametrize("status", ["expired", "deleted"])
async def test_what_the_provider_has_dropped_stays_charged(background: Background, status: str):
    """It may have been rendered and billed while the studio was away."""
    (view,) = await taken(background)
    background.provider.fail("remote-0", status, "Gone.")
    await background.refresh()
    seen = await background.look(view)
    assert (seen.phase, seen.charged) == (Phase.FAILED, True)


@pytest.mark.parametrize(
    "error",
    [
        ProviderUnavailable("Internal error.", "http_500"),
        ProviderUnavailable("A page in HTML.", "garbled_answer"),
        ProviderMisconfigured("This key may not list.", "http_401"),
    ],
    ids=lambda error: error.code,
)
async def test_a_broken_list_hides_no_finished_video(background: Background, error: ProviderError):
    views = await taken(background, *(f"clip {number}" for number in range(5)))
    for number in range(5):
        background.provider.finish(f"remote-{number}", b"file")
    background.provider.on_list = [error]
    await background.refresh()
    assert {(await background.look(view)).phase for view in views} == {Phase.SAVING}


async def test_a_provider_that_is_away_is_asked_once(background: Background):
    await taken(background, *(f"clip {number}" for number in range(5)))
    background.provider.on_list = [ProviderUnavailable("No answer.", "timeout")]
    await background.refresh()
    assert (background.provider.lists, background.provider.fetches) == (1, 0)


async def test_jobs_that_no_page_shows_end_no_run(background: Background):
    """Strangers, then ours, the first of which marks the place and is on no page, then strangers."""
    ours = await add_videos(background.db, background.owner_id, *["clip"] * 101, phase=Phase.QUEUED)
    await taken(background)
    told = background.provider.jobs.pop("remote-0")
    await background.sql(
        "DELETE FROM video WHERE id IN (SELECT video_id FROM job WHERE remote_id = 'remote-0')"
    )
    names = [
        *(f"older-{number}" for number in range(300)),
        *(f"remote-{video_id.hex}" for video_id in ours),
        *(f"newer-{number}" for number in range(100)),
    ]
    background.provider.jobs = {name: replace(told, remote_id=name) for name in names}
    await background.refresh()
    assert (background.provider.lists, background.provider.fetches) == (3, 1)


async def test_a_provider_that_is_no_longer_set_up_is_named(background: Background):
    (view,) = await taken(background)
    other = Background(
        background.db,
        FakeProvider(replace(PROFILE, name="other")),
        background.storage,
        background.worker_pool,
        background.owner_id,
    )
    await other.refresh()
    seen = await background.look(view)
    assert seen.problem
    assert (seen.phase, seen.problem.code) == (Phase.QUEUED, "provider_missing")
    await background.sql("UPDATE job SET accepted_at = now() - interval '25 hours', due_at = now()")
    await background.sql("UPDATE job SET created_at = accepted_at")
    await other.refresh()
    seen = await background.look(view)
    assert seen.problem
    assert (seen.phase, seen.problem.message) == (
        Phase.NEEDS_ATTENTION,
        "The provider fake is no longer configured.",
    )
