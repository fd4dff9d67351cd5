"""How a job that the provider has taken goes on."""

from sora_studio.domain.errors import JobNotFound, ProviderUnavailable
from sora_studio.domain.video import LibraryQuery, Phase, Problem, Status
from tests.integration.tracking.conftest import Bench

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
