"""How a job that the provider has taken goes on."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sora_studio.domain.errors import (
    JobNotFound,
    ProviderError,
    ProviderMisconfigured,
    ProviderRejected,
    ProviderUnavailable,
)
from sora_studio.domain.profile import Pace
from sora_studio.domain.video import LibraryQuery, Phase, Problem, Status
from tests.integration.tracking.conftest import Bench
from tests.support.library import add_videos
from tests.support.provider import PROFILE, FakeProvider

AWAY = ProviderUnavailable("502", "server_error")
GONE = JobNotFound("No such video.", "not_found")


async def taken(bench: Bench, *prompts: str):
    views = [await bench.wish(prompt) for prompt in prompts or ("a paper boat",)]
    await bench.submit()
    return views


async def test_progress_is_seen_and_never_falls(bench: Bench):
    (view,) = await taken(bench)
    for said, shown in ((10, 10), (60, 60), (40, 60), (None, 60), (100, 99)):
        bench.provider.report("remote-0", Status.IN_PROGRESS, said)
        await bench.refresh()
        seen = await bench.look(view)
        assert (seen.phase, seen.progress) == (Phase.IN_PROGRESS, shown)


async def test_completed_there_means_saving_here(bench: Bench):
    (view,) = await taken(bench)
    bench.provider.finish("remote-0", b"file")
    await bench.refresh()
    seen = await bench.look(view)
    assert (seen.phase, seen.status) == (Phase.SAVING, Status.IN_PROGRESS)
    assert seen.expires_at
    assert bench.woken[-1] == "archive"


async def test_failed_there_is_failed_here_in_its_words(bench: Bench):
    (view,) = await taken(bench)
    bench.provider.fail(
        "remote-0", "moderation_blocked", "Your request was blocked by our moderation system."
    )
    await bench.refresh()
    seen = await bench.look(view)
    assert (seen.phase, seen.charged) == (Phase.FAILED, False)
    assert seen.problem
    assert seen.problem.message == "Your request was blocked by our moderation system."


async def test_one_failed_look_means_nothing(bench: Bench):
    (view,) = await taken(bench)
    for _ in range(20):
        bench.provider.on_fetch = [AWAY]
        await bench.refresh()
        assert (await bench.look(view)).phase is Phase.QUEUED
    bench.provider.report("remote-0", Status.IN_PROGRESS, 5)
    await bench.refresh()
    assert (await bench.look(view)).phase is Phase.IN_PROGRESS


async def test_a_job_that_stays_unknown_is_lost(bench: Bench):
    (view,) = await taken(bench)
    for phase in (Phase.QUEUED, Phase.QUEUED, Phase.QUEUED, Phase.FAILED):
        bench.provider.on_fetch = [GONE]
        await bench.refresh()
        assert (await bench.look(view)).phase is phase


async def test_an_unknown_word_keeps_the_job_alive(bench: Bench):
    (view,) = await taken(bench)
    bench.provider.report("remote-0", None, None, word="paused_for_lunch")
    await bench.refresh()
    seen = await bench.look(view)
    assert (seen.phase, seen.remote_status) == (Phase.QUEUED, "paused_for_lunch")
    bench.provider.report("remote-0", Status.IN_PROGRESS, 5)
    await bench.refresh()
    assert (await bench.look(view)).remote_status is None


async def test_many_jobs_cost_one_list_page(bench: Bench):
    await taken(bench, *(f"clip {number}" for number in range(8)))
    for remote_id in bench.provider.jobs:
        bench.provider.report(remote_id, Status.IN_PROGRESS, 30)
    await bench.refresh()
    assert (bench.provider.lists, bench.provider.fetches) == (1, 0)
    page = await bench.videos.list_library(bench.owner_id, LibraryQuery(limit=100))
    assert {view.progress for view in page.videos} == {30}


async def test_nothing_pending_asks_nothing(bench: Bench):
    await bench.refresh()
    await bench.reconcile()
    assert (bench.provider.lists, bench.provider.fetches) == (0, 0)


async def test_a_provider_that_stays_away_is_named_until_it_is_back(bench: Bench):
    (view,) = await taken(bench)
    for _ in range(3):
        assert (await bench.look(view)).problem is None, "one failed look means nothing"
        bench.provider.on_fetch = [ProviderUnavailable("The provider cannot be reached.", "unreachable")]
        await bench.refresh()
    problem = Problem("provider_unreachable", "The provider cannot be reached.")
    assert (await bench.look(view)).problem == problem
    bench.provider.on_fetch = [ProviderUnavailable("It is not asked.", "provider_unreachable", 9)]
    await bench.refresh()
    assert (await bench.look(view)).problem == Problem("provider_unreachable", "It is not asked.")
    bench.provider.report("remote-0", Status.IN_PROGRESS, 5)
    await bench.refresh()
    assert (await bench.look(view)).problem is None


async def test_looks_that_know_nothing_of_a_job_have_to_follow_each_other(bench: Bench):
    (view,) = await taken(bench)
    for _ in range(5):
        bench.provider.on_fetch = [GONE]
        await bench.refresh()
        await bench.refresh()
    assert (await bench.look(view)).phase is Phase.QUEUED


async def test_jobs_behind_thousands_of_newer_ones_are_found_in_few_requests(bench: Bench):
    """The list shows everybody's jobs, newest first; ours may be anywhere in it."""
    await taken(bench, *(f"clip {number}" for number in range(8)))
    await bench.sql(
        "UPDATE job SET taken_at = now() - interval '1 min' + substr(remote_id, 8)::int * interval '1 s'"
    )
    for number in range(5_000):
        bench.provider.jobs[f"newer-{number}"] = replace(
            bench.provider.jobs["remote-0"], remote_id=f"newer-{number}", status=Status.COMPLETED
        )
    for number in range(8):
        bench.provider.report(f"remote-{number}", Status.IN_PROGRESS, 30)
    await bench.refresh()
    assert (bench.provider.lists, bench.provider.fetches) == (2, 1)
    page = await bench.videos.list_library(bench.owner_id, LibraryQuery(limit=100))
    assert {view.progress for view in page.videos} == {30}


