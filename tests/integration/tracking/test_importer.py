"""What a provider lists and nobody here knows."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sora_studio.domain.errors import NotFound, ProviderUnavailable, SubmitUnclear
from sora_studio.domain.ports import Order, RemoteJob
from sora_studio.domain.video import LibraryQuery, Phase, Status, VideoView
from sora_studio.services.tracking.importer import Importer
from sora_studio.services.tracking.round import Round
from tests.integration.tracking.conftest import Bench

THEN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)


@pytest.fixture
def importer(bench: Bench) -> Importer:
    return Importer(db=bench.db, offers=bench.offers)


async def made_elsewhere(bench: Bench, prompt: str, seconds: str = "8") -> str:
    """Let the provider have a job that we did not send."""
    made = await bench.provider.submit(Order(bench.owner_id, prompt, "sora-2", "720x1280", seconds))
    bench.provider.jobs[made.remote_id] = replace(made, created_at=THEN)
    return made.remote_id


async def library(bench: Bench) -> list[VideoView]:
    return [*(await bench.videos.list_library(bench.owner_id, LibraryQuery())).videos]


async def test_what_nobody_has_becomes_a_persons(bench: Bench, importer: Importer, mp4: bytes):
    done = await made_elsewhere(bench, "a kite", "4")
    bench.provider.finish(done, mp4)
    coming = await made_elsewhere(bench, "a boat")
    dry = await importer.run(bench.owner_id, "fake", dry=True)
    assert [remote.remote_id for remote in dry.videos] == [done, coming]
    assert await library(bench) == []
    await importer.run(bench.owner_id, "fake")
    again = await importer.run(bench.owner_id, "fake")
    assert (again.videos, again.passed_over) == ([], {"known": 2})
    boat, kite = sorted(await library(bench), key=lambda view: view.prompt)
    assert (boat.phase, boat.model, boat.size, boat.seconds) == (Phase.QUEUED, "sora-2", "720x1280", "8")
    assert (boat.created_at, boat.price_micros, boat.charged) == (THEN, 800_000, True)
    assert kite.phase is Phase.SAVING
    await bench.archive()
    assert (await bench.look(kite)).phase is Phase.COMPLETED
    bench.provider.finish(coming, mp4)
    await bench.refresh()
    await bench.archive()
    assert (await bench.look(boat)).phase is Phase.COMPLETED


async def test_what_is_ours_or_may_be_is_left_alone(bench: Bench, importer: Importer):
    await bench.wish("ours")
    await bench.submit()
    bench.provider.after_submit = [ProviderUnavailable("taken, but who knows", "reset")]
    unclear = await bench.wish("unclear")
    await bench.submit()
    await bench.sql(
        "UPDATE job SET phase = 'submitting', post_begun_at = now() WHERE video_id = :id", id=unclear.id
    )
    failed = await made_elsewhere(bench, "failed")
    bench.provider.fail(failed, "moderation_blocked", "no")
    done = await importer.run(bench.owner_id, "fake")
    assert done.videos == []
    assert done.passed_over == {"known": 1, "unclear": 1, "failed": 1}


async def test_what_tells_no_prompt_may_be_an_unclear_submit_of_ours(bench: Bench, importer: Importer):
    bench.provider.after_submit = [SubmitUnclear("taken, but who knows", "reset")]
    unclear = await bench.wish("unclear")
    await bench.submit()
    assert (await bench.look(unclear)).phase is Phase.SUBMIT_UNKNOWN
    (taken,) = bench.provider.jobs
    bench.provider.jobs[taken] = replace(bench.provider.jobs[taken], prompt=None)
    done = await importer.run(bench.owner_id, "fake")
    assert (done.videos, done.passed_over) == ([], {"unclear": 1})
    assert [view.id for view in await library(bench)] == [unclear.id]


async def test_an_attempt_that_another_one_replaced_can_be_imported(bench: Bench, importer: Importer):
    """It turns up at the provider after all, and nobody looks for it any more: both are paid for."""
    bench.provider.after_submit = [SubmitUnclear("taken, but who knows", "reset")]
    view = await bench.wish()
    await bench.submit()
    await bench.sql("UPDATE job SET phase = 'needs_attention', due_at = NULL")
    await bench.videos.submit_again(view.owner_id, view.id)
    assert (await importer.run(bench.owner_id, "fake")).passed_over == {"unclear": 1}
    await bench.submit()
    done = await importer.run(bench.owner_id, "fake")
    assert [remote.remote_id for remote in done.videos] == ["remote-0"]
    assert done.passed_over == {"known": 1}


async def test_a_list_that_says_little(bench: Bench, importer: Importer):
    made = await made_elsewhere(bench, "")
    bench.provider.jobs[made] = RemoteJob(
        remote_id=made,
        status=None,
        status_word="pondering",
        progress=None,
        created_at=None,
        expires_at=None,
        problem=None,
        prompt=None,
        model=None,
        size=None,
        seconds=None,
    )
    await importer.run(bench.owner_id, "fake")
    (view,) = await library(bench)
    assert (view.title, view.prompt, view.phase) == (f"Video {made}", "", Phase.IN_PROGRESS)
    assert (view.model, view.size, view.seconds) == ("sora-2", "1280x720", "4")
    assert view.remote_status == "pondering"


async def test_a_list_of_many_pages(bench: Bench, importer: Importer):
    for number in range(230):
        await made_elsewhere(bench, f"film {number}")
    assert len((await importer.run(bench.owner_id, "fake", dry=True)).videos) == 230
    assert bench.provider.lists == 3


async def test_a_provider_that_cannot_be_read(bench: Bench, importer: Importer):
    bench.provider.on_list = [ProviderUnavailable("502", "server_error")]
    assert (await importer.run(bench.owner_id, "fake")).trouble == "502"
    assert (await importer.run(bench.owner_id, "nobody")).trouble
    with pytest.raises(NotFound):
        await importer.owner("nobody@example.org")


async def test_a_round_does_everything_but_sending(bench: Bench, mp4: bytes):
    whole = Round(
        db=bench.db, reconciler=bench.reconciler, refresher=bench.refresher, archiver=bench.archiver
    )
    rendering = await bench.wish("rendering")
    await bench.submit()
    bench.provider.finish("remote-0", mp4)
    cut_off = await bench.wish("cut off")
    unsent = await bench.wish("unsent")
    await bench.sql("UPDATE job SET due_at = now() + interval '1 hour'")
    await bench.sql("UPDATE job SET post_begun_at = now() WHERE video_id = :id", id=cut_off.id)
    taken = await made_elsewhere(bench, "cut off", "4")
    bench.provider.report(taken, Status.IN_PROGRESS, 10, size="1280x720", created_at=datetime.now(UTC))
    moved = {each.video.title: (each.video.phase, each.phase) for each in await whole.run()}
    assert moved == {
        "rendering": (Phase.QUEUED, Phase.COMPLETED),
        "cut off": (Phase.SUBMIT_UNKNOWN, Phase.IN_PROGRESS),
        "unsent": (Phase.SUBMITTING, Phase.SUBMITTING),
    }
    assert (await bench.look(rendering)).phase is Phase.COMPLETED
    assert (await bench.look(unsent)).phase is Phase.SUBMITTING
    assert len(bench.provider.orders) == 2  # one of them was the test's


async def test_a_round_leaves_a_post_alone_that_is_under_way(bench: Bench):
    """Beside a running studio: its answer is still to come, and would find its job taken away."""
    bench.provider.hold = asyncio.Event()
    view = await bench.wish()
    sending = asyncio.create_task(bench.submit())
    await bench.provider.held.wait()
    operator = Bench(bench.db, bench.provider, bench.storage, bench.workshop, bench.owner_id)
    whole = Round(
        db=bench.db, reconciler=operator.reconciler, refresher=operator.refresher, archiver=operator.archiver
    )
    assert [each.phase for each in await whole.run()] == [Phase.SUBMITTING]
    bench.provider.hold.set()
    await sending
    assert (await bench.look(view)).phase is Phase.QUEUED
    assert len(bench.provider.orders) == 1
