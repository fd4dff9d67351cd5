"""Videos made from others: edits, extensions, and what their provider is told."""

from dataclasses import replace
from pathlib import Path

import pytest

from sora_studio.db.engine import Database
from sora_studio.domain.errors import (
    Conflict,
    IdempotencyKeyReused,
    InvalidInput,
    NotFound,
    ProviderRejected,
    SubmitUnclear,
    Unsupported,
)
from sora_studio.domain.profile import Operation
from sora_studio.domain.video import Kind, Phase, VideoView, VideoWish
from sora_studio.services.worker_pool import WorkerPool
from sora_studio.storage.local import LocalStorage
from tests.integration.jobs.conftest import Background
from tests.support.library import add_person, add_videos
from tests.support.provider import PROFILE, FakeProvider

LOST = SubmitUnclear("The connection broke.", "connection_lost")
ABLE = replace(PROFILE, operations=frozenset(Operation))


@pytest.fixture
async def background(database: Database, worker_pool: WorkerPool, tmp_path: Path) -> Background:
    """At a provider that can do everything."""
    storage = LocalStorage(tmp_path / "media")
    return Background(database, FakeProvider(ABLE), storage, worker_pool, await add_person(database))


async def finished(background: Background, prompt: str = "a lighthouse") -> VideoView:
    (video_id,) = await add_videos(background.db, background.owner_id, prompt)
    return await background.videos.get(background.owner_id, video_id)


async def extended(background: Background, view: VideoView, seconds: str = "4") -> VideoView:
    """Extend a video, and have that finished at once."""
    longer = await background.derivations.extend(background.owner_id, view.id, "and on", seconds)
    await background.sql("UPDATE video SET phase = 'completed' WHERE id = :id", id=longer.id)
    return await background.look(longer)


async def test_an_edit_names_its_source_and_costs_as_much(background: Background):
    parent = await finished(background)
    view = await background.derivations.edit(background.owner_id, parent.id, "the same by night")
    assert (view.kind, view.parent_id, view.seconds) == (Kind.EDIT, parent.id, "4")
    assert (view.phase, view.price_micros) == (Phase.SUBMITTING, 400_000)
    await background.submit()
    (order,) = background.provider.orders
    assert (order.kind, order.source) == (Kind.EDIT, f"remote-{parent.id.hex}")
    assert (await background.look(view)).phase is Phase.QUEUED


async def test_an_extension_is_as_long_as_both_and_costs_what_it_adds(background: Background):
    parent = await finished(background)
    view = await background.derivations.extend(background.owner_id, parent.id, "and on", "8")
    assert (view.kind, view.seconds, view.price_micros) == (Kind.EXTEND, "12", 800_000)
    await background.submit()
    (order,) = background.provider.orders
    assert (order.kind, order.seconds, order.source) == (Kind.EXTEND, "8", f"remote-{parent.id.hex}")


@pytest.mark.parametrize("said", ["8", "12", None])
async def test_an_extension_whose_answer_was_lost_is_adopted(background: Background, said: str | None):
    """Some lists tell how long it becomes, others what was asked for, others nothing."""
    parent = await finished(background)
    background.provider.after_submit = [LOST]
    view = await background.derivations.extend(background.owner_id, parent.id, "and on", "8")
    await background.submit()
    background.provider.jobs["remote-0"] = replace(background.provider.jobs["remote-0"], seconds=said)
    await background.reconcile()
    seen = await background.look(view)
    assert (seen.phase, seen.charged, seen.seconds) == (Phase.QUEUED, True, "12")
    assert len(background.provider.orders) == 1


async def test_another_length_is_another_video(background: Background):
    parent = await finished(background)
    background.provider.after_submit = [LOST]
    view = await background.derivations.extend(background.owner_id, parent.id, "and on", "8")
    await background.submit()
    background.provider.jobs["remote-0"] = replace(background.provider.jobs["remote-0"], seconds="4")
    await background.reconcile()
    assert (await background.look(view)).phase is Phase.SUBMIT_UNKNOWN


@pytest.mark.parametrize("seconds", ["5", "0", "-4", "", "4.0", "24"])
async def test_only_the_apis_lengths_can_be_added(background: Background, seconds: str):
    parent = await finished(background)
    with pytest.raises(InvalidInput) as caught:
        await background.derivations.extend(background.owner_id, parent.id, "and on", seconds)
    assert caught.value.param == "seconds"