async def test_hundreds_of_jobs_cost_a_page_for_each_hundred(bench: Bench):
    await taken(bench)
    for video_id in await add_videos(bench.db, bench.owner_id, *["clip"] * 249, phase=Phase.QUEUED):
        remote_id = f"remote-{video_id.hex}"
        bench.provider.jobs[remote_id] = replace(bench.provider.jobs["remote-0"], remote_id=remote_id)
    await bench.refresh()
    assert (bench.provider.lists, bench.provider.fetches) == (3, 0)


async def test_a_server_that_repeats_its_first_page_is_asked_for_no_more(bench: Bench):
    await taken(bench, *(f"clip {number}" for number in range(5)))
    bench.provider.repeats_page = True
    for number in range(5, 300):
        bench.provider.jobs[f"newer-{number}"] = replace(
            bench.provider.jobs["remote-0"], remote_id=f"newer-{number}"
        )
    await bench.refresh()
    assert (bench.provider.lists, bench.provider.fetches) == (2, 5)


async def test_where_the_list_is_refused_jobs_are_asked_for_one_by_one(bench: Bench):
    await taken(bench, *(f"clip {number}" for number in range(5)))
    bench.provider.on_list = [ProviderRejected("LLM Provider NOT provided", "400")]
    await bench.refresh()
    assert bench.provider.fetches == 5


async def test_who_has_been_due_for_longest_is_looked_at_first(bench: Bench):
    """One by one there is room for so many in a run; nobody is passed over twice."""
    bench.provider.profile = replace(PROFILE, operations=frozenset(), pace=Pace(per_second=2, burst=4))
    await taken(bench, *(f"clip {number}" for number in range(8)))
    await bench.due_now()
    for _ in range(2):
        await bench.refresher.run()
    assert sorted(bench.provider.fetched) == [f"remote-{number}" for number in range(8)]


async def test_a_slow_provider_keeps_nobody_from_the_others(bench: Bench):
    (view,) = await taken(bench)
    slow = FakeProvider(profile=replace(PROFILE, name="slow"))
    both = Bench(bench.db, bench.provider, bench.storage, bench.workshop, bench.owner_id, more=[slow])
    await add_videos(bench.db, bench.owner_id, "slow", phase=Phase.QUEUED, provider="slow")
    slow.hold_looks = asyncio.Event()
    bench.provider.report("remote-0", Status.IN_PROGRESS, 5)
    await both.refresh()
    assert (await bench.look(view)).progress == 5
    bench.provider.report("remote-0", Status.IN_PROGRESS, 50)
    await both.refresh()
    assert (await bench.look(view)).progress == 50
    slow.hold_looks.set()
    await both.refresher.crew.idle()
    assert slow.fetches == 1


async def test_looks_follow_the_durations_of_such_jobs(bench: Bench):
    """Ten such jobs took 100 s each: a fresh one without progress is left alone for half a minute."""
    await add_videos(bench.db, bench.owner_id, *(f"old {number}" for number in range(10)))
    await bench.sql(
        "UPDATE job SET taken_at = now() - interval '150 s', finished_at = now() - interval '50 s'"
    )
    await taken(bench)
    await bench.sql("UPDATE job SET taken_at = now() - interval '6 s' WHERE remote_id = 'remote-0'")
    await bench.refresh()
    (wait,) = await bench.read(
        "SELECT extract(epoch FROM due_at - now())::float8 FROM job WHERE remote_id = 'remote-0'"
    )
    assert 25 < wait <= 30


async def test_files_are_saved_in_the_order_in_which_providers_drop_them(bench: Bench):
    """Who says nothing, or nonsense, has an hour from when it was rendered."""
    now = datetime.now(UTC) + timedelta(minutes=1)
    said = {
        "in an hour": None,
        "in half an hour": now + timedelta(minutes=30),
        "in two hours": now + timedelta(hours=2),
        "it says 1970": datetime(1970, 1, 1, tzinfo=UTC),
        "at once": now,
    }
    views = await taken(bench, *said)
    for remote in [*bench.provider.jobs.values()]:
        expires_at = said[remote.prompt or ""]
        bench.provider.report(remote.remote_id, Status.COMPLETED, 100, expires_at=expires_at)
    await bench.refresh()
    order = [job.prompt for job in await bench.claims.take(Phase.SAVING, most=9)]
    assert order == ["at once", "in half an hour", *order[2:4], "in two hours"]
    assert {*order[2:4]} == {"in an hour", "it says 1970"}
    assert (await bench.look(views[3])).expires_at is None


