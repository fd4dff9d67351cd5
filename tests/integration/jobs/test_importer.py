"""What a provider lists and nobody here knows."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sora_studio.domain.errors import NotFound, ProviderUnavailable, SubmitUnclear
from sora_studio.domain.library import LibraryQuery
from sora_studio.domain.ports import RemoteJob, Submission
from sora_studio.domain.video import Phase, Status, VideoView
from sora_studio.services.jobs.importer import Importer
from tests.integration.jobs.conftest import Background

THEN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)


@pytest.fixture
def importer(background: Background) -> Importer:
    return background.work.importer


async def made_elsewhere(background: Background, prompt: str, seconds: str = "8") -> str:
    """Let the provider have a job that we did not send."""
    made = await background.provider.submit(
        Submission(background.owner_id, prompt, "sora-2", "720x1280", seconds)
    )
    background.provider.jobs[made.remote_id] = replace(made, created_at=THEN)
    return made.remote_id


async def library(background: Background) -> list[VideoView]:
    return [*(await background.videos.list_library(background.owner_id, LibraryQuery())).videos]


async def test_what_nobody_has_becomes_a_persons(background: Background, importer: Importer, mp4: bytes):
    done = await made_elsewhere(background, "a kite", "4")
    background.provider.finish(done, mp4)
    coming = await made_elsewhere(background, "a boat")
    dry = await importer.run(background.owner_id, "fake", dry=True)
    assert [remote.remote_id for remote in dry.videos] == [done, coming]
    assert await library(background) == []
    await importer.run(background.owner_id, "fake")
    again = await importer.run(background.owner_id, "fake")
    assert (again.videos, again.passed_over) == ([], {"known": 2})
    boat, kite = sorted(await library(background), key=lambda view: view.prompt)
    assert (boat.phase, boat.model, boat.size, boat.seconds) == (Phase.QUEUED, "sora-2", "720x1280", "8")
    assert (boat.created_at, boat.price_micros, boat.charged) == (THEN, 800_000, True)
    assert kite.phase is Phase.SAVING
    await background.archive()
    assert (await background.look(kite)).phase is Phase.COMPLETED
    background.provider.finish(coming, mp4)
    await background.refresh()
    await background.archive()
    assert (await background.look(boat)).phase is Phase.COMPLETED


async def test_what_is_ours_or_may_be_is_left_alone(background: Background, importer: Importer):
    await background.wish("ours")
    await background.submit()
    background.provider.after_submit = [ProviderUnavailable("taken, but who knows", "reset")]
    unclear = await background.wish("unclear")
    await background.submit()
    await background.sql(
        "UPDATE job SET phase = 'submitting', submit_started_at = now() WHERE video_id = :id", id=unclear.id
    )
    failed = await made_elsewhere(background, "failed")
    background.provider.fail(failed, "moderation_blocked", "no")
    done = await importer.run(background.owner_id, "fake")
    assert done.videos == []
    assert done.passed_over == {"known": 1, "unclear": 1, "failed": 1}


async def test_what_tells_no_prompt_may_be_an_unclear_submit_of_ours(
    background: Background, importer: Importer
):
    background.provider.after_submit = [SubmitUnclear("taken, but who knows", "reset")]
    unclear = await background.wish("unclear")
    await background.submit()
    assert (await background.look(unclear)).phase is Phase.SUBMIT_UNKNOWN
    (taken,) = background.provider.jobs
    background.provider.jobs[taken] = replace(background.provider.jobs[taken], prompt=None)
    done = await importer.run(background.owner_id, "fake")
    assert (done.videos, done.passed_over) == ([], {"unclear": 1})
    assert [view.id for view in await library(background)] == [unclear.id]


async def test_an_attempt_that_another_one_replaced_can_be_imported(
    background: Background, importer: Importer
):
    """It turns up at the provider after all, when nobody looks for it: both are paid for."""
    background.provider.after_submit = [SubmitUnclear("taken, but who knows", "reset")]
    view = await background.wish()
    await background.submit()
    await background.sql("UPDATE job SET phase = 'needs_attention', due_at = NULL")
    await background.videos.submit_again(view.owner_id, view.id)
    assert (await importer.run(background.owner_id, "fake")).passed_over == {"unclear": 1}
    await background.submit()
    done = await importer.run(background.owner_id, "fake")
    assert [remote.remote_id for remote in done.videos] == ["remote-0"]
    assert done.passed_over == {"known": 1}
    charges = await background.read("SELECT charge FROM job WHERE NOT current")
    assert charges == ("released",)  # its price is that of the imported one now


async def test_a_list_that_says_little(background: Background, importer: Importer):
    made = await made_elsewhere(background, "")
    background.provider.jobs[made] = RemoteJob(
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
    await importer.run(background.owner_id, "fake")
    (view,) = await library(background)
    assert (view.title, view.prompt, view.phase) == (f"Video {made}", "", Phase.IN_PROGRESS)
    assert (view.model, view.size, view.seconds) == ("sora-2", "1280x720", "4")
    assert view.remote_status == "pondering"


async def test_a_list_of_many_pages(background: Background, importer: Importer):
    for number in range(230):
        await made_elsewhere(background, f"film {number}")
    assert len((await importer.run(background.owner_id, "fake", dry=True)).videos) == 230
    assert background.provider.lists == 3


async def test_a_provider_that_cannot_be_read(background: Background, importer: Importer):
    background.provider.on_list = [ProviderUnavailable("502", "server_error")]
    assert (await importer.run(background.owner_id, "fake")).trouble == "502"
    assert (await importer.run(background.owner_id, "nobody")).trouble
    with pytest.raises(NotFound):
        await importer.owner("nobody@example.org")


async def test_a_round_does_everything_but_sending(background: Background, mp4: bytes):
    rendering = await background.wish("rendering")
    await background.submit()
    background.provider.finish("remote-0", mp4)
    cut_off = await background.wish("cut off")
    unsent = await background.wish("unsent")
    await background.sql("UPDATE job SET due_at = now() + interval '1 hour'")
    await background.sql(
        "UPDATE job SET submit_started_at = now(), virtual_start = NULL WHERE video_id = :id", id=cut_off.id
    )
    taken = await made_elsewhere(background, "cut off", "4")
    background.provider.report(taken, Status.IN_PROGRESS, 10, size="1280x720", created_at=datetime.now(UTC))
    moved = {
        each.video.title: (each.video.phase, each.phase) for each in await background.work.catch_up.run()
    }
    assert moved == {
        "rendering": (Phase.QUEUED, Phase.COMPLETED),
        "cut off": (Phase.SUBMIT_UNKNOWN, Phase.IN_PROGRESS),
        "unsent": (Phase.SUBMITTING, Phase.SUBMITTING),
    }
    assert (await background.look(rendering)).phase is Phase.COMPLETED
    assert (await background.look(unsent)).phase is Phase.SUBMITTING
    assert len(background.provider.orders) == 2  # one of them was the test's


async def test_a_round_leaves_a_post_alone_that_is_under_way(background: Background):
    """Beside a running studio: its answer is still to come, and would find its job taken away."""
    background.provider.hold = asyncio.Event()
    view = await background.wish()
    sending = asyncio.create_task(background.submit())
    await background.provider.held.wait()
    operator = Background(
        background.db, background.provider, background.storage, background.worker_pool, background.owner_id
    )
    assert [each.phase for each in await operator.work.catch_up.run()] == [Phase.SUBMITTING]
    background.provider.hold.set()
    await sending
    assert (await background.look(view)).phase is Phase.QUEUED
    assert len(background.provider.orders) == 1