async def test_six_extensions_are_the_most_in_a_line(background: Background):
    view = await finished(background)
    for number in range(6):
        assert (await background.derivations.available(background.owner_id, view.id)).extensions, number
        view = await extended(background, view)
    assert view.seconds == "28"
    assert (await background.derivations.available(background.owner_id, view.id)).extensions == ()
    with pytest.raises(InvalidInput, match="extended 6 times"):
        await extended(background, view)


async def test_two_minutes_are_the_most_in_all(background: Background):
    view = await finished(background)
    for _ in range(5):
        view = await extended(background, view, "20")
    assert view.seconds == "104"
    possible = await background.derivations.available(background.owner_id, view.id)
    assert [each.seconds for each in possible.extensions] == [4, 8, 12, 16]
    assert [each.price_micros for each in possible.extensions[:2]] == [400_000, 800_000]
    with pytest.raises(InvalidInput, match="120 seconds"):
        await extended(background, view, "20")


async def test_what_is_not_finished_or_not_ones_own_is_no_source(background: Background):
    coming = await background.wish()
    stranger = await add_person(background.db)
    parent = await finished(background)
    for owner_id, view, refusal in (
        (background.owner_id, coming, Conflict),
        (stranger, parent, NotFound),
    ):
        with pytest.raises(refusal):
            await background.derivations.edit(owner_id, view.id, "x")
        with pytest.raises(refusal):
            await background.derivations.extend(owner_id, view.id, "x", "4")
    with pytest.raises(NotFound):
        await background.derivations.available(stranger, parent.id)


async def test_a_provider_without_the_operation_is_told_from_the_start(
    background: Background, tmp_path: Path
):
    """Nothing is stored, and nothing is made instead."""
    unable = Background(
        background.db,
        FakeProvider(),
        LocalStorage(tmp_path / "other"),
        background.worker_pool,
        background.owner_id,
    )
    parent = await finished(unable)
    with pytest.raises(InvalidInput, match="Fake cannot edit videos"):
        await unable.derivations.edit(unable.owner_id, parent.id, "x")
    with pytest.raises(InvalidInput, match="Fake cannot extend videos"):
        await unable.derivations.extend(unable.owner_id, parent.id, "x", "4")
    possible = await unable.derivations.available(unable.owner_id, parent.id)
    assert (possible.edit, possible.extensions, possible.character) == (None, (), False)
    assert (await unable.videos.count_library(unable.owner_id)).all == 1


@pytest.mark.parametrize(
    "refusal", [Unsupported("No such route.", "http_404"), ProviderRejected("The video has expired.", "x")]
)
async def test_an_edit_that_the_provider_refuses_is_not_made_anew(
    background: Background, refusal: ProviderRejected
):
    parent = await finished(background)
    background.provider.before_submit = [refusal]
    view = await background.derivations.edit(background.owner_id, parent.id, "x")
    await background.submit()
    seen = await background.look(view)
    assert (seen.phase, seen.charged) == (Phase.FAILED, False)
    assert seen.problem
    assert seen.problem.message == refusal.message
    assert len(background.provider.orders) == 1


async def test_a_source_that_is_gone_is_not_asked_for(background: Background):
    parent = await finished(background)
    view = await background.derivations.extend(background.owner_id, parent.id, "x", "4")
    await background.sql("DELETE FROM video WHERE id = :id", id=parent.id)
    await background.submit()
    seen = await background.look(view)
    assert (seen.phase, seen.problem and seen.problem.code) == (Phase.FAILED, "source_missing")
    assert background.provider.orders == []


async def test_a_request_key_makes_one_edit(background: Background):
    parent = await finished(background)
    first, again = [
        await background.derivations.extend(background.owner_id, parent.id, "x", "4", idempotency_key="k")
        for _ in range(2)
    ]
    assert first.id == again.id
    with pytest.raises(IdempotencyKeyReused):
        await background.derivations.extend(background.owner_id, parent.id, "x", "8", idempotency_key="k")
    with pytest.raises(IdempotencyKeyReused):
        await background.derivations.edit(background.owner_id, parent.id, "x", idempotency_key="k")
    with pytest.raises(IdempotencyKeyReused):
        await background.videos.create(background.owner_id, VideoWish("x"), idempotency_key="k")