async def test_a_job_that_never_ends_is_left_to_the_person(bench: Bench):
    (view,) = await taken(bench)
    bench.provider.report("remote-0", Status.IN_PROGRESS, 50)
    await bench.sql("UPDATE job SET taken_at = now() - interval '9 h', created_at = now() - interval '9 h'")
    for _ in range(2):
        await bench.refresh()
    (wait,) = await bench.read("SELECT extract(epoch FROM due_at - now())::float8 FROM job")
    assert 50 < wait <= 60
    await bench.sql("UPDATE job SET taken_at = now() - interval '25 h', created_at = now() - interval '25 h'")
    await bench.refresh()
    assert (await bench.look(view)).phase is Phase.NEEDS_ATTENTION


async def test_how_long_a_wish_waited_is_not_the_providers_time(bench: Bench):
    view = await bench.wish()
    await bench.sql("UPDATE job SET created_at = now() - interval '3 days'")
    await bench.submit()
    seen = await bench.look(view)
    assert (seen.phase, seen.charged) == (Phase.QUEUED, True)
    await bench.refresh()
    assert (await bench.look(view)).phase is Phase.QUEUED


async def test_a_day_of_silence_is_left_to_the_person(bench: Bench):
    (view,) = await taken(bench)
    await bench.sql("UPDATE job SET taken_at = now() - interval '25 h', created_at = now() - interval '25 h'")
    for _ in range(4):
        assert (await bench.look(view)).phase is Phase.QUEUED
        bench.provider.on_fetch = [ProviderUnavailable("No answer.", "timeout")]
        await bench.refresh()
    seen = await bench.look(view)
    assert (seen.phase, seen.charged) == (Phase.NEEDS_ATTENTION, True)
    assert seen.problem
    assert "Nothing was heard" in seen.problem.message


@pytest.mark.parametrize("status", ["expired", "deleted"])
async def test_what_the_provider_has_dropped_stays_charged(bench: Bench, status: str):
    """It may have been rendered and billed while the studio was away."""
    (view,) = await taken(bench)
    bench.provider.fail("remote-0", status, "Gone.")
    await bench.refresh()
    seen = await bench.look(view)
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
async def test_a_broken_list_hides_no_finished_video(bench: Bench, error: ProviderError):
    views = await taken(bench, *(f"clip {number}" for number in range(5)))
    for number in range(5):
        bench.provider.finish(f"remote-{number}", b"file")
    bench.provider.on_list = [error]
    await bench.refresh()
    assert {(await bench.look(view)).phase for view in views} == {Phase.SAVING}


async def test_a_provider_that_is_away_is_asked_once(bench: Bench):
    await taken(bench, *(f"clip {number}" for number in range(5)))
    bench.provider.on_list = [ProviderUnavailable("No answer.", "timeout")]
    await bench.refresh()
    assert (bench.provider.lists, bench.provider.fetches) == (1, 0)


async def test_jobs_that_no_page_shows_end_no_run(bench: Bench):
    """Strangers, then ours, the first of which marks the place and is on no page, then strangers."""
    ours = await add_videos(bench.db, bench.owner_id, *["clip"] * 101, phase=Phase.QUEUED)
    await taken(bench)
    told = bench.provider.jobs.pop("remote-0")
    await bench.sql("DELETE FROM video WHERE id IN (SELECT video_id FROM job WHERE remote_id = 'remote-0')")
    names = [
        *(f"older-{number}" for number in range(300)),
        *(f"remote-{video_id.hex}" for video_id in ours),
        *(f"newer-{number}" for number in range(100)),
    ]
    bench.provider.jobs = {name: replace(told, remote_id=name) for name in names}
    await bench.refresh()
    assert (bench.provider.lists, bench.provider.fetches) == (3, 1)


async def test_a_provider_that_is_no_longer_set_up_is_named(bench: Bench):
    (view,) = await taken(bench)
    other = Bench(
        bench.db, FakeProvider(replace(PROFILE, name="other")), bench.storage, bench.workshop, bench.owner_id
    )
    await other.refresh()
    seen = await bench.look(view)
    assert seen.problem
    assert (seen.phase, seen.problem.code) == (Phase.QUEUED, "provider_missing")
    await bench.sql("UPDATE job SET taken_at = now() - interval '25 hours', due_at = now()")
    await bench.sql("UPDATE job SET created_at = taken_at")
    await other.refresh()
    seen = await bench.look(view)
    assert seen.problem
    assert (seen.phase, seen.problem.message) == (
        Phase.NEEDS_ATTENTION,
        "The provider fake is not set up any more.",
    )
